"""Options of two quick flights without a description: a baseline, and the next day's after changes."""

import datetime as dt
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.choices import Number
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.simulator.nights.night import Night

_OPTIONS = (
    click.option("--seed", type=int, default=7, show_default=True),
    click.option("--size", default="1280x960", show_default=True, help="Width x height of a frame in pixels."),
    click.option(
        "--height", "height_m", type=Number(4, 5000), default=70.0, show_default=True, help="Metres above take-off."
    ),
    click.option("--gsd", "gsd_m", type=Number(0.005, 5), help="Ground sample distance in metres; sets the lens."),
    click.option("--pitch", "pitch_deg", type=Number(-90, 30), default=-90.0, show_default=True, help="Of the camera."),
    click.option(
        "--speed", "speed_mps", type=Number(0.1, 150), default=12.0, show_default=True, help="Metres a second."
    ),
    click.option(
        "--interval", "interval_s", type=Number(0.01, 600), default=1.0, show_default=True, help="Between frames."
    ),
    click.option("--strips", type=click.IntRange(1, 1000), default=2, show_default=True),
    click.option("--strip-spacing", "strip_spacing_m", type=Number(0.1, 10_000), default=42.0, show_default=True),
    click.option("--biome", default="farmland", show_default=True, help="See --list biomes."),
    click.option("--season", default="summer", show_default=True, help="See --list biomes."),
    click.option("--place", default="46.8438,39.9684", show_default=True, help="Longitude,latitude."),
    click.option("--date", default="2021-05-18", show_default=True, help="Date of the first flight."),
    click.option("--time", "clock", default="05:30", show_default=True, help="Its time, UTC."),
    click.option(
        "--later", "later_min", type=Number(-1400, 1e6), default=110.0, show_default=True,
        help="The second flight's minutes later in the next day.",
    ),
    click.option(
        "--events/--no-events", default=True, show_default=True, help="Changes between the flights, and movers."
    ),
    click.option("--position-sigma", "position_sigma_m", type=Number(0, 1e4), default=1.5, show_default=True),
    click.option("--height-sigma", "height_sigma_m", type=Number(0, 1e4), default=0.3, show_default=True),
    click.option(
        "--height-bias", "height_bias_m", type=Number(-1e4, 1e4), default=0.6, show_default=True,
        help="Stated absolute height minus the true ellipsoidal one.",
    ),
    click.option("--yaw-sigma", "yaw_sigma_deg", type=Number(0, 180), default=1.0, show_default=True),
    click.option("--tilt-sigma", "tilt_sigma_deg", type=Number(0, 90), default=0.3, show_default=True),
    click.option(
        "--boresight", type=Number(-360, 360), nargs=3, default=(0.0, 0.0, 0.0), show_default=True,
        help="Yaw, pitch, roll of the camera against the gimbal, degrees.",
    ),
    click.option(
        "--clock-offset", "clock_offset_s", type=Number(-1e6, 1e6), default=0.0, show_default=True,
        help="Telemetry clock minus camera clock.",
    ),
    click.option("--dropouts", "dropout_share", type=click.FloatRange(0, 0.95), default=0.0, show_default=True),
    click.option("--video", is_flag=True, help="One MP4 and a telemetry table instead of stills."),
    click.option("--table", is_flag=True, help="A telemetry table beside the stills."),
)  # fmt: skip
_FRAMES, _MOST_FRAMES = 18, 1_000_000
_YEARS = (1980, 2199)
"""GPS time begins with the first; clocks of 64 bits end after the second."""
_NAMES = (
    "seed", "size", "height_m", "gsd_m", "pitch_deg", "speed_mps", "interval_s", "strips", "strip_spacing_m", "biome",
    "season", "place", "date", "clock", "later_min", "events", "position_sigma_m", "height_sigma_m", "height_bias_m",
    "yaw_sigma_deg", "tilt_sigma_deg", "boresight", "clock_offset_s", "dropout_share", "video", "table",
)  # fmt: skip


def quick_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options of quick flights to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def quick_given(context: click.Context) -> list[str]:
    """Those of the options that somebody wrote."""
    written = click.core.ParameterSource.COMMANDLINE
    names = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    return [str(names[name]) for name in _NAMES if context.get_parameter_source(name) is written]


def quick_night_of(p: dict[str, Any]) -> "Night":
    """The two flights as a description.

    Raises:
        ConfigError: A value that does not fit.
    """
    from pipeline.simulator.quick import QuickFlights, quick_night

    width, height = _pair(p["size"], "x", "--size")
    if width % 1 or height % 1:
        raise ConfigError(f"--size {p['size']}: give whole pixels")
    _check_names(p["biome"], p["season"])
    return quick_night(
        QuickFlights(
            **{name: p[name] for name in _NAMES if name not in ("size", "place", "date", "clock", "boresight")},
            frames=_count(p["frames"]),
            size_px=(int(width), int(height)),
            place=_pair(p["place"], ",", "--place"),
            start=_start(p["date"], p["clock"]),
            boresight_deg=tuple(p["boresight"]),
        )
    )


def _count(text: str | None) -> int:
    if text is None:
        return _FRAMES
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= _MOST_FRAMES:
        raise click.UsageError(
            f"--frames {text}: without NIGHT.toml it is how many frames a flight has, 1 to {_MOST_FRAMES}"
        )
    return int(text)


def _start(date: str, clock: str) -> dt.datetime:
    try:
        start = dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise ConfigError(f"--date {date} --time {clock}: write them as 2021-05-18 and 05:30") from error
    if not _YEARS[0] <= start.year <= _YEARS[1]:
        raise ConfigError(f"--date {date} is not within the years {_YEARS[0]} to {_YEARS[1]}")
    return start


def _check_names(biome: str, season: str) -> None:
    from pipeline.simulator.nights.toml_parts import likely
    from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS

    for what, name, known in (("biome", biome, BIOMES), ("season", season, SEASONS)):
        if name not in known:
            raise ConfigError(f"--{what}: there is no {what} '{name}'; {likely(name, known)}")


def _pair(text: str, separator: str, what: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.lower().split(separator))
    except ValueError as error:
        raise ConfigError(f"{what} must be two numbers with '{separator}' between them, not '{text}'") from error
    if not (math.isfinite(first) and math.isfinite(second)):
        raise ConfigError(f"{what} must be two finite numbers, not '{text}'")
    return first, second
