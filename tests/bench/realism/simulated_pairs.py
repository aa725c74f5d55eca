"""Simulated counterparts of the real pairs: the same height, scale, overlap, season, sun and kind of ground."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.events.catalogue import EventSpec, make_event
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.lens_rays import lens_rays, project_lens
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land
from tests.bench.realism.flown import NOON_UTC_NS, Daylight, compress, develop, moment, new_renderer, still
from tests.bench.realism.full_frame import fallen_off
from tests.bench.realism.matching import HOMOGRAPHY_PX
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
        around: In place of these, the squares of 40 m that hold so much of a kind of thing: the kind, the share of the
            fullest square's, and whether the half beyond the middle holds nearly all of it.
        works: Earthworks, vehicles and huts that stand there all the time.
        wait_s: Between the two frames.
        exposure_ev: Spread by which the rest of the full frame changes the exposure of the part that is cut out.
        quality: Of the JPEG as taken.
        corner_loss: Light lost in the corners of the full frame: much for a fixed wing's compact camera.
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
    around: tuple[str, float, bool] | None = None
    works: bool = False
    wait_s: float = 30.0
    exposure_ev: float = 0.12
    quality: int = 92
    corner_loss: float = 0.35
    soft_px: float = 0.0


HAZY = Weather(visibility_m=15_000.0)
OVERCAST = Weather(cloud_cover=1.0, visibility_m=12_000.0)

SURVEYS: tuple[Survey, ...] = (
    Survey(
        "boruszyn", "village", light=Daylight(48.0, 150.0, HAZY),
        height_m=150.0, gsd_m=0.06, apart_m=75.0, around=("house", 1.0, False), soft_px=1.3,
    ),
    Survey(
        "caliterra", "reservoir", "spring", 0.5, light=Daylight(35.0, 200.0, OVERCAST),
        gsd_m=0.05, apart_m=40.0, works=True, soft_px=0.9,
    ),
    Survey(
        "copr", "steppe", "autumn", light=Daylight(30.0, 230.0), gsd_m=0.05, apart_m=35.0,
        around=("bush", 1.0, False), soft_px=1.1,
    ),
    Survey(
        "lewis", "forest_edge", light=Daylight(55.0, 200.0),
        height_m=90.0, pitch_deg=-35.0, gsd_m=0.045, apart_m=20.0, around=("tree", 0.5, True),
    ),
    Survey("seneca", "farmland", light=Daylight(50.0, 170.0), gsd_m=0.045, apart_m=45.0),
    Survey(
        "brighton", "forest_edge", light=Daylight(58.0, 200.0), height_m=40.0, gsd_m=0.035, apart_m=14.0,
        side_px=(900, 640), quality=88, corner_loss=0.15, around=("tree", 1.0, False),
    ),
)  # fmt: skip


def pairs(surveys: tuple[Survey, ...], a_flight: int) -> Iterator[Pair]:
    """The first `a_flight` pairs of each."""
    for survey in surveys:
        land = make_land(WorldSettings(survey.biome, survey.seed, survey.season, survey.wetness, relief=survey.relief))
        renderer = new_renderer()
        places = survey.places_m if survey.around is None else _around(land, *survey.around)
        for number, place in enumerate(places[:a_flight]):
            yield _pair(survey, land, renderer, number, place)


def _around(land: Land, kind: str, share: float, beyond: bool) -> tuple[tuple[float, float], ...]:
    """The two squares of 40 m, of those within 160 m, that come nearest to a share of the fullest one's things.

    With `beyond`, things must stand in the northern half: a survey looks north.
    """
    places = [(float(x), float(y)) for x in range(-160, 161, 40) for y in range(-160, 161, 40)]

    def count(place: tuple[float, float]) -> float:
        x, y = place
        things = list(land.things(Extent(x - 20, y - 20, x + 20, y + 20), 0.5))
        found = [thing for thing in things if thing.model.kind.startswith(kind)]
        near = sum(thing.y_m < y for thing in found) if beyond else 0
        return len(found) - 2.0 * near

    held = {place: count(place) for place in places}
    wanted = max(held.values()) * (1.0 if beyond else share)
    return tuple(sorted(places, key=lambda place: (abs(held[place] - wanted), place))[:2])


def _works(land: Land, place: tuple[float, float]) -> tuple[Happening, ...]:
    """A site under work: banks, a trench, a pit, a hut and vehicles about a place."""
    began = NOON_UTC_NS - 40 * 86_400 * 10**9
    wanted: tuple[tuple[str, float, float, float, dict[str, float | str | bool]], ...] = (
        ("berm", -12, 9, 0.5, {"length_m": 34, "start_m": 34, "height_m": 1.4}),
        ("berm", 9, -14, 2.2, {"length_m": 22, "start_m": 22, "height_m": 0.9}),
        ("trench", 4, 16, 0.1, {"length_m": 26, "start_m": 26, "form": "straight"}),
        ("crater", -15, -12, 0, {"diameter_m": 6}),
        ("structure_built", 20, 14, 0.6, {}),
        ("parked_vehicle", -4, -6, 1.0, {"form": "truck"}),
        ("parked_vehicle", 16, -4, 0.2, {"form": "van", "paint": "white"}),
        ("tarpaulin", -20, 2, 0.4, {}),
    )
    x, y = place
    specs = [
        EventSpec(f"W{number}", kind, x + east, y + north, turn, began, number, options)
        for number, (kind, east, north, turn, options) in enumerate(wanted)
    ]
    return tuple(make_event(spec, land, began - 1).at(NOON_UTC_NS) for spec in specs)


def _pair(survey: Survey, land: Land, renderer: Renderer, number: int, place: tuple[float, float]) -> Pair:
    first = _frame(survey, land, renderer, 2 * number, place, 0.0, 0.0)
    second = _frame(survey, land, renderer, 2 * number + 1, place, survey.apart_m, MARGIN)
    homography = _one_plane(first, second)
    size = first.image.shape[1::-1]
    after = cv2.warpPerspective(second.image, homography, size, flags=cv2.INTER_LINEAR)
    covered = np.full(second.image.shape[:2], 255, np.uint8)
    seen = cv2.warpPerspective(covered, homography, size, flags=cv2.INTER_NEAREST)
    whole = cv2.erode(seen, np.ones((5, 5), np.uint8)) > 0
    return Pair(f"{survey.group}_{number}", survey.group, first.image, compress(after, 95), whole)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A part of a frame, and how it was seen.

    Attributes:
        image: At 5 cm.
        scale: Its pixels per pixel as taken.
        lens, eye_m, rotation: Of the part as taken.
        depth_m: As taken.
    """

    image: Image
    scale: float
    lens: Lens
    eye_m: NDArray[np.float64]
    rotation: NDArray[np.float64]
    depth_m: NDArray[np.float32]


def _one_plane(first: _Taken, second: _Taken) -> NDArray[np.float64]:
    """Homography from the second picture to the first one: the one that most of what both see agrees with.

    It comes from true depths. Real pairs are brought together by matches; this is what perfect ones would give.
    """
    height, width = first.depth_m.shape
    column, row = np.meshgrid(np.arange(7, width, 15), np.arange(7, height, 15))
    depth = first.depth_m[row, column].ravel()
    ray = lens_rays(first.lens)[row.ravel(), column.ravel()].astype(np.float64)
    points = first.eye_m + (ray / ray[:, 2:] * depth[:, None]) @ first.rotation.T
    there = project_lens(points, second.eye_m, second.rotation, second.lens)
    inside = np.isfinite(there).all(axis=1) & np.isfinite(depth)
    inside[inside] = ((there[inside] >= 0) & (there[inside] < second.lens.size_px)).all(axis=1)
    here = np.column_stack([column.ravel(), row.ravel()])[inside]
    cv2.setRNGSeed(1)
    homography, _ = cv2.findHomography(
        (there[inside] + 0.5) * second.scale - 0.5, (here + 0.5) * first.scale - 0.5, cv2.USAC_MAGSAC, HOMOGRAPHY_PX
    )
    return homography


def _frame(
    survey: Survey,
    land: Land,
    renderer: Renderer,
    index: int,
    place: tuple[float, float],
    aside_m: float,
    margin: float,
) -> _Taken:
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
    works = _works(land, place) if survey.works else ()
    now = moment(land, survey.light, survey.wait_s * index, works=works)
    seen = fallen_off(renderer.render(now, still(rotation, eye, lens)), lens, survey.corner_loss)
    ev = survey.sensor.compensation_ev + survey.exposure_ev * float(draw.standard_normal())
    camera = Camera(replace(survey.sensor, vignetting=0.0, compensation_ev=ev), survey.seed)
    image = develop([seen], camera, index, survey.quality)
    size = tuple(round(side * survey.gsd_m / GSD_M) for side in lens.size_px)
    way = cv2.INTER_AREA if survey.gsd_m < GSD_M else cv2.INTER_CUBIC
    even = cv2.resize(image, size, interpolation=way)
    soft = cv2.GaussianBlur(even, (0, 0), survey.soft_px) if survey.soft_px > 0 else even
    whole = compress(np.asarray(soft, np.uint8), 95)
    return _Taken(whole, size[0] / lens.size_px[0], lens, eye, rotation, seen.depth_m)


def _part(survey: Survey, place_camera: NDArray[np.float64], slant_m: float, margin: float) -> Lens:
    """A lens that takes only the part of the full frame about the place: its principal point lies far off."""
    focal_px = slant_m / survey.gsd_m
    size = tuple(round(side * (1 + 2 * margin) * GSD_M / survey.gsd_m) for side in survey.side_px)
    shift = focal_px * place_camera[:2] / place_camera[2]
    principal = ((size[0] - 1) / 2 - float(shift[0]), (size[1] - 1) / 2 - float(shift[1]))
    return Lens("brown", (size[0], size[1]), camera_matrix(focal_px, (size[0], size[1]), principal), DISTORTION)
