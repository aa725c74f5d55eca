"""One surface, written as rasters of many kinds, is the same ground whichever of them is read."""

import numpy as np
import pytest
import rasterio
from pyproj import CRS, Transformer
from rasterio.transform import Affine

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.sources.terrain import load_terrain

SITE = SiteFrame.at(-97.0, 32.8)
UTM = f"EPSG:{SITE.epsg}"
MIDDLE = SITE.from_lonlat(np.array([-97.0]), np.array([32.8]))[0]
BOUNDS = (MIDDLE[0] - 500, MIDDLE[1] - 500, MIDDLE[0] + 500, MIDDLE[1] + 500)
FOOT, SURVEY_FOOT = 0.3048, 1200 / 3937


def surface(xy_m):
    """Metres, at site places."""
    x, y = (xy_m - MIDDLE).T
    return 200 + 30 * np.sin(x / 400) + 20 * np.cos(y / 300)


def write(path, crs, transform, size, *, metres=1.0, offset=0.0, dtype="float32", hole=None, nodata=None, unit=None):
    """A raster of the surface, in numbers of which one is so many metres."""
    system = CRS.from_user_input(crs)
    flat = system.sub_crs_list[0] if system.is_compound else system.to_2d()
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    x = transform.c + transform.a * columns + transform.b * rows
    y = transform.f + transform.d * columns + transform.e * rows
    lon, lat = Transformer.from_crs(flat, "EPSG:4326", always_xy=True).transform(x.ravel(), y.ravel())
    numbers = ((surface(SITE.from_lonlat(np.asarray(lon), np.asarray(lat))) - offset) / metres).reshape(size, size)
    if np.issubdtype(dtype, np.integer):
        numbers = np.rint(numbers)
    if hole is not None:
        numbers[size // 2 : size // 2 + 6, size // 2 : size // 2 + 6] = hole
    profile = {"width": size, "height": size, "count": 1, "dtype": dtype, "nodata": nodata}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, **profile) as out:
        out.write(numbers.astype(dtype), 1)
        if unit is not None:
            out.units = (unit,)
        if dtype == "int16":
            out.scales, out.offsets = (metres,), (offset,)
    return path


def around(crs, cell, *, turned_deg=0.0, south_up=False):
    """Geotransform of a raster of 160 cells about the middle."""
    system = CRS.from_user_input(crs)
    flat = system.sub_crs_list[0] if system.is_compound else system.to_2d()
    x, y = Transformer.from_crs("EPSG:4326", flat, always_xy=True).transform(-97.0, 32.8)
    up = cell if south_up else -cell
    a = np.radians(turned_deg)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.diag([cell, up])
    corner = np.array([x, y]) - turn @ [80, 80]
    return Affine(turn[0, 0], turn[0, 1], corner[0], turn[1, 0], turn[1, 1], corner[1])


def worst(model, half_m=450.0):
    """Largest error and share of unknown ground over the bounds."""
    places = MIDDLE + np.random.default_rng(2).uniform(-half_m, half_m, (3000, 2))
    off = np.abs(model.grid.height_at(places) - surface(places))
    return np.nanmax(off), np.isnan(off).mean()


FORMS = {
    "utm": (UTM, 10.0, {}),
    "geographic": ("EPSG:4326", 1e-4, {}),
    "another datum": ("EPSG:4267", 1e-4, {}),
    "mercator": ("EPSG:3857", 10.0, {}),
    "equal area, turned against the site": ("EPSG:5070", 10.0, {}),
    "feet across": ("EPSG:2276", 30.0, {}),
    "feet across and up": ("EPSG:2276+6360", 30.0, {"metres": SURVEY_FOOT}),
    "feet up": ("EPSG:26914+8228", 10.0, {"metres": FOOT}),
    "feet by the band": (UTM, 10.0, {"metres": FOOT, "unit": "ft"}),
    "survey feet by the band": (UTM, 10.0, {"metres": SURVEY_FOOT, "unit": "US survey foot"}),
    "decimetres in int16": (UTM, 10.0, {"metres": 0.1, "offset": 100.0, "dtype": "int16"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_any_coordinate_system_and_unit_is_the_same_ground(tmp_path, form):
    crs, cell, numbers = FORMS[form]

    model = load_terrain(write(tmp_path / "dem.tif", crs, around(crs, cell), 160, **numbers), SITE, BOUNDS)

    off, unknown = worst(model)
    assert off < 0.12
    assert unknown == 0
    assert model.notes == ()


@pytest.mark.parametrize(("turned_deg", "south_up"), [(33.0, False), (-120.0, False), (0.0, True), (20.0, True)])
def test_turned_and_mirrored_rasters_are_the_same_ground(tmp_path, turned_deg, south_up):
    transform = around(UTM, 10.0, turned_deg=turned_deg, south_up=south_up)

    model = load_terrain(write(tmp_path / "dem.tif", UTM, transform, 160), SITE, BOUNDS)

    assert worst(model) == (pytest.approx(0, abs=0.12), 0)


@pytest.mark.parametrize(("cell", "tolerance"), [(0.25, 0.01), (90.0, 1.2)])
def test_fine_and_coarse_cells(tmp_path, cell, tolerance):
    half = min(450.0, 70 * cell)
    bounds = (*(MIDDLE - half), *(MIDDLE + half))

    model = load_terrain(write(tmp_path / "dem.tif", UTM, around(UTM, cell), 160), SITE, tuple(map(float, bounds)))

    assert model.grid.cell_m == pytest.approx(cell, rel=0.01)
    assert worst(model, half) == (pytest.approx(0, abs=tolerance), 0)
    assert model.notes == ()


@pytest.mark.parametrize(
    ("hole", "nodata", "metres"), [(-9999, -9999, 1.0), (-9999, None, 1.0), (-999, None, FOOT), (-32768, None, 1.0)]
)
def test_a_hole_is_unknown_and_spoils_nothing_beside_it(tmp_path, hole, nodata, metres):
    """A fill value that is mixed into its neighbours makes ground of -600 m, or of 150 m, out of 220."""
    unit = "ft" if metres == FOOT else None
    path = write(tmp_path / "dem.tif", UTM, around(UTM, 10.0), 160, hole=hole, nodata=nodata, metres=metres, unit=unit)

    model = load_terrain(path, SITE, BOUNDS)

    off, unknown = worst(model)
    assert off < 0.6
    assert 0.001 < unknown < 0.01
    assert model.notes == ("terrain_covers_part",)


def test_heights_in_a_unit_of_something_else_are_refused(tmp_path):
    with pytest.raises(InputError, match="'dB', which is no known unit of length; correct it with gdal_edit -units"):
        load_terrain(write(tmp_path / "dem.tif", UTM, around(UTM, 10.0), 160, unit="dB"), SITE, BOUNDS)


def test_a_datum_is_told_by_its_name_where_no_code_stands_for_it(tmp_path):
    """Heights in feet above EGM96 have no code of their own."""
    text = CRS.from_user_input("EPSG:32614+5773").to_wkt()
    text = text.replace('ID["EPSG",5773]', "").replace('"EGM96 height"', '"EGM96 height (local)"')

    path = write(tmp_path / "dem.tif", rasterio.CRS.from_wkt(text), around("EPSG:32614", 10.0), 160)

    assert load_terrain(path, SITE, BOUNDS).vertical_datum == "egm96"
