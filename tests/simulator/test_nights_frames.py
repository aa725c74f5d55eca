"""Frames of a described night against their own truth."""

from itertools import pairwise

import numpy as np
import pytest
from shapely import MultiPoint, Point, Polygon

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import project
from pipeline.simulator.nights.frame import FrameRenderer
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.sensor.lens_rays import rays_of
from pipeline.simulator.truth.frame_truth import PICTURES
from pipeline.simulator.truth.pictures import read_depth, read_mask, read_shadow
from tests.simulator.small_night import SMALL, described


@pytest.fixture(scope="module")
def night():
    return described(SMALL)


@pytest.fixture(scope="module")
def renderer(night):
    return FrameRenderer(night)


@pytest.fixture(scope="module")
def after(night):
    return Sorties(night).named("after")


@pytest.fixture(scope="module")
def frames(renderer, after):
    return [renderer.render(after, index) for index in range(3)]


def lies_at(frame, rows, columns):
    """Site metres of pixels by the truth's depth and pose alone."""
    shot, middle = frame.shot, frame.shot.middle
    pixels = np.column_stack([columns, rows]).astype(np.float64)
    rays = rays_of(pixels, shot.lens)
    depth = frame.seen.depth_m[rows, columns].astype(np.float64)
    per_row = shot.rotation[rows] if len(shot.rotation) > 1 else shot.rotation
    eyes = shot.eye_m[rows] if len(shot.eye_m) > 1 else shot.eye_m[[middle]]
    return eyes + np.einsum(
        "nij,nj->ni", np.broadcast_to(per_row, (len(rays), 3, 3)), rays / rays[:, 2:] * depth[:, None]
    )


def test_an_outline_projected_by_the_truth_lies_on_its_mask_within_half_a_pixel(frames, renderer):
    """The burn lies flat on the ground: its outline's projection and its pixels have one middle."""
    checked = 0
    for frame in frames:
        happening = next(h for h in frame.present.happenings if h.truth.event_id == "E01")
        outline = happening.dug[0].outline_m
        land = frame.present.moment.land
        ground = [float(land.terrain(np.array([x]), np.array([y]))[0, 0]) for x, y in outline]
        shot = frame.shot
        at = project(
            np.column_stack([outline, ground]), shot.eye_m[shot.middle], shot.lens.K, Brown(*shot.lens.distortion),
            shot.rotation[shot.middle],
        )  # fmt: skip
        wide, high = shot.lens.size_px
        if not ((at > 1).all() and (at < [wide - 2, high - 2]).all()):
            continue
        number = 1 + frame.seen.thing_ids.index(happening.dug[0].thing_id)
        rows, columns = np.nonzero(frame.seen.number == number)
        middle = Polygon(at).centroid
        assert np.hypot(columns.mean() - middle.x, rows.mean() - middle.y) < 0.5
        assert len(rows) == pytest.approx(Polygon(at).area, rel=0.08)
        checked += 1
    assert checked >= 1


def test_a_white_roof_projected_by_the_truth_is_found_in_the_picture_within_half_a_pixel(frames):
    """The bus is white on grass: the top of its mesh, and the bright pixels, have one middle."""
    checked = 0
    for frame in frames:
        bus = next(placed for h in frame.present.happenings for placed in h.placed if placed.thing_id == "E02-vehicle")
        land, shot, middle = frame.present.moment.land, frame.shot, frame.shot.middle
        mesh = bus.model.mesh(0.02)
        top = mesh.vertices_m[mesh.vertices_m[:, 2] > 0.85 * bus.model.height_m].astype(np.float64) * bus.scale
        c, s = np.cos(bus.azimuth_rad), np.sin(bus.azimuth_rad)
        ground = float(land.terrain(np.array([bus.x_m]), np.array([bus.y_m]))[0, 0]) + bus.lift_m
        roof = top @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + [bus.x_m, bus.y_m, ground]
        at = project(roof, shot.eye_m[middle], shot.lens.K, Brown(*shot.lens.distortion), shot.rotation[middle])
        if not ((at > 4).all() and (at < np.array(shot.lens.size_px) - 5).all()):
            continue
        left, upper = np.floor(at.min(axis=0)).astype(int) - 4
        right, bottom = np.ceil(at.max(axis=0)).astype(int) + 5
        light = frame.image[upper:bottom, left:right].mean(axis=2)
        rows, columns = np.nonzero(light > (np.percentile(light, 5) + light.max()) / 2)
        expected = MultiPoint(at).convex_hull.centroid
        assert np.hypot(columns.mean() + left - expected.x, rows.mean() + upper - expected.y) < 0.5
        checked += 1
    assert checked >= 1


def test_masks_agree_with_depth(frames):
    """By depth and pose alone, pixels of the bus lie on its outline above the ground, and bare ones on the land."""
    for frame in frames:
        land = frame.present.moment.land
        for happening in frame.present.happenings:
            for placed in happening.placed:
                if placed.thing_id not in frame.seen.thing_ids:
                    continue
                rows, columns = np.nonzero(frame.seen.number == 1 + frame.seen.thing_ids.index(placed.thing_id))
                outline = Polygon(placed.outline_m).buffer(0.4)
                places = lies_at(frame, rows, columns)
                assert np.mean([outline.contains(Point(p[:2])) for p in places]) > 0.97
                ground = land.terrain(np.array([placed.x_m]), np.array([placed.y_m]))[0, 0]
                assert 0.5 < np.median(places[:, 2]) - ground < placed.model.height_m + 0.2
        rows, columns = np.nonzero(frame.seen.number == 0)
        pick = np.linspace(0, len(rows) - 1, 150).astype(int)
        bare = lies_at(frame, rows[pick], columns[pick])
        heights = [land.terrain(np.array([x]), np.array([y]))[0, 0] for x, y, _ in bare]
        assert np.percentile(np.abs(bare[:, 2] - heights), 95) < 0.35


def test_two_frames_agree_on_the_ground(frames):
    """What one frame's depth says lies at a place, another frame sees at that distance."""
    first, second = frames[0], frames[1]
    rows, columns = np.nonzero(first.seen.number == 0)
    pick = np.linspace(0, len(rows) - 1, 400).astype(int)
    places = lies_at(first, rows[pick], columns[pick])
    shot, middle = second.shot, second.shot.middle
    at = project(places, shot.eye_m[middle], shot.lens.K, Brown(*shot.lens.distortion), shot.rotation[middle])
    inside = (at > 1).all(axis=1) & (at < np.array(shot.lens.size_px) - 2).all(axis=1)
    to = np.round(at[inside]).astype(int)
    again = lies_at(second, to[:, 1], to[:, 0])
    apart = np.linalg.norm(again - places[inside], axis=1)

    assert inside.sum() > 80
    assert np.median(apart) < 0.25  # the nearest pixel is up to 0.7 of 0.23 m away


def test_pictures_of_the_truth_say_what_was_seen(frames, tmp_path):
    frame = frames[0]
    assert set(frame.truth.pictures) == set(PICTURES)
    for name, data in frame.truth.pictures.items():
        (tmp_path / f"{name}.png").write_bytes(data)

    assert np.array_equal(read_mask(tmp_path / "masks.png"), frame.seen.number)
    assert np.array_equal(read_shadow(tmp_path / "shadows.png"), frame.seen.shadow)
    depth = read_depth(tmp_path / "depths.png", frame.truth.pose["depth_scale_m"])
    assert np.allclose(depth, frame.seen.depth_m, atol=frame.truth.pose["depth_scale_m"])


def test_a_frame_is_the_same_whoever_renders_it_and_whatever_was_rendered_before(night, after, frames):
    last = FrameRenderer(night)
    for index in (2, 0):
        again = last.render(after, index)
        assert np.array_equal(again.image, frames[index].image)
        assert again.truth.pictures == frames[index].truth.pictures
        assert again.truth.pose == frames[index].truth.pose


def test_movers_are_where_the_truth_says(frames):
    rows = [row for frame in frames for row in frame.truth.movers]

    assert len(rows) == 3
    for first, second in pairwise(rows):
        metres = np.hypot(
            (second["lon_deg"] - first["lon_deg"]) * 111_320 * np.cos(np.radians(39.9684)),
            (second["lat_deg"] - first["lat_deg"]) * 111_132,
        )
        assert metres / 1.5 == pytest.approx((first["speed_mps"] + second["speed_mps"]) / 2, rel=0.02)
        assert first["event_id"] == "M01" and first["thing_id"].startswith("M01")
