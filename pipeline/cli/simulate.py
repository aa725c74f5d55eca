"""``trucewatch simulate``: flights with known truth."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.choices import Number
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.simulator.settings import SimulationSettings


def _pair(text: str, separator: str, what: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.lower().split(separator))
    except ValueError as error:
        raise ConfigError(f"{what} must be two numbers with '{separator}' between them, not '{text}'") from error
    return first, second


LARGEST_SIDE_PX = 12_000
"""Cameras end here, and so does memory."""


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the flights.")
@click.option("--sample", is_flag=True, help="The project's own sample pair; other settings are refused.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--frames", type=click.IntRange(1), default=18, show_default=True, help="Frames per flight.")
@click.option("--size", default="1280x960", show_default=True, help="Width x height of a frame in pixels.")
@click.option(
    "--height", "height_m", type=Number(4, 5000), default=70.0, show_default=True, help="Metres above take-off."
)
@click.option("--gsd", "gsd_m", type=Number(0.005, 5), help="Ground sample distance in metres; sets the focal length.")
@click.option("--pitch", "pitch_deg", type=float, default=-90.0, show_default=True, help="Camera pitch in degrees.")
@click.option("--speed", "speed_mps", type=float, default=12.0, show_default=True, help="Metres a second.")
@click.option("--interval", "interval_s", type=float, default=1.0, show_default=True, help="Seconds between frames.")
@click.option("--strips", type=click.IntRange(1), default=2, show_default=True)
@click.option("--strip-spacing", "strip_spacing_m", type=float, default=42.0, show_default=True)
@click.option("--place", default="46.8438,39.9684", show_default=True, help="Longitude,latitude.")
@click.option("--date", default="2021-05-18", show_default=True, help="Date of the first flight.")
@click.option("--time", "clock", default="05:30", show_default=True, help="Its time, UTC.")
@click.option("--later", "later_min", type=float, default=110.0, show_default=True,
              help="The second flight's minutes later in the next day.")  # fmt: skip
@click.option("--events/--no-events", default=True, show_default=True, help="Changes between the flights, and movers.")
@click.option("--position-sigma", "position_sigma_m", type=float, default=1.5, show_default=True)
@click.option("--height-sigma", "height_sigma_m", type=float, default=0.3, show_default=True)
@click.option("--height-bias", "height_bias_m", type=float, default=0.6, show_default=True,
              help="Stated absolute height minus the true ellipsoidal one.")  # fmt: skip
@click.option("--yaw-sigma", "yaw_sigma_deg", type=float, default=1.0, show_default=True)
@click.option("--tilt-sigma", "tilt_sigma_deg", type=float, default=0.3, show_default=True)
@click.option("--boresight", type=float, nargs=3, default=(0.0, 0.0, 0.0), show_default=True,
              help="Yaw, pitch, roll of the camera against the gimbal, degrees.")  # fmt: skip
@click.option("--clock-offset", "clock_offset_s", type=float, default=0.0, show_default=True,
              help="Telemetry clock minus camera clock.")  # fmt: skip
@click.option("--dropouts", "dropout_share", type=click.FloatRange(0, 0.95), default=0.0, show_default=True)
@click.option("--video", is_flag=True, help="One MP4 and a telemetry table instead of stills.")
@click.option("--table", is_flag=True, help="A telemetry table beside the stills.")
def simulate(out: Path, *, sample: bool, **chosen: object) -> None:
    """Render a baseline flight and a second one after changes, with the truth beside them."""
    from pipeline.simulator.settings import sample_settings
    from pipeline.simulator.simulate import simulate as run

    context = click.get_current_context()
    if sample:
        given = [
            name for name in chosen if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        ]
        if given:
            raise ConfigError(f"--sample always makes the same flights; leave out {', '.join(given)}")
        settings = sample_settings()
    else:
        settings = _settings(context.params)
    last = {"frame": 0}
    total = settings.frames * len(settings.sorties)
    with click.progressbar(length=total, label="rendering") as bar:

        def tell(_: str, __: int, ___: int) -> None:
            last["frame"] += 1
            bar.update(1)

        run(out, settings, tell)
    names = ", ".join(str(out / "flights" / sortie.name) for sortie in settings.sorties)
    click.echo(f"{last['frame']} frames in {names}; truth in {out / 'truth'}")


def _settings(p: dict[str, Any]) -> "SimulationSettings":
    from pipeline.simulator.flight import Faults, FlightPlan
    from pipeline.simulator.old_sensor import SensorSettings
    from pipeline.simulator.settings import DAY_NS, SimulationSettings, SortieSettings

    width, height = _pair(p["size"], "x", "--size")
    if not (min(width, height) >= 32 and max(width, height) <= LARGEST_SIDE_PX):
        raise click.UsageError(f"--size {p['size']}: sides must lie between 32 and {LARGEST_SIDE_PX} pixels")
    try:
        start = dt.datetime.fromisoformat(f"{p['date']}T{p['clock']}").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise ConfigError(f"--date {p['date']} --time {p['clock']}: write them as 2021-05-18 and 05:30") from error
    start_ns = int(start.timestamp()) * 1_000_000_000
    plan = FlightPlan(
        **{name: p[name] for name in ("speed_mps", "interval_s", "strips", "strip_spacing_m", "height_m", "pitch_deg")}
    )
    named = ("position_sigma_m", "height_sigma_m", "height_bias_m", "yaw_sigma_deg", "tilt_sigma_deg", "clock_offset_s")
    faults = Faults(boresight_deg=p["boresight"], dropout_share=p["dropout_share"], **{name: p[name] for name in named})
    second_ns = start_ns + DAY_NS + round(p["later_min"] * 60e9)
    return SimulationSettings(
        seed=p["seed"],
        frames=p["frames"],
        size_px=(int(width), int(height)),
        plan=plan,
        sorties=(
            SortieSettings("baseline", False, start_ns, SensorSettings(), faults),
            SortieSettings("night", True, second_ns, SensorSettings(exposure=0.84, white_balance=(1.05, 0.94)), faults),
        ),
        place=_pair(p["place"], ",", "--place"),
        events=p["events"],
        gsd_m=p["gsd_m"],
        video=p["video"],
        table=p["table"],
    )
