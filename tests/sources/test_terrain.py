import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine, from_origin

from pipeline.errors import ConfigError, DatumError, InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.sources import terrain as terrain_module
from pipeline.sources.terrain import load_terrain

LON, LAT = 46.75, 39.82
SITE = SiteFrame.at(LON, LAT)
AROUND = (-400.0, -400.0, 400.0, 400.0)


def height(lon, lat):
    """The made terrain: smooth in longitude and latitude, so that any grid of it can be checked anywhere."""
    return 500 + 4000 * (lon - LON) - 2500 * (lat - LAT)


def write(path, crs, transform, size, *, tags=None, nodata=None, change=None, count=1):
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    x, y = transform * (columns, rows)
    to_lonlat = Transformer.from_crs(rasterio.CRS.from_user_input(crs).to_wkt(), "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(x, y)
    heights = height(np.asarray(lon), np.asarray(lat)).astype(np.float32)
    if change is not None:
        change(heights)
    profile = {"width": size, "height": size, "count": count, "dtype": "float32", "nodata": nodata}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, **profile) as out:
        for band in range(1, count + 1):
            out.write(heights, band)
        out.update_tags(**(tags or {}))
    return path


def in_degrees(tmp_path, **more):
    return write(
        tmp_path / "dem.tif", more.pop("crs", "EPSG:4326"), from_origin(LON - 0.03, LAT + 0.03, 2e-4, 2e-4), 300, **more
    )


def middle():
    return SITE.from_lonlat(np.array([LON]), np.array([LAT]))[0]


def around(half_m=400.0):
    x, y = middle()
    return (x - half_m, y - half_m, x + half_m, y + half_m)


def worst_error(model, half_m=300.0):
    rng = np.random.default_rng(1)
    places = middle() + rng.uniform(-half_m, half_m, (500, 2))
    lonlat = SITE.to_lonlat(places)
    return np.nanmax(np.abs(model.grid.height_at(places) - height(lonlat[:, 0], lonlat[:, 1])))


def test_geographic_grid_lands_in_the_site_frame(tmp_path):
    model = load_terrain(in_degrees(tmp_path), SITE, around())

    assert worst_error(model) < 0.1  # a tenth of a cell on this slope
    assert 15 < model.grid.cell_m < 23
    assert model.notes == ()


def test_grid_in_another_utm_zone_lands_in_the_site_frame(tmp_path):
    """Its rows are turned by the difference of the convergences: 4°."""
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True).transform(LON, LAT)
    path = write(tmp_path / "dem.tif", "EPSG:32639", from_origin(x - 1500, y + 1500, 10, 10), 300)

    assert worst_error(load_terrain(path, SITE, around())) < 0.1  # a tenth of a cell on this slope


def test_turned_raster_lands_in_the_site_frame(tmp_path):
    x, y = SITE.to_utm(middle()[None])[0]
    turned = Affine.translation(x, y) * Affine.rotation(30) * Affine.scale(5, -5) * Affine.translation(-200, -200)

    assert (
        worst_error(load_terrain(write(tmp_path / "dem.tif", f"EPSG:{SITE.epsg}", turned, 400), SITE, around()))
        < 0.1  # a tenth of a cell on this slope
    )


def test_heights_that_count_points_instead_of_areas_are_not_shifted_by_half_a_cell(tmp_path):
    path = in_degrees(tmp_path)
    with rasterio.open(path, "r+") as out:
        out.update_tags(AREA_OR_POINT="Point")

    assert worst_error(load_terrain(path, SITE, around())) < 0.1  # a tenth of a cell on this slope


@pytest.mark.parametrize(
    ("tags", "crs", "argument", "expected"),
    [
        ({}, "EPSG:4326", None, "unknown"),
        ({"VERTICAL_DATUM": "EGM2008"}, "EPSG:4326", None, "egm2008"),
        ({"VERTICAL_DATUM": "egm2008"}, "EPSG:4326", "ellipsoidal", "ellipsoidal"),
        ({}, "EPSG:4326+5773", None, "egm96"),
        ({}, "EPSG:4326+3855", None, "egm2008"),
        ({}, "EPSG:4979", None, "ellipsoidal"),
    ],
)
def test_vertical_datum_by_argument_then_tag_then_coordinate_system(tmp_path, tags, crs, argument, expected):
    assert load_terrain(in_degrees(tmp_path, tags=tags, crs=crs), SITE, around(), argument).vertical_datum == expected


def test_unknown_tag_is_an_error(tmp_path):
    with pytest.raises(DatumError, match="'baltic'"):
        load_terrain(in_degrees(tmp_path, tags={"VERTICAL_DATUM": "Baltic"}), SITE, around())


def test_unknown_argument_is_wrong_use(tmp_path):
    with pytest.raises(ConfigError, match="'sea level'"):
        load_terrain(in_degrees(tmp_path), SITE, around(), "sea level")


def test_missing_heights_stay_missing(tmp_path):
    def lake(heights):
        heights[130:170, 130:170] = -32768

    model = load_terrain(in_degrees(tmp_path, nodata=-32768, change=lake), SITE, around())

    assert np.isnan(model.grid.height_at(middle()[None])[0])
    assert np.nanmin(model.grid.heights_m) > 0
    assert model.notes == ("terrain_covers_part",)


def test_undeclared_fill_values_are_missing_heights(tmp_path):
    def hole(heights):
        heights[140:160, 140:160] = -3.4e38

    model = load_terrain(in_degrees(tmp_path, change=hole), SITE, around())

    assert np.isnan(model.grid.height_at(middle()[None])[0])


def test_partial_cover_is_said(tmp_path):
    x, y = middle()
    model = load_terrain(in_degrees(tmp_path), SITE, (x, y, x + 9000, y + 9000))

    assert model.notes == ("terrain_covers_part",)
    assert model.grid.heights_m.shape < (400, 400)


def test_model_of_another_place_says_how_far_it_is(tmp_path):
    far = SiteFrame.at(46.75, 40.82)
    with pytest.raises(InputError, match=r"dem\.tif does not cover the flight.* 10\d\.\d km outside"):
        load_terrain(in_degrees(tmp_path), far, AROUND)


def test_model_with_only_fill_values_below_the_flight_says_so(tmp_path):
    def nothing(heights):
        heights[:] = -9999

    with pytest.raises(InputError, match="holds no heights below the flight"):
        load_terrain(in_degrees(tmp_path, nodata=-9999, change=nothing), SITE, around())


def test_memory_is_bounded_by_coarser_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(terrain_module, "MAX_NODES", 400)
    model = load_terrain(in_degrees(tmp_path), SITE, around())

    assert model.grid.heights_m.size <= 450
    assert worst_error(model) < 0.5


@pytest.mark.parametrize("content", [b"", b"plain words", b"<VRTDataset rasterXSize='2' rasterYSize='2'/>"])
def test_file_that_is_no_geotiff_is_refused(tmp_path, content):
    path = tmp_path / "dem.tif"
    path.write_bytes(content)

    with pytest.raises(InputError, match="cannot be read as GeoTIFF"):
        load_terrain(path, SITE, around())


def test_missing_file_and_picture_and_raster_without_place_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_terrain(tmp_path / "no.tif", SITE, around())
    with pytest.raises(InputError, match="3 bands; is it a picture"):
        load_terrain(in_degrees(tmp_path, count=3), SITE, around())
    with rasterio.open(
        tmp_path / "bare.tif",
        "w",
        driver="GTiff",
        width=4,
        height=4,
        count=1,
        dtype="float32",
        transform=from_origin(0, 4, 1, 1),
    ) as out:
        out.write(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(InputError, match="names no coordinate system"):
        load_terrain(tmp_path / "bare.tif", SITE, around())


@pytest.mark.real
@pytest.mark.parametrize(("name", "lon", "lat"), [("cobb.tif", -84.6, 33.95), ("Rome-30m-DEM.tif", 12.5, 41.9)])
def test_one_arc_second_models_agree_with_their_own_pixels(real_data, name, lon, lat):
    site = SiteFrame.at(lon, lat)
    x, y = site.from_lonlat(np.array([lon]), np.array([lat]))[0]
    model = load_terrain(real_data / "terrain" / name, site, (x - 2000, y - 2000, x + 2000, y + 2000))
    with rasterio.open(real_data / "terrain" / name, driver="GTiff") as source:
        row, column = source.index(lon, lat)
        places = [source.xy(row + i, column + j) for i in range(-40, 41, 4) for j in range(-40, 41, 4)]
        raw = np.array([value[0] for value in source.sample(places)], np.float64)
    lonlat = np.array(places)
    found = model.grid.height_at(site.from_lonlat(lonlat[:, 0], lonlat[:, 1]))

    assert model.vertical_datum == "unknown"
    assert np.median(np.abs(found - raw)) < 1.0
