import numpy as np
import pytest

from pipeline.errors import DatumError
from pipeline.geometry.datum import to_ellipsoidal

HERE = np.array([-91.994]), np.array([46.8426])


def test_ellipsoidal_heights_stay_as_they_are():
    heights = np.array([100.0, np.nan])

    assert to_ellipsoidal(np.zeros(2), np.zeros(2), heights, "ellipsoidal") == pytest.approx(heights, nan_ok=True)


def test_missing_grid_is_an_error_with_a_remedy_and_never_a_shift_by_zero(tmp_path):
    """Without the grid PROJ itself shifts by 0 m and says nothing."""
    try:
        risen = to_ellipsoidal(*HERE, np.array([200.0]), "egm2008")
    except DatumError as error:
        assert "us_nga_egm08_25.tif" in str(error)
        assert "pyproj sync" in str(error)
    else:  # this machine has the grid
        assert risen[0] == pytest.approx(200 - 28.7, abs=1.0)


def test_unknown_datum_is_refused():
    with pytest.raises(DatumError, match="'sea level'"):
        to_ellipsoidal(*HERE, np.array([200.0]), "sea level")


def test_grid_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(DatumError, match=r"nowhere\.gtx does not exist"):
        to_ellipsoidal(*HERE, np.array([200.0]), "egm96", tmp_path / "nowhere.gtx")


def write_gtx(path, west, south, step, undulations):
    """NOAA's binary grid: a header of south, west, steps and size, then rows from the south; all big-endian."""
    rows, columns = undulations.shape
    header = np.array([south, west, step, step], ">f8").tobytes() + np.array([rows, columns], ">i4").tobytes()
    path.write_bytes(header + undulations.astype(">f4").tobytes())


def test_geoid_from_a_file_is_added_between_its_nodes(tmp_path):
    write_gtx(tmp_path / "geoid.gtx", 10.0, 40.0, 1.0, np.array([[10.0, 20, 30], [20, 30, 40], [30, 40, 50]]))

    risen = to_ellipsoidal(
        np.array([10.5, 11.0]), np.array([40.5, 41.25]), np.array([100.0, np.nan]), "egm96", tmp_path / "geoid.gtx"
    )

    assert risen == pytest.approx([120.0, np.nan], abs=1e-6, nan_ok=True)


def test_place_outside_the_grid_is_an_error(tmp_path):
    write_gtx(tmp_path / "geoid.gtx", 10.0, 40.0, 1.0, np.ones((3, 3)))

    with pytest.raises(DatumError, match="does not cover"):
        to_ellipsoidal(*HERE, np.array([200.0]), "egm96", tmp_path / "geoid.gtx")


@pytest.mark.real
def test_egm96_by_the_lake(real_data):
    """Undulation published for the place: -28.7 m."""
    risen = to_ellipsoidal(*HERE, np.array([0.0]), "egm96", real_data / "terrain" / "egm96_15.gtx")

    assert risen[0] == pytest.approx(-28.68, abs=0.05)
