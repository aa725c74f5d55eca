"""One simulated picture: a world seen from a place, exposed and compressed."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.scene.moment import Moment, Weather
from pipeline.simulator.scene.shot import Seen, Shot
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.sensor.shoot import Motion
from tests.bench.realism.samples import Image

NOON_UTC_NS = 1_781_000_000_000_000_000  # any time: the sun's place is given, not computed


@dataclass(frozen=True, slots=True)
class Daylight:
    """The sun's place, and the air.

    Attributes:
        sun_up_deg: Above the horizon.
        sun_from_deg: Clockwise from north.
        weather: The air.
    """

    sun_up_deg: float = 50.0
    sun_from_deg: float = 160.0
    weather: Weather = field(default_factory=Weather)

    def sun(self) -> NDArray[np.float64]:
        """Unit vector towards it."""
        up, bearing = np.radians(self.sun_up_deg), np.radians(self.sun_from_deg)
        return np.array([np.cos(up) * np.sin(bearing), np.cos(up) * np.cos(bearing), np.sin(up)])


def moment(
    land: Land, light: Daylight, t_s: float = 0.0, movers: tuple[Placed, ...] = (), works: tuple[Happening, ...] = ()
) -> Moment:
    """The world, with what stands and was dug there all the time."""
    placed = tuple(thing for one in works for thing in one.placed)
    dug = tuple(ground for one in works for ground in one.dug)
    gone = frozenset(name for one in works for name in one.gone)
    t_utc_ns = NOON_UTC_NS + round(t_s * 1e9)
    return Moment(land, placed, dug, movers, (), t_utc_ns, t_s, light.sun(), light.weather, 7, gone)


def new_renderer() -> Renderer:
    """A renderer with an empty cache."""
    return Renderer(lens_rays)


def develop(seen: list[Seen], camera: Camera, index: int, quality: int, motion: Motion | None = None) -> Image:
    """The written picture: exposed, compressed as JPEG, read again."""
    image = camera.expose(seen, index, np.random.default_rng([camera.seed, index]), motion=motion)
    return compress(np.asarray(image, np.uint8), quality)


def compress(image: Image, quality: int) -> Image:
    """Through JPEG and back."""
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def still(rotation: NDArray[np.float64], eye_m: NDArray[np.float64], lens: Lens) -> Shot:
    """A shot of a global shutter."""
    return Shot(lens, eye_m[None], rotation[None], np.zeros(1))
