import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DatumError, GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, Pose, PosedFrame
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.terrain import TerrainModel
from pipeline.stages.settle_heights import SettleSettings, settle_heights

SITE = SiteFrame.at(10.5, 40.5)
CAMERA = CameraModel("c", (400, 300), camera_matrix(350, (400, 300)), Brown(), 0.01, "table")
GROUND_M, GEOID_M, FLOWN_M = 160.0, 45.0, 40.0


def frame(number, up, datum="ellipsoidal", relative=FLOWN_M):
    ref = FrameRef(
        f"f{number}", Path("f.jpg"), FrameKind.STILL, 0, (400, 300), number, 0.1, "0" * 64, Band.VISIBLE, "s"
    )
    pose = Pose(
        np.array([5.0 * number, 0.0, up]), camera_to_site(0, -np.pi / 2, 0), np.eye(6), GeorefMethod.TELEMETRY_ONLY
    )
    return PosedFrame(ref, CAMERA, pose, datum, relative, 0, GeorefStatus.OK, ("kept",))


def flight(up, datum, relative=FLOWN_M):
    rng = np.random.default_rng(4)
    return [frame(n, up + rng.normal(0, 0.5), datum, relative + rng.normal(0, 0.5)) for n in range(9)]


def terrain(height, datum, relief=3.0):
    axis = np.arange(-100, 101, 2.0)
    x, y = np.meshgrid(axis, axis)
    heights = height + relief * np.sin(x / 20) * np.cos(y / 17)
    return TerrainModel(HeightGrid(heights, -100, -100, 2.0, 0.5, "dem.tif"), datum, "dem.tif")


@pytest.fixture
def settings(tmp_path):
    """A geoid that stands 45 m above the ellipsoid everywhere."""
    header = np.array([39.0, 9.0, 1.0, 1.0], ">f8").tobytes() + np.array([4, 4], ">i4").tobytes()
    (tmp_path / "geoid.gtx").write_bytes(header + np.full((4, 4), GEOID_M, ">f4").tobytes())
    return SettleSettings(geoid_grid=str(tmp_path / "geoid.gtx"))


def heights_of(settled):
    return np.median([f.pose.eye_m[2] for f in settled.frames])


# stated camera, true camera zero above the ellipsoid; stated terrain, its zero; expected camera reading and note
CASES = {
    "both ellipsoidal, as stated": ("ellipsoidal", 0, "ellipsoidal", 0, "ellipsoidal", None),
    "both above the geoid, as stated": ("egm96", 45, "egm96", 45, "egm96", None),
    "ellipsoidal camera, geoid terrain": ("ellipsoidal", 0, "egm96", 45, "ellipsoidal", None),
    "'sea level' that is ellipsoidal": ("egm96", 0, "ellipsoidal", 0, "ellipsoidal", "altitude_datum_by_evidence"),
    "'ellipsoidal' that is sea level": ("ellipsoidal", 45, "ellipsoidal", 0, "egm96", "altitude_datum_by_evidence"),
    "camera says nothing": ("unknown", 45, "ellipsoidal", 0, "egm96", "altitude_datum_by_evidence"),
    "terrain says nothing, they share": ("egm96", 45, "unknown", 45, "shared", "vertical_datum_by_evidence"),
    "neither says anything, they share": ("unknown", 0, "unknown", 0, "shared", "vertical_datum_by_evidence"),
}


@pytest.mark.parametrize("case", CASES)
def test_reading_that_agrees_with_the_height_above_take_off_is_taken(settings, case):
    stated, camera_zero, ground_datum, ground_zero, expected, note = CASES[case]
    frames = flight(GROUND_M + FLOWN_M - camera_zero, stated)
    settled = settle_heights(frames, terrain(GROUND_M - ground_zero, ground_datum), SITE, settings)

    assert settled.camera_datum == expected
    above = heights_of(settled) - np.median(settled.terrain.heights_m)
    assert above == pytest.approx(FLOWN_M, abs=2)
    if expected != "shared":
        assert heights_of(settled) == pytest.approx(GROUND_M + FLOWN_M, abs=1)
    assert settled.notes == ((note,) if note else ())
    assert settled.frames[0].notes == ("kept", *settled.notes)
    assert settled.frames[0].vertical_datum == "ellipsoidal"


def test_terrain_that_says_nothing_and_contradicts_is_an_error_with_remedy(settings):
    with pytest.raises(DatumError, match=r"dem\.tif does not say.*by 4\d\.\d m.*--terrain-datum"):
        settle_heights(flight(200.0, "ellipsoidal"), terrain(115.0, "unknown"), SITE, settings)


def test_terrain_that_says_nothing_without_evidence_is_an_error(settings):
    with pytest.raises(DatumError, match="no frame has a height above take-off"):
        settle_heights(flight(200.0, "ellipsoidal", np.nan), terrain(160.0, "unknown"), SITE, settings)


def test_camera_that_says_nothing_without_evidence_is_an_error(settings):
    with pytest.raises(DatumError, match=r"set vertical_datum .* in sortie\.toml"):
        settle_heights(flight(200.0, "unknown", np.nan), terrain(160.0, "ellipsoidal"), SITE, settings)


def test_statements_hold_without_evidence(settings):
    settled = settle_heights(flight(200.0, "ellipsoidal", np.nan), terrain(115.0, "egm96"), SITE, settings)

    assert np.median(settled.terrain.heights_m) == pytest.approx(160, abs=0.1)
    assert settled.notes == ()


def test_take_off_from_a_hill_does_not_overrule_what_both_sides_state(settings):
    settled = settle_heights(flight(200.0, "ellipsoidal", 20.0), terrain(160.0, "ellipsoidal"), SITE, settings)

    assert settled.notes == ("relative_altitude_disagrees",)
    assert settled.height_disagreement_m == pytest.approx(20, abs=4)


def test_needed_geoid_that_is_missing_is_an_error_and_not_a_shift_by_zero(tmp_path):
    lacking = SettleSettings(geoid_grid=str(tmp_path / "none.gtx"))
    with pytest.raises(DatumError, match=r"none\.gtx does not exist"):
        settle_heights(flight(155.0, "egm96"), terrain(160.0, "ellipsoidal"), SITE, lacking)


def test_missing_geoid_does_not_matter_when_the_evidence_says_ellipsoidal(tmp_path):
    lacking = SettleSettings(geoid_grid=str(tmp_path / "none.gtx"))
    settled = settle_heights(flight(200.0, "egm96"), terrain(160.0, "ellipsoidal"), SITE, lacking)

    assert settled.notes == ("altitude_datum_by_evidence",)


def test_without_terrain_the_ground_is_flat_below_the_take_off_point(settings):
    settled = settle_heights(flight(200.0, "ellipsoidal"), None, SITE, settings)

    assert settled.terrain.range_m()[0] == pytest.approx(160, abs=1)
    assert settled.terrain.sigma_m == 8.0
    assert settled.notes == ("flat_ground_assumed",)


def test_without_terrain_and_without_geoid_only_the_height_above_ground_counts(tmp_path):
    lacking = SettleSettings(geoid_grid=str(tmp_path / "none.gtx"))
    settled = settle_heights(flight(155.0, "egm96"), None, SITE, lacking)

    assert heights_of(settled) - settled.terrain.range_m()[0] == pytest.approx(FLOWN_M, abs=1)
    assert settled.notes == ("flat_ground_assumed", "vertical_datum_unsettled")


def test_without_terrain_and_height_above_take_off_nothing_can_be_placed(settings):
    with pytest.raises(GeometryError, match="give --terrain"):
        settle_heights(flight(200.0, "ellipsoidal", np.nan), None, SITE, settings)


def test_stated_flat_ground_is_used_as_terrain(settings):
    flat = SettleSettings(flat_height_m=115.0, flat_datum="egm96", geoid_grid=settings.geoid_grid)
    settled = settle_heights(flight(200.0, "ellipsoidal", np.nan), None, SITE, flat)

    assert settled.terrain.range_m()[0] == pytest.approx(160, abs=0.1)
    assert settled.notes == ("flat_ground_stated",)


def test_no_frames_at_all_is_said(settings):
    with pytest.raises(GeometryError, match="no frame has a pose"):
        settle_heights([], None, SITE, settings)


def above_take_off(number, relative=FLOWN_M, at_s=None):
    """A frame of which ingest knows no other height, over x = 5 m a number."""
    made = frame(number if at_s is None else at_s, relative, "unknown", relative)
    eye = np.array([5.0 * number, 0.0, relative])
    return replace(made, pose=replace(made.pose, eye_m=eye), notes=("kept", "height_relative_only"))


def up_of(frames):
    return np.array([f.pose.eye_m[2] for f in frames])


def hill(datum="ellipsoidal", height=GROUND_M):
    """Ground that climbs by 1 m in 10 m eastward from `height` at x = 0."""
    heights = np.tile(height + np.arange(-100, 101, 2.0) / 10, (101, 1))
    return TerrainModel(HeightGrid(heights, -100, -100, 2.0, 0.5, "dem.tif"), datum, "dem.tif")


ASSUMED = "take_off_assumed_below_first_frame"


@pytest.mark.parametrize("ground_datum", ["ellipsoidal", "egm96", "unknown"])
def test_heights_above_take_off_are_counted_from_the_ground_below_the_first_frame(settings, ground_datum):
    """In a datum that is stated or not: never an error. Frames climb the hill at one height above take-off."""
    zero = GEOID_M if ground_datum == "egm96" else 0.0
    settled = settle_heights([above_take_off(n) for n in range(9)], hill(ground_datum, GROUND_M - zero), SITE, settings)

    assert up_of(settled.frames) == pytest.approx(np.full(9, GROUND_M + FLOWN_M), abs=1e-6)
    assert settled.terrain.height_at(np.array([[0.0, 0.0]]))[0] == pytest.approx(GROUND_M, abs=1e-6)
    assert settled.notes[-1] == ASSUMED
    assert all({"kept", "height_relative_only", ASSUMED} <= set(f.notes) for f in settled.frames)
    assert ("vertical_datum_unsettled" in settled.notes) is (ground_datum == "unknown")
    assert settled.frames[0].vertical_datum == "ellipsoidal"


def test_first_is_the_earliest_and_not_the_one_that_is_handed_in_first(settings):
    frames = [above_take_off(n, at_s=9 - n) for n in range(9)]

    settled = settle_heights(frames, hill(), SITE, settings)

    assert up_of(settled.frames) == pytest.approx(np.full(9, GROUND_M + 4.0 + FLOWN_M), abs=1e-6)


def test_the_first_frame_over_known_ground_counts(settings):
    model = hill()
    model.grid.heights_m[:, :55] = np.nan  # as far as x = 8 m
    known = replace(model, grid=replace(model.grid, heights_m=model.grid.heights_m))

    settled = settle_heights([above_take_off(n) for n in range(9)], known, SITE, settings)

    assert up_of(settled.frames) == pytest.approx(np.full(9, GROUND_M + 1.0 + FLOWN_M), abs=1e-6)


def test_the_uncertainty_grows_by_the_relief_under_the_flight(settings):
    """Over level ground by the terrain's own; over the hill by half of the 5th to 95th percentile of 4 m."""
    frames = [above_take_off(n) for n in range(9)]
    level = settle_heights(frames, terrain(GROUND_M, "ellipsoidal", relief=0.0), SITE, settings)
    climbing = settle_heights(frames, hill(), SITE, settings)

    assert level.frames[3].pose.covariance[2, 2] == pytest.approx(1 + 0.5**2)
    assert climbing.frames[3].pose.covariance[2, 2] == pytest.approx(1 + 0.5**2 + 1.8**2)
    assert frames[3].pose.covariance[2, 2] == 1.0
    assert climbing.frames[3].pose.covariance[0, 0] == 1.0


def test_heights_above_take_off_need_no_geoid(tmp_path):
    lacking = SettleSettings(geoid_grid=str(tmp_path / "none.gtx"))

    settled = settle_heights([above_take_off(n) for n in range(3)], hill("egm96", 115.0), SITE, lacking)

    assert (settled.camera_datum, settled.terrain_datum) == ("shared", "shared")
    assert up_of(settled.frames) == pytest.approx(np.full(3, 115.0 + FLOWN_M), abs=1e-6)
    assert "vertical_datum_unsettled" in settled.notes


def test_heights_above_take_off_without_terrain_stand_over_flat_ground_at_zero(settings):
    settled = settle_heights([above_take_off(n, 40.0 + n) for n in range(3)], None, SITE, settings)

    assert settled.terrain.range_m() == (0.0, 0.0)
    assert settled.camera_datum == settled.terrain_datum == "shared"
    assert up_of(settled.frames) == pytest.approx([40.0, 41.0, 42.0])
    assert settled.notes == ("flat_ground_assumed", "vertical_datum_unsettled", ASSUMED)


def test_heights_above_take_off_stand_over_stated_flat_ground(settings):
    flat = SettleSettings(flat_height_m=115.0, flat_datum="egm96", geoid_grid=settings.geoid_grid)

    settled = settle_heights([above_take_off(n) for n in range(3)], None, SITE, flat)

    assert up_of(settled.frames) == pytest.approx(np.full(3, 115.0 + GEOID_M + FLOWN_M), abs=0.01)
    assert settled.notes == ("flat_ground_stated", ASSUMED)


def test_ground_far_from_the_flight_is_an_error_with_its_remedy(settings):
    with pytest.raises(GeometryError, match=r"above take-off only.*dem\.tif.*cover the flight"):
        settle_heights([above_take_off(1800)], hill(), SITE, settings)


@pytest.mark.parametrize("with_terrain", [True, False])
def test_in_a_mixed_flight_the_frames_with_both_heights_show_the_take_off_point(settings, with_terrain):
    """Take-off 7 m above the ground below the flight: only frames that state both heights can know."""
    both = [frame(n, GROUND_M + 7 + FLOWN_M, "ellipsoidal", FLOWN_M) for n in range(6)]
    frames = [*both[:3], above_take_off(6, 50.0), *both[3:], above_take_off(7, 30.0)]

    settled = settle_heights(frames, terrain(GROUND_M, "ellipsoidal") if with_terrain else None, SITE, settings)

    assert [f.ref.frame_id for f in settled.frames] == [f.ref.frame_id for f in frames]
    assert up_of(settled.frames)[[3, 7]] == pytest.approx([GROUND_M + 57, GROUND_M + 37], abs=1e-6)
    assert up_of(settled.frames)[[0, 4]] == pytest.approx([GROUND_M + 47] * 2, abs=1e-6)
    assert "take_off_shown_by_other_frames" in settled.frames[3].notes
    assert "take_off_shown_by_other_frames" not in settled.frames[0].notes
    assert settled.frames[3].pose.covariance[2, 2] == pytest.approx(2.0), "its own and theirs"


def test_in_a_mixed_flight_without_such_frames_the_ground_below_the_first_one_counts(settings):
    frames = [frame(0, 210.0, "ellipsoidal", np.nan), frame(1, 211.0, "ellipsoidal", np.nan), above_take_off(2)]

    settled = settle_heights(frames, hill(), SITE, settings)

    assert up_of(settled.frames) == pytest.approx([210.0, 211.0, GROUND_M + FLOWN_M], abs=1e-6)
    assert settled.notes == (ASSUMED,)
    assert [ASSUMED in f.notes for f in settled.frames] == [False, False, True]


def test_frames_without_a_datum_have_no_say_in_what_the_others_state(settings):
    """Most frames state only a height above take-off; the two that say egm96 are read as that."""
    stated = [frame(n, 155.0, "egm96", FLOWN_M) for n in range(2)]

    settled = settle_heights(
        [*stated, *map(above_take_off, range(2, 9))], terrain(GROUND_M, "ellipsoidal"), SITE, settings
    )

    assert settled.camera_datum == "egm96"
    assert up_of(settled.frames) == pytest.approx(np.full(9, GROUND_M + FLOWN_M), abs=0.01)


def test_a_mixed_flight_whose_stated_heights_nothing_connects_is_an_error(settings):
    with pytest.raises(GeometryError, match="give --terrain"):
        settle_heights([frame(0, 210.0, "ellipsoidal", np.nan), above_take_off(1)], None, SITE, settings)


def test_without_a_model_the_ground_is_where_the_sensor_looks(settings):
    frames = [replace(f, sighted_ground_m=115.0) for f in flight(GROUND_M - GEOID_M + 40, "egm96", math.nan)]
    settled = settle_heights(frames, None, SITE, settings)

    assert np.median(settled.terrain.heights_m) == pytest.approx(115 + GEOID_M, abs=1)
    assert heights_of(settled) == pytest.approx(GROUND_M + 40, abs=1)
    assert settled.terrain.sigma_m == settings.sighted_sigma_m
    assert "flat_ground_from_sensor" in settled.frames[0].notes
    with pytest.raises(GeometryError, match="terrain"):
        settle_heights([replace(f, sighted_ground_m=math.nan) for f in frames], None, SITE, settings)
