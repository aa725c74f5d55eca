"""Events in posed photographs: where they lie, what hides them, their shadows, and what is left as it was."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.terrain_ray import meet_terrain
from pipeline.simulator.inject.frame_file import read_frame_file
from pipeline.simulator.inject.inject import InjectSettings, inject
from pipeline.simulator.inject.light import sun_at
from pipeline.simulator.inject.radiometry import edge_shape
from pipeline.simulator.inject.report import InjectReport
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.truth.reader import Truth
from tests.simulator.posed_photographs import (
    EXIF,
    GROUND_M,
    LENS,
    MIDDLE_M,
    SITE,
    T_NS,
    XMP,
    Block,
    Standing,
    flight,
    picture,
    surface,
)

PLATE = Standing("plate", Block(3.0, 2.0, 0.02, 0.75), -3.0, 1.0, 0.4)
TALL = Standing("tall", Block(1.5, 1.5, 2.0, 0.3), -1.0, -4.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, InjectReport]:
    """The folder, and the report of a plate and a tall block in two frames and an oblique one."""
    folder = tmp_path_factory.mktemp("inject")
    oblique = picture("A0003", (6.0, -22.0, 16.0), (0.0, -35.0, 0.0), folder / "flight" / "A0003.JPG")
    hidden = Standing("hidden", Block(9.0, 1.0, 1.2, 0.6), 6.0, 4.5)
    posed = flight(folder / "flight", extra=(oblique,))
    land = SurfaceLand.over(surface())
    return folder, inject(folder / "flight", folder / "out", posed, land, [PLATE, TALL, hidden])


def _image(path: Path) -> np.ndarray:
    return read_frame_file(path).rgb.astype(float)


def _posed(folder: Path) -> list:
    names = ("A0001", (-2.0, 1.0, 24.0), (10.0, -88.0, 1.0)), ("A0002", (4.0, -3.0, 26.0), (200.0, -80.0, -2.0))
    return [picture(name, eye, look, folder / "flight" / f"{name}.JPG") for name, eye, look in names]


def test_a_plate_lies_at_the_same_place_in_both_frames(made):
    """Its centroid among the pixels that became brighter is where the truth projects to."""
    folder, _ = made
    outline = PLATE.at(T_NS).placed[0].outline_m
    for posed in _posed(folder):
        gain = _image(folder / "out/flights/flight" / posed.path.name) - _image(posed.path)
        around = np.column_stack([outline, np.full(4, GROUND_M + 0.02)])
        corners = project(around, posed.eye_m, LENS.K, Brown(*LENS.distortion), posed.rotation)
        wanted = np.zeros(gain.shape[:2], np.uint8)
        cv2.fillPoly(wanted, [np.rint(corners * 16).astype(np.int32)], 1, shift=4)
        near = cv2.dilate(wanted, np.ones((9, 9), np.uint8)) > 0
        weight = np.clip(gain.mean(axis=2), 0, 60) * near
        rows, columns = np.mgrid[: gain.shape[0], : gain.shape[1]]
        found = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
        moments = cv2.moments(corners.astype(np.float32)[:, None])
        assert found == pytest.approx((moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]), abs=0.5)


def test_what_the_surface_model_hides_is_not_drawn(made):
    """In the oblique frame the box stands before most of a block, and no masked pixel lies behind the box."""
    folder, _ = made
    truth = Truth(folder / "out/truth")
    seen = next(row for row in truth.visibility("SREAL", "A0003") if row.thing_id == "hidden.block")
    mask = truth.mask("SREAL", "A0003") == seen.number
    oblique = picture("A0003", (6.0, -22.0, 16.0), (0.0, -35.0, 0.0), folder)
    rows, columns = np.nonzero(mask)
    rays = pixel_rays(np.column_stack([columns, rows]).astype(float), LENS.K, Brown(*LENS.distortion), oblique.rotation)
    reached = np.linalg.norm(meet_terrain(oblique.eye_m, rays, surface()) - oblique.eye_m, axis=1)
    to_block = (MIDDLE_M[1] + 4.0 - oblique.eye_m[1]) / rays[:, 1]  # its front wall
    assert (reached > to_block - 0.3).mean() > 0.99
    corner = np.array([[MIDDLE_M[0] + 6.0, MIDDLE_M[1] + 4.0, GROUND_M + 0.4]])  # low in the middle of its front
    column, row = np.rint(project(corner, oblique.eye_m, LENS.K, Brown(*LENS.distortion), oblique.rotation)[0]).astype(
        int
    )
    assert not mask[row, column]


def test_a_shadow_falls_away_from_the_sun_and_darkens_real_pixels(made):
    """Ground one block's height away from the sun gets darker; on the sun's side it stays."""
    folder, _ = made
    sun = sun_at(T_NS, SITE, MIDDLE_M)
    top = np.array([MIDDLE_M[0] - 1.0, MIDDLE_M[1] - 4.0, GROUND_M + 2.0])
    shade = top - sun * (2.0 / sun[2])
    lit = shade + 3.6 * (np.array([top[0], top[1], GROUND_M]) - shade)
    posed = _posed(folder)[0]
    before, after = (_image(path) for path in (posed.path, folder / "out/flights/flight/A0001.JPG"))
    for place, low, high in ((shade, 0.0, 0.7), (lit, 0.93, 1.07)):
        column, row = np.rint(
            project(place[None], posed.eye_m, LENS.K, Brown(*LENS.distortion), posed.rotation)[0]
        ).astype(int)
        window = (slice(row - 2, row + 3), slice(column - 2, column + 3))
        assert low <= after[window].mean() / before[window].mean() <= high


def test_metadata_and_other_files_keep_every_byte(made):
    """Segments before the pixels, what lies behind them, and telemetry."""
    folder, report = made
    for posed in _posed(folder):
        old, new = posed.path.read_bytes(), (folder / "out/flights/flight" / posed.path.name).read_bytes()
        assert old != new
        head = old.index(b"a comment") + len(b"a comment")
        assert new[:head] == old[:head]
        assert EXIF in new
        assert XMP in new
        assert new.endswith(b"behind the end")
    for frame in report.frames:
        assert frame.outside_db > 50
    assert (folder / "out/flights/flight/telemetry.csv").read_bytes() == (folder / "flight/telemetry.csv").read_bytes()


def test_what_was_rendered_has_the_noise_and_blur_of_its_frame(tmp_path):
    """Inside a large plate the noise is as beside it, and its edge rises as the real box's edge."""
    posed = flight(tmp_path / "flight", even=True)
    plate = Standing("plate", Block(9.0, 7.0, 0.02, 0.45), -5.0, 1.0, 0.25)
    inject(tmp_path / "flight", tmp_path / "out", posed, SurfaceLand.over(surface()), [plate])
    grey = _image(tmp_path / "out/flights/flight/A0001.JPG").mean(axis=2).astype(np.float32)
    mask = (Truth(tmp_path / "out/truth").mask("SREAL", "A0001") > 0).astype(np.uint8)
    inside = cv2.erode(mask, np.ones((25, 25), np.uint8)) > 0
    outside = (cv2.dilate(mask, np.ones((25, 25), np.uint8)) == 0) & (np.arange(400) < 190)[None, :]
    rough = np.asarray(cv2.filter2D(grey, -1, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6))
    assert inside.sum() > 2000
    assert 0.7 < rough[inside].std() / rough[outside].std() < 1.4
    real, _ = edge_shape(_image(posed.pictures[0].path).mean(axis=2).astype(np.float32))
    rendered = grey.copy()
    rendered[:, 240:] = np.median(grey[outside])  # without the real box
    drawn, _ = edge_shape(rendered)
    assert 0.7 < drawn / real < 1.4


def test_the_truth_tells_what_is_new(made):
    """Read as a simulated flight's truth: each event is new against the original flight."""
    folder, report = made
    truth = Truth(folder / "out/truth")
    changes = truth.changes_between(*report.sorties)
    assert {(change.event_id, change.direction) for change in changes} == {
        ("plate", "new"), ("tall", "new"), ("hidden", "new"),
    }  # fmt: skip
    plate = next(change for change in changes if change.event_id == "plate")
    assert plate.area_m2 == pytest.approx(6.0, rel=0.01)
    assert {row.thing_id for row in truth.visibility("SREAL", "A0001")} >= {"plate.block", "tall.block"}
    assert truth.flight_folder("SREAL") == folder / "out/flights/flight"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """Twice into the same flight."""
    posed = flight(tmp_path / "flight")
    land = SurfaceLand.over(surface())
    for name in ("one", "two"):
        inject(tmp_path / "flight", tmp_path / name, posed, land, [PLATE], InjectSettings(seed=3))
    files = ["flights/flight/A0001.JPG", "flights/flight/A0002.JPG", "truth/SREAL/masks/A0001.png"]
    assert [(tmp_path / "one" / f).read_bytes() for f in files] == [(tmp_path / "two" / f).read_bytes() for f in files]


def test_wrong_use_is_refused(tmp_path):
    """Each with its reason."""
    posed = flight(tmp_path / "flight")
    land = SurfaceLand.over(surface())
    with pytest.raises(ConfigError, match="lie in one another"):
        inject(tmp_path / "flight", tmp_path / "flight/out", posed, land, [PLATE])
    with pytest.raises(ConfigError, match="used twice"):
        inject(tmp_path / "flight", tmp_path / "out", posed, land, [PLATE, PLATE])
    with pytest.raises(ConfigError, match="knows no height"):
        far = Standing("far", Block(1, 1, 1, 0.5), 900.0, 0.0)
        inject(tmp_path / "flight", tmp_path / "out", posed, land, [far])
    with pytest.raises(InputError, match="shows any of the events"):
        aside = Standing("aside", Block(1, 1, 1, 0.5), -35.0, -35.0)
        inject(tmp_path / "flight", tmp_path / "out", posed, land, [aside])
    assert not (tmp_path / "out").exists()
