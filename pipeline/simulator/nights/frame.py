"""One frame of a described night, by itself: a pure function of the description, the sortie and the frame's index."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, GeometryError
from pipeline.simulator.nights.flown import FlownSortie, fly
from pipeline.simulator.nights.lands import OpenRasters
from pipeline.simulator.nights.night import Night, Sortie
from pipeline.simulator.nights.seeds import seed_of
from pipeline.simulator.nights.world import Present, World
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.shot import Seen, Shot
from pipeline.simulator.scene.told import Exposed, SensorTarget
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.sensor.metering import Exposure as Metered
from pipeline.simulator.sensor.shoot import motion_during, shots
from pipeline.simulator.truth.frame_truth import Exposure, FrameTruth, Picture, frame_truth

_FLIGHTS_KEPT = 4
_MOST_TARGET_NUMBER = 9_999
_TARGET_CONFIDENCE = 0.9
_LEAST_TARGET_PX = 6


@dataclass(frozen=True, slots=True, eq=False)
class SentFrame:
    """A frame without what only a renderer needs: small enough to be sent to whoever writes it."""

    sortie: Sortie
    exposed: Exposed
    truth: FrameTruth


@dataclass(frozen=True, slots=True, eq=False)
class RenderedFrame:
    """A frame, and everything that is true of it.

    Attributes:
        exposed: As the sensor gives it out.
        seen: The picture before the sensor, with what each pixel shows.
        shot: From where; its middle row stands for the frame.
        present: The world at that time.
        truth: As rows and pictures.
    """

    exposed: Exposed
    seen: Seen
    shot: Shot
    present: Present
    truth: FrameTruth

    @property
    def image(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """``(H, W, 3)`` uint8 RGB, or ``(H, W)`` uint16 thermal counts."""
        return self.exposed.image

    def to_send(self, sortie: Sortie) -> SentFrame:
        """What goes to the writer."""
        return SentFrame(sortie, self.exposed, self.truth)


def render_frame(night: Night, sortie: Sortie, index: int, rasters: OpenRasters | None = None) -> RenderedFrame:
    """Render one frame; whoever renders many keeps a `FrameRenderer`, which gives the same bytes.

    Raises:
        ConfigError: There is no such frame, or the sortie cannot be flown.
        GeometryError: The camera is below the ground.
    """
    return FrameRenderer(night, rasters).render(sortie, index)


class FrameRenderer:
    """Renders frames of a night in any order; what it keeps between them is bounded and changes nothing.

    Args:
        night: The description.
        rasters: Reads the user's rasters, where the description names any.
    """

    def __init__(self, night: Night, rasters: OpenRasters | None = None) -> None:
        self.world = World(night, rasters)
        self._renderer = Renderer(lens_rays)
        self._flown: OrderedDict[str, FlownSortie] = OrderedDict()

    def flown(self, sortie: Sortie) -> FlownSortie:
        """The sortie as it is flown."""
        if sortie.sortie_id not in self._flown:
            while len(self._flown) >= _FLIGHTS_KEPT:
                self._flown.popitem(last=False)
            self._flown[sortie.sortie_id] = fly(self.world, sortie)
        self._flown.move_to_end(sortie.sortie_id)
        return self._flown[sortie.sortie_id]

    def render(self, sortie: Sortie, index: int, pictures: tuple[Picture, ...] | None = None) -> RenderedFrame:
        """One frame.

        Args:
            sortie: Of the night.
            index: From 0.
            pictures: Of the truth; None: those that the sortie keeps.
        """
        flown = self.flown(sortie)
        if not 0 <= index < len(flown.times_s):
            raise ConfigError(f"sortie {sortie.sortie_id} has no frame {index}; it has {len(flown.times_s)}, from 0")
        t_s = float(flown.times_s[index])
        present = self.world.present(sortie, t_s)
        settings, camera = sortie.template.sensor, Camera(sortie.template.sensor, sortie.seed)
        shot = self._shots(flown, t_s, 0.0, 1)[0]
        self._check_height(flown, shot, present, index)
        seen = self._render(present, shot, flown)
        metered = camera.meter([seen], index)
        image = self._expose(flown, present, index, seen, metered, camera)
        if flown.turned(index):
            image = image[::-1, ::-1].copy()
        ground = float(present.moment.land.terrain(shot.eye_m[shot.middle, :1], shot.eye_m[shot.middle, 1:2])[0, 0])
        exposure = Exposure(
            index, flown.time_ns(index), metered.exposure_s, metered.iso, settings.readout_s, ground,
            sortie.template.thermal, flown.turned(index),
        )  # fmt: skip
        truth = frame_truth(
            seen, shot, flown.path.at(np.array([t_s])), present.moment, exposure, self.world.site,
            present.happenings, sortie.template.truth if pictures is None else pictures,
        )  # fmt: skip
        exposed = Exposed(
            index,
            image,
            exposure.camera_t_utc_ns,
            metered.exposure_s,
            metered.iso,
            _targets(truth, flown.turned(index)),
        )
        return RenderedFrame(exposed, seen, shot, present, truth)

    def _expose(
        self, flown: FlownSortie, present: Present, index: int, seen: Seen, metered: Metered, camera: Camera
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The picture: one view smeared by its movement, or several views of the exposure averaged."""
        sortie, t_s = flown.sortie, float(flown.times_s[index])
        noise = np.random.default_rng([sortie.seed, 3, index])
        if sortie.template.samples > 1:
            views = self._shots(flown, t_s, metered.exposure_s, sortie.template.samples)
            return camera.expose([self._render(present, view, flown) for view in views], index, noise, t_s=t_s)
        motion = motion_during(
            flown.path, t_s, seen, flown.lens, metered.exposure_s, convergence_rad=self.world.site.convergence_rad
        )
        return camera.expose([seen], index, noise, motion=motion, t_s=t_s)

    def _shots(self, flown: FlownSortie, t_s: float, exposure_s: float, samples: int) -> list[Shot]:
        readout, convergence = flown.sortie.template.sensor.readout_s, self.world.site.convergence_rad
        return shots(flown.path, t_s, flown.lens, readout, exposure_s, samples, convergence_rad=convergence)

    def _render(self, present: Present, shot: Shot, flown: FlownSortie) -> Seen:
        return self._renderer.render(present.moment, shot, thermal=flown.sortie.template.thermal)

    def _check_height(self, flown: FlownSortie, shot: Shot, present: Present, index: int) -> None:
        eye = shot.eye_m[shot.middle]
        ground = float(present.moment.land.terrain(eye[:1], eye[1:2])[0, 0])
        if eye[2] < ground + 1.0:
            raise GeometryError(
                f"{flown.sortie.sortie_id} frame {index}: the camera is {ground - eye[2]:.1f} m below the ground; "
                "fly higher, or let heights count from the terrain: plan = { heights = 'terrain' }"
            )


def _targets(truth: FrameTruth, turned: bool) -> tuple[SensorTarget, ...]:
    """Movers that the sensor itself reports, as a tracker on board would: those that move and are not too small."""
    wide, high = truth.pose["width_px"], truth.pose["height_px"]
    out = []
    for row in truth.movers:
        if row["visible_px"] < _LEAST_TARGET_PX or row["speed_mps"] <= 0:
            continue
        left, top, width, height = (row[name] for name in ("left_px", "top_px", "width_px", "height_px"))
        if turned:
            left, top = wide - left - width, high - top - height
        number = 1 + seed_of(0, "target", row["thing_id"]) % _MOST_TARGET_NUMBER
        out.append(SensorTarget(number, left, top, width, height, _TARGET_CONFIDENCE, row["lon_deg"], row["lat_deg"]))
    return tuple(out)
