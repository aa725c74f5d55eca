"""Who flies, as a description's ``[[sorties]]`` say it."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.records.strict_toml import TomlTable
from pipeline.simulator.flights.faults import Faults
from pipeline.simulator.flights.plans import PLANS, Plan
from pipeline.simulator.flights.presets import PRESETS
from pipeline.simulator.nights.bounds import FARTHEST_M, MOST_FRAMES, MOST_SORTIES, check_count, check_near
from pipeline.simulator.nights.clock import SECOND_NS, at_local_time, noon_utc_ns
from pipeline.simulator.nights.describe_events import NAME
from pipeline.simulator.nights.lenses import LENSES, LensChoice
from pipeline.simulator.nights.night import Grid, NightDate, SortieTemplate
from pipeline.simulator.nights.places import Place
from pipeline.simulator.nights.toml_parts import likely, part, weather_changes, where, without
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.presets import sensor_behind
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.truth.frame_truth import PICTURES, Picture
from pipeline.simulator.writers import FORMATS, WriteOptions
from pipeline.simulator.writers.folder_faults import FolderFaults

SHARED = ("plans", "lenses", "sensors", "faults")
"""Sections of named tables that sorties refer to."""
_OWN = ("at", "plan", "lens", "sensor", "faults", "folder_faults", "written", "weather")
_EITHER = ("tiff_csv",)
_MOST_LETTERS, _MOST_SAMPLES = 64, 256
_SHORTEST_S, _LONGEST_READOUT_S, _DAY_S = 0.001, 1.0, 86_400.0
_THERMAL_HINT = "thermal lenses go with thermal_stills or tiff_csv, others with any other"


@dataclass(frozen=True, slots=True)
class SortieKeys:
    """Keys of a template that stand for themselves.

    Attributes:
        id: Begins the ids of its sorties.
        nights: Numbers from 1, or dates; all where they are missing.
        start: Local time of the first frame; before noon it is the next morning's.
        repeat: How often a night.
        every_min: Minutes from one start to the next.
        grid: Places flown over at each start.
        stagger_s: Between starts within a grid.
        format: Of the files.
        frames: Of a sortie.
        interval_s: Between frames.
        telemetry: ``stream`` at its own rate, or ``frames``: one sample a frame. Stills have the latter, unless said.
        make, model: Of the camera.
        truth: Pictures of the truth that are kept.
        samples: Views that an exposure is averaged from.
    """

    id: str
    start: dt.time
    nights: tuple[int | dt.date, ...] = ()
    repeat: int = 1
    every_min: float = 15.0
    grid: Grid | None = None
    stagger_s: float = 0.0
    format: str = "dji_stills"
    frames: int = 20
    interval_s: float = 1.0
    telemetry: Literal["stream", "frames"] | None = None
    make: str = "trucewatch"
    model: str = "simulated"
    truth: tuple[Picture, ...] = ("masks",)
    samples: int = 1


def read_templates(
    root: TomlTable, weather: Weather, place: Place, nights: tuple[NightDate, ...]
) -> tuple[SortieTemplate, ...]:
    """All templates of a description.

    Raises:
        ConfigError: Names file, line, key and the likely one.
    """
    found: dict[str, SortieTemplate] = {}
    for table in root.tables("sorties"):
        template = _template(root, table, weather, nights)
        check_near(table, "at", template.where, place)
        if template.name in found:
            raise table.error("id", f"a second sortie '{template.name}'; give each an id of its own")
        found[template.name] = template
    if not found:
        raise root.error(None, "no sorties; add [[sorties]] with an id and a start, see trucewatch simulate --example")
    if sum(template.a_night * len(template.nights) for template in found.values()) > MOST_SORTIES:
        raise root.error("sorties", f"more than {MOST_SORTIES} sorties; set 'repeat', the grids or the nights lower")
    return tuple(found.values())


def _template(root: TomlTable, table: TomlTable, weather: Weather, nights: tuple[NightDate, ...]) -> SortieTemplate:
    table.only([*SortieKeys.__dataclass_fields__, *_OWN])
    keys = without(table, *_OWN).to(SortieKeys)
    _check_keys(table, keys)
    lens = part(table, "lens", root.table("lenses")).to(LensChoice, LensChoice())
    sensor = sensor_behind(lens.name, LENSES[lens.name].readout_s)
    if LENSES[lens.name].thermal != (keys.format == "thermal_stills") and keys.format not in _EITHER:
        raise table.error("format", f"lens '{lens.name}' and format '{keys.format}' do not fit; {_THERMAL_HINT}")
    settings = part(table, "sensor", root.table("sensors")).to(SensorSettings, sensor)
    _check_pixels(table, lens, settings, keys.format)
    chosen, faults = _nights(table, keys, nights), _sampled(_faults(root, table), keys)
    _check_clock(table, faults, nights[chosen[0]].date)
    fields: dict[str, Any] = {
        "name": keys.id,
        "nights": chosen,
        "start_s": _after_noon_s(keys.start),
        "plan": _plan(part(table, "plan", root.table("plans"))),
        "every_s": 60 * keys.every_min,
        "where": where(table, "at"),
        "lens": lens,
        "sensor": settings,
        "faults": faults,
        "folder_faults": table.table("folder_faults").to(FolderFaults, FolderFaults()),
        "written": table.table("written").to(WriteOptions, WriteOptions()),
        "weather": weather_changes(table, "weather", weather),
        "camera": (keys.make, keys.model),
    }
    fields |= {
        name: getattr(keys, name)
        for name in ("repeat", "grid", "stagger_s", "format", "frames", "interval_s", "samples")
    }
    fields["truth"] = tuple(name for name in PICTURES if name in keys.truth)
    return SortieTemplate(**fields)


def _check_keys(table: TomlTable, keys: SortieKeys) -> None:
    """Refuse what cannot be flown or written, before anything is."""
    if not NAME.fullmatch(keys.id):
        raise table.error("id", f"id '{keys.id}' must begin with a letter and hold letters, digits and '-' only")
    for name in ("id", "make", "model"):
        if len(getattr(keys, name)) > _MOST_LETTERS:
            raise table.error(name, f"'{name}' has more than {_MOST_LETTERS} characters; files and tags hold no more")
    if keys.format not in FORMATS:
        raise table.error("format", f"there is no format '{keys.format}'; {likely(keys.format, FORMATS)}")
    for name, most in (("repeat", MOST_SORTIES), ("frames", MOST_FRAMES), ("samples", _MOST_SAMPLES)):
        check_count(table, name, getattr(keys, name), most)
    if not _SHORTEST_S <= keys.interval_s <= _DAY_S:
        raise table.error("interval_s", f"'interval_s' is from {_SHORTEST_S} to {_DAY_S:.0f}, not {keys.interval_s:g}")
    for name in ("every_min", "stagger_s"):
        if getattr(keys, name) < 0:
            raise table.error(name, f"'{name}' must be 0 or more, not {getattr(keys, name):g}")
    _check_starts(table, keys)


def _check_starts(table: TomlTable, keys: SortieKeys) -> None:
    cells = keys.grid.columns * keys.grid.rows if keys.grid else 1
    last_s = _after_noon_s(keys.start) + 60 * keys.every_min * (keys.repeat - 1) + keys.stagger_s * (cells - 1)
    if last_s >= _DAY_S:
        raise table.error("repeat", "the last would start after the night's end, the next noon; start fewer or sooner")
    if (
        keys.grid
        and max(abs(keys.grid.spacing_m[0]) * keys.grid.columns, abs(keys.grid.spacing_m[1]) * keys.grid.rows)
        > FARTHEST_M
    ):
        raise table.error("grid", f"the grid is wider than {FARTHEST_M / 1000:.0f} km; spacing_m is in metres")


def _check_clock(table: TomlTable, faults: Faults, first: dt.date) -> None:
    """Formats count time from 1970 on."""
    back_s = min(0.0, faults.clock.offset_s) + sum(min(0.0, by) for _, by in faults.clock.steps)
    if (first - dt.date(1970, 1, 2)).days * _DAY_S + back_s < 0:
        raise table.error("faults", "the telemetry's clock would stand before 1970; set offset_s or the steps smaller")


def _check_pixels(table: TomlTable, lens: LensChoice, sensor: SensorSettings, what: str) -> None:
    if FORMATS[what].frames == "video" and any(side % 2 for side in lens.size):
        raise table.error(
            "lens", f"a video of {lens.size[0]} × {lens.size[1]} pixels can't be coded; both must be even"
        )
    if sensor.readout_s > _LONGEST_READOUT_S:
        raise table.error("sensor", f"readout_s {sensor.readout_s:g} is above {_LONGEST_READOUT_S}; it is in seconds")


def _plan(table: TomlTable) -> Plan:
    kind = table.values.get("kind", "survey")
    if not isinstance(kind, str) or kind not in PLANS:
        raise table.error("kind", f"there is no plan '{kind}'; {likely(str(kind), PLANS)}")
    plan = PLANS[kind]
    return without(table, "kind").to(plan, plan())


def _faults(root: TomlTable, table: TomlTable) -> Faults:
    """A preset's name, a shared section's name, or a table; tables change the parts of their ``preset``."""
    value = table.values.get("faults")
    if isinstance(value, str) and value not in root.table("faults").values:
        if value not in PRESETS:
            raise table.error(
                "faults", f"no faults '{value}'; {likely(value, [*PRESETS, *root.table('faults').values])}"
            )
        return PRESETS[value]()
    given = part(table, "faults", root.table("faults"))
    preset = given.values.get("preset", "perfect")
    if not isinstance(preset, str) or preset not in PRESETS:
        raise given.error("preset", f"there is no preset '{preset}'; {likely(str(preset), PRESETS)}")
    base, rest = PRESETS[preset](), without(given, "preset")
    for name in ("position", "attitude", "clock", "stream", "datum", "tags"):
        old = getattr(base, name)
        base = replace(base, **{name: rest.table(name).to(type(old), old)})
        rest = without(rest, name)
    return rest.to(Faults, base)


def _sampled(faults: Faults, keys: SortieKeys) -> Faults:
    """Without a stream where telemetry comes with the frames."""
    with_frames = keys.format in ("dji_stills", "thermal_stills")
    if keys.telemetry == "stream" or (keys.telemetry is None and not with_frames):
        return faults
    return replace(faults, stream=replace(faults.stream, rate_hz=None))


def _nights(table: TomlTable, keys: SortieKeys, nights: tuple[NightDate, ...]) -> tuple[int, ...]:
    if not keys.nights:
        return tuple(range(len(nights)))
    dates = [night.date for night in nights]
    chosen: list[int] = []
    for wanted in keys.nights:
        if isinstance(wanted, dt.date) and wanted in dates:
            chosen.append(dates.index(wanted))
        elif isinstance(wanted, int) and 1 <= wanted <= len(nights):
            chosen.append(wanted - 1)
        else:
            raise table.error("nights", f"there is no night {wanted}; {len(nights)} are described, counted from 1")
    return tuple(sorted(set(chosen)))


def _after_noon_s(start: dt.time) -> float:
    """Seconds after the local noon at which a night begins."""
    any_day = dt.date(2000, 1, 1)
    return (at_local_time(any_day, start, 0) - noon_utc_ns(any_day, 0)) / SECOND_NS
