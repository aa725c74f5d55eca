"""The truth of an injected flight, in the form of a simulated one's."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.geometry.rotation import attitude_of
from pipeline.simulator.inject.frame_work import Injected
from pipeline.simulator.inject.happened import Happened
from pipeline.simulator.inject.light import FlightLight, sun_at
from pipeline.simulator.inject.posed import PosedFlight, PosedPicture
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.moment import Moment, Weather
from pipeline.simulator.scene.path import States
from pipeline.simulator.scene.shot import Shot
from pipeline.simulator.truth.event_log import event_state
from pipeline.simulator.truth.frame_truth import Exposure, FrameTruth, Picture, frame_truth
from pipeline.simulator.truth.reader import WORLD
from pipeline.simulator.truth.writer import SortieTruth, write_json

_UNKNOWN = (
    "platform_yaw_deg", "platform_pitch_deg", "platform_roll_deg", "velocity_east_mps", "velocity_north_mps",
    "velocity_up_mps", "zoom", "exposure_s", "iso", "readout_s",
)  # fmt: skip
"""Columns that nobody knows of a real frame: null."""


class FlightTruth:
    """Truth of the flight as it is now, and of its events as they were before.

    Args:
        folder: Made anew.
        flight: Its poses.
        land: Its ground.
        place: Folder of the changed flight, as the manifest names it.
        pictures: Which to write.
        light: Of the flight.
    """

    def __init__(
        self, folder: Path, flight: PosedFlight, land: SurfaceLand, place: str, pictures: tuple[Picture, ...],
        light: FlightLight,
    ) -> None:  # fmt: skip
        self._folder, self._flight, self._land, self._place = folder, flight, land, place
        self._pictures, self._light = pictures, light
        self.names = (f"{flight.name}-original", flight.name)
        folder.mkdir(parents=True)
        self._before, self._after = (SortieTruth(folder / name) for name in self.names)

    def add(self, index: int, picture: PosedPicture, happened: Happened, made: Injected) -> None:
        """Append a frame."""
        frame = self._frame(index, picture, happened, made)
        self._after.add(picture.frame_id, _without(frame))

    def close(self, happenings: Sequence[Happening]) -> None:
        """Finish all files.

        Args:
            happenings: All events in the middle of the flight.
        """
        at_ns = (self._flight.pictures[0].t_utc_ns + self._flight.pictures[-1].t_utc_ns) // 2
        states = [event_state(happening.truth, at_ns, self._flight.site) for happening in happenings]
        none = [replace(s, there=False, stage=0, area_m2=None, length_m=None, rise_m=None, depth_m=None, count=None,
                        geometry=None, thing_ids=[]) for s in states]  # fmt: skip
        faults: dict[str, Any] = {"telemetry": [], "files": []}
        self._before.close([], none, faults, self._manifest(self.names[0], injected=False))
        self._after.close([], states, faults, self._manifest(self.names[1], injected=True))
        lon, lat = self._flight.site.to_lonlat(self._flight.pictures[0].eye_m[None, :2])[0]
        facts = {
            "schema": "trucewatch-truth/1",
            "name": self._flight.name,
            "place": [float(lon), float(lat)],
            "site": asdict(self._flight.site),
            "injected": True,
        }
        write_json(self._folder / WORLD, facts)

    def write_report(self, report: dict[str, Any]) -> None:
        """What was done to each frame, beside the truth."""
        write_json(self._folder / "injection.json", report)

    def _manifest(self, name: str, *, injected: bool) -> dict[str, Any]:
        return {
            "schema": "trucewatch-injected-sortie/1",
            "sortie_id": name,
            "flight": self._place if injected else None,
            "original": self.names[0] if injected else None,
            "start_utc_ns": self._flight.pictures[0].t_utc_ns,
            "frames": [0, len(self._flight.pictures)],
        }

    def _frame(self, index: int, picture: PosedPicture, happened: Happened, made: Injected) -> FrameTruth:
        site = self._flight.site
        yaw, pitch, roll = np.degrees(attitude_of(picture.rotation, site.convergence_rad))
        t_s = (picture.t_utc_ns - self._flight.pictures[0].t_utc_ns) / 1e9
        one = np.zeros(1)
        states = States(
            np.array([t_s]), picture.eye_m[None], np.array([yaw]), np.array([pitch]), np.array([roll]),
            one, one, one, np.zeros((1, 3)), np.ones(1),
        )  # fmt: skip
        sun = sun_at(picture.t_utc_ns + round(self._light.sun_offset_s * 1e9), site, picture.eye_m)
        things = [(h.placed, h.dug, h.movers) for h in happened.happenings]
        moment = Moment(
            self._land,
            tuple(thing for placed, _, _ in things for thing in placed),
            tuple(dug for _, dugs, _ in things for dug in dugs),
            tuple(mover for _, _, movers in things for mover in movers),
            happened.puffs, picture.t_utc_ns, t_s, sun, Weather(),
        )  # fmt: skip
        ground = float(self._land.terrain(picture.eye_m[:1], picture.eye_m[1:2])[0, 0])
        exposure = Exposure(index, picture.t_utc_ns, 0.0, 0, 0.0, ground, picture.thermal, False)
        shot = Shot(picture.lens, picture.eye_m[None], picture.rotation[None], np.zeros(1))
        return frame_truth(made.seen, shot, states, moment, exposure, site, happened.happenings, self._pictures)


def _without(frame: FrameTruth) -> FrameTruth:
    """The frame without what only looks known."""
    return replace(frame, pose={**frame.pose, **dict.fromkeys(_UNKNOWN)})
