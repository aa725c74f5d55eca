"""Simulated counterparts of the real pairs: the same height, scale, overlap, season, sun and kind of ground."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land
from tests.bench.realism.flown import Daylight, compress, develop, moment, new_renderer, still
from tests.bench.realism.matching import bring_onto
from tests.bench.realism.samples import Image, Pair

GSD_M = 0.05
DISTORTION = np.array([-0.045, 0.018, 0.0004, -0.0003, 0.0])  # of a small drone, not taken out of the real pairs
MARGIN = 0.12  # the second picture reaches this much farther on each side, so that it covers the first


@dataclass(frozen=True, slots=True)
class Survey:
    """A flight over unchanged ground.

    Attributes:
        group: Of the real pairs that it stands for.
        biome, season, wetness, relief, seed: The world.
        light: Sun and air.
        sensor: The camera.
        height_m: Above the ground.
        pitch_deg: -90 is nadir.
        gsd_m: Of the frame as taken, in its middle; pairs are then brought to 5 cm.
        apart_m: Between the two places of a pair, across the line of sight.
        side_px: Width, height of a pair at 5 cm.
        places_m: Middles of the pairs.
        wooded: Take the edges of woods instead.
        wait_s: Between the two frames.
        exposure_ev: Spread by which the rest of the full frame changes the exposure of the part that is cut out.
        quality: Of the JPEG as taken.
        soft_px: Blur of the part as cut out and brought to 5 cm: several real sets were enlarged or moved.
    """

    group: str
    biome: str
    season: str = "summer"
    wetness: float = 0.0
    relief: float = 1.0
    seed: int = 3
    light: Daylight = field(default_factory=Daylight)
    sensor: SensorSettings = field(default_factory=SensorSettings)
    height_m: float = 100.0
    pitch_deg: float = -90.0
    gsd_m: float = 0.035
    apart_m: float = 16.0
    side_px: tuple[int, int] = (1024, 1024)
    places_m: tuple[tuple[float, float], ...] = ((0.0, 0.0), (90.0, -60.0))
    wooded: bool = False
    wait_s: float = 30.0
    exposure_ev: float = 0.12
    quality: int = 92
    soft_px: float = 0.0


HAZY = Weather(visibility_m=15_000.0)
OVERCAST = Weather(cloud_cover=1.0, visibility_m=12_000.0)

SURVEYS: tuple[Survey, ...] = (
    Survey(
        "boruszyn", "village", light=Daylight(48.0, 150.0, HAZY),
        height_m=150.0, gsd_m=0.06, apart_m=75.0, soft_px=1.3,
    ),
    Survey(
        "caliterra", "reservoir", "spring", 0.5, light=Daylight(35.0, 200.0, OVERCAST),
        gsd_m=0.05, apart_m=40.0, soft_px=0.9,
    ),
    Survey("copr", "steppe", "autumn", light=Daylight(30.0, 230.0), gsd_m=0.05, apart_m=35.0, soft_px=1.1),
    Survey(
        "lewis", "forest_edge", light=Daylight(55.0, 200.0),
        height_m=90.0, pitch_deg=-35.0, gsd_m=0.045, apart_m=20.0,
    ),
    Survey("seneca", "farmland", light=Daylight(50.0, 170.0), gsd_m=0.045, apart_m=45.0),
    Survey(
        "brighton", "forest_edge", light=Daylight(58.0, 200.0), height_m=40.0, gsd_m=0.035, apart_m=14.0,
        side_px=(900, 640), quality=88, wooded=True,
    ),
)  # fmt: skip


def pairs(surveys: tuple[Survey, ...], a_flight: int) -> Iterator[Pair]:
    """The first `a_flight` pairs of each."""
    for survey in surveys:
        land = make_land(WorldSettings(survey.biome, survey.seed, survey.season, survey.wetness, relief=survey.relief))
        renderer = new_renderer()
        places = _woods(land) if survey.wooded else survey.places_m
        for number, place in enumerate(places[:a_flight]):
            yield _pair(survey, land, renderer, number, place)


def _woods(land: Land) -> tuple[tuple[float, float], ...]:
    """The two squares of 40 m, of those within 160 m, that come nearest to two thirds of the densest one's trees.

    The real frames show a wood with a road or lawn beside it, too.
    """
    places = [(float(x), float(y)) for x in range(-160, 161, 40) for y in range(-160, 161, 40)]

    def trees(place: tuple[float, float]) -> int:
        x, y = place
        return sum(t.model.kind.startswith("tree") for t in land.things(Extent(x - 20, y - 20, x + 20, y + 20), 0.5))

    count = {place: trees(place) for place in places}
    wanted = max(count.values()) * 2 / 3
    return tuple(sorted(places, key=lambda place: (abs(count[place] - wanted), place))[:2])


def _pair(survey: Survey, land: Land, renderer: Renderer, number: int, place: tuple[float, float]) -> Pair:
    first = _frame(survey, land, renderer, 2 * number, place, 0.0, 0.0)
    second = _frame(survey, land, renderer, 2 * number + 1, place, survey.apart_m, MARGIN)
    homography, _ = bring_onto(first, second)
    if homography is None:
        raise SystemExit(f"simulated {survey.group}: the two pictures of place {place} don't match")
    size = first.shape[1::-1]
    after = cv2.warpPerspective(second, homography, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.full(second.shape[:2], 255, np.uint8), homography, size, flags=cv2.INTER_NEAREST)
    whole = cv2.erode(seen, np.ones((5, 5), np.uint8)) > 0
    return Pair(f"{survey.group}_{number}", survey.group, first, compress(after, 95), whole)


def _frame(
    survey: Survey,
    land: Land,
    renderer: Renderer,
    index: int,
    place: tuple[float, float],
    aside_m: float,
    margin: float,
) -> Image:
    """The part of a frame that shows the place, at 5 cm: the camera stands aside but does not turn."""
    draw = np.random.default_rng([survey.seed, index])
    pitch = np.radians(survey.pitch_deg)
    yaw = np.radians(draw.uniform(-1.5, 1.5))
    rotation = camera_to_site(float(yaw), float(pitch + np.radians(draw.uniform(-0.8, 0.8))), 0.0)
    ground_m = float(land.terrain(np.array([place[0]]), np.array([place[1]]))[0, 0])
    slant_m = survey.height_m / -np.sin(pitch)
    looked_at = np.array([*place, ground_m])
    middle = camera_to_site(0.0, float(pitch), 0.0)
    eye = looked_at - slant_m * middle[:, 2] + middle[:, 0] * aside_m + middle[:, 1] * 0.3 * aside_m
    eye[2] += draw.uniform(-0.7, 0.7)
    lens = _part(survey, (looked_at - eye) @ rotation, slant_m, margin)
    seen = renderer.render(moment(land, survey.light, survey.wait_s * index), still(rotation, eye, lens))
    ev = survey.sensor.compensation_ev + survey.exposure_ev * float(draw.standard_normal())
    camera = Camera(replace(survey.sensor, vignetting=0.0, compensation_ev=ev), survey.seed)
    image = develop([seen], camera, index, survey.quality)
    size = tuple(round(side * survey.gsd_m / GSD_M) for side in lens.size_px)
    way = cv2.INTER_AREA if survey.gsd_m < GSD_M else cv2.INTER_CUBIC
    even = cv2.resize(image, size, interpolation=way)
    soft = cv2.GaussianBlur(even, (0, 0), survey.soft_px) if survey.soft_px > 0 else even
    return compress(np.asarray(soft, np.uint8), 95)


def _part(survey: Survey, place_camera: NDArray[np.float64], slant_m: float, margin: float) -> Lens:
    """A lens that takes only the part of the full frame about the place: its principal point lies far off."""
    focal_px = slant_m / survey.gsd_m
    size = tuple(round(side * (1 + 2 * margin) * GSD_M / survey.gsd_m) for side in survey.side_px)
    shift = focal_px * place_camera[:2] / place_camera[2]
    principal = ((size[0] - 1) / 2 - float(shift[0]), (size[1] - 1) / 2 - float(shift[1]))
    return Lens("brown", (size[0], size[1]), camera_matrix(focal_px, (size[0], size[1]), principal), DISTORTION)
