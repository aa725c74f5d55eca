"""A sortie as it is flown, and as its telemetry tells it."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.flights.fault_log import FaultRecord, fault_log
from pipeline.simulator.flights.frame_times import still_times, video_times
from pipeline.simulator.flights.path import FlownPath
from pipeline.simulator.flights.plans import make_path
from pipeline.simulator.flights.tell import sample_times, stated_lens, tell
from pipeline.simulator.nights.night import Sortie
from pipeline.simulator.nights.places import resolve
from pipeline.simulator.nights.world import World
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.told import FlightFacts, Told
from pipeline.simulator.writers import FORMATS


@dataclass(frozen=True, slots=True, eq=False)
class FlownSortie:
    """A true flight.

    Attributes:
        sortie: As described.
        path: Of the camera.
        centre_m: ``(3,)`` middle of the flown ground, height of the take-off.
        times_s: ``(N,)`` of the frames, since the first.
        lens: The true lens at zoom 1.
    """

    sortie: Sortie
    path: FlownPath
    centre_m: Float
    times_s: Float
    lens: Lens

    def linked(self, index: int) -> bool:
        """Whether a frame reached the ground: without a link there is none."""
        faults = self.sortie.template.faults
        return bool(faults.linked(self.times_s[index : index + 1], self.path.duration_s)[0])

    def turned(self, index: int) -> bool:
        """Whether the pixels of a frame's file are turned by 180°."""
        return self.sortie.template.faults.turned(index, self.times_s)

    def time_ns(self, index: int) -> int:
        """True time of a frame, UTC."""
        return self.sortie.start_utc_ns + round(float(self.times_s[index]) * 1e9)

    def fault_records(self) -> list[FaultRecord]:
        """What is wrong with its telemetry."""
        records = fault_log(self.sortie.template.faults, self.path.duration_s, self.sortie.seed)
        orderly = self.sortie.template.format in ORDERLY
        return [
            record for record in records if not (orderly and record.kind in ("stream.duplicates", "stream.disorder"))
        ]


ORDERLY = ("dji_video", "dji_video_track")
"""Formats whose cues are numbered and timed by the recorder: none is doubled or out of order."""


def fly(world: World, sortie: Sortie) -> FlownSortie:
    """Fly a sortie.

    Raises:
        ConfigError: It cannot be flown, or lasts for fewer frames than are described.
    """
    template, land = sortie.template, world.land(sortie)

    def ground(x_m: float, y_m: float) -> float:
        return float(land.terrain(np.array([x_m]), np.array([y_m]))[0, 0])

    x, y, _ = resolve(sortie.where, world.centre_m, world.site, land.roads)
    x, y = x + sortie.shift_m[0], y + sortie.shift_m[1]
    centre = np.array([x, y, ground(x, y)])
    path = make_path(template.plan, centre, ground, world.site.convergence_rad, sortie.seed)
    if FORMATS[template.format].frames == "video":
        times = video_times(path, 1 / template.interval_s, limit=template.frames)
    else:
        times = still_times(path, template.interval_s, limit=template.frames)
    if len(times) < template.frames:
        raise ConfigError(
            f"sortie {sortie.sortie_id}: its plan ends after {len(times)} of {template.frames} frames "
            f"({path.duration_s:.0f} s); give it a longer way, or fewer frames"
        )
    ending = path.until(float(times[-1]))  # shares of the flight count to the last frame that is taken
    return FlownSortie(sortie, ending, centre, times, template.lens.lens())


def facts_of(world: World, flown: FlownSortie) -> FlightFacts:
    """What the sortie's files may say."""
    sortie, template = flown.sortie, flown.sortie.template
    faults, stream = template.faults, sample_times(flown.path.duration_s, template.faults, sortie.seed)
    return FlightFacts(
        name=sortie.sortie_id,
        make=template.camera[0],
        model=template.camera[1],
        site=world.site,
        lens=stated_lens(flown.lens, faults, sortie.seed),
        start_utc_ns=sortie.start_utc_ns,
        interval_s=template.interval_s,
        frames=len(flown.times_s),
        utc_offset_h=world.night.place.utc_offset_h,
        vertical_datum=faults.datum.stated,
        thermal=template.thermal,
        security="UNCLASSIFIED",
        stream=_tell(world, flown, stream) if len(stream) else None,
        at_frames=_tell(world, flown, flown.times_s),
        geoid_m=faults.datum.geoid_m,
        exif_offset_m=faults.datum.exif_offset_m,
    )


def _tell(world: World, flown: FlownSortie, times_s: Float) -> Told:
    sortie = flown.sortie
    return tell(
        flown.path,
        times_s,
        sortie.template.faults,
        site=world.site,
        start_utc_ns=sortie.start_utc_ns,
        take_off_hae_m=float(flown.centre_m[2]),
        lens=flown.lens,
        seed=sortie.seed,
    )
