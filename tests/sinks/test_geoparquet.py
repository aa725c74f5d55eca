"""Shapes that spoil a file, and files that don't."""

import json

import geoparquet_validator
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import RowContext
from pipeline.sinks.geoparquet import encode
from pipeline.sinks.shapes import bounds, iso_wkb, published_shape

CONTEXT = RowContext("S0001", "2020-11-21", None)
CLOCKWISE = Polygon([(0, 0), (0, 1), (1, 1), (1, 0)], [[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8)]])
SHAPES = {
    "point": Point(1, 2),
    "line": LineString([(0, 0), (1, 1)]),
    "clockwise, with a hole": CLOCKWISE,
    "two clockwise": MultiPolygon([CLOCKWISE, shapely.affinity.translate(CLOCKWISE, 3)]),
    "with heights": Polygon([(0, 0, 5), (0, 1, 5), (1, 1, 5)]),
    "measured": shapely.from_wkt("POINT M (1 2 3)"),
    "crossing itself": Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
    "without area": Polygon([(0, 0), (1, 1), (2, 2)]),
    "collection": GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)])]),
    "empty": Polygon(),
    "infinite": Point(float("inf"), 0),
    "not a number": Point(float("nan"), 1),
    "metres for degrees": Point(500_000, 4_400_000),
}
WITHOUT_PLACE = ("empty", "infinite", "not a number", "metres for degrees")


def file_of(make, *shapes):
    rows = [make.candidate(number, geometry=shape) for number, shape in enumerate(shapes)]
    return encode(CANDIDATES, CANDIDATES.table(rows, CONTEXT))


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_with_any_shape_is_conformant(make, name):
    data = file_of(make, SHAPES[name], Point(3, 4))

    report = geoparquet_validator.check_bytes(name, data)

    assert geoparquet_validator.failed(report, "core") == []
    assert geoparquet_validator.failed(report, "covering") == []
    row = pq.read_table(pa.BufferReader(data)).to_pylist()[0]
    assert (row["geometry"] is None) == (row["bbox"] is None) == (name in WITHOUT_PLACE)


def test_the_validator_would_notice_a_clockwise_ring():
    """Otherwise the test above says nothing."""
    table = pa.table(
        {"geometry": [shapely.to_wkb(CLOCKWISE)], "bbox": [{"xmin": 0.0, "ymin": 0.0, "xmax": 1.0, "ymax": 1.0}]}
    )
    meta = {"encoding": "WKB", "geometry_types": ["Polygon"], "orientation": "counterclockwise"}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": meta}}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), sink)

    report = geoparquet_validator.check_bytes("clockwise", sink.getvalue().to_pybytes())

    assert geoparquet_validator.failed(report) != []


def test_an_outline_that_crosses_itself_is_split_there():
    """The two triangles of a bow tie: an inside that every reader agrees on."""
    shape = published_shape(SHAPES["crossing itself"])

    assert shape.is_valid
    assert shape.area == pytest.approx(0.5)
    assert all(part.exterior.is_ccw for part in shape.geoms)


def test_well_known_binary_is_iso_and_flat():
    """Extended well-known binary sets the highest bits of the type for heights and reference systems."""
    for shape in (SHAPES["with heights"], SHAPES["measured"], shapely.set_srid(Point(1, 2), 4326)):
        kind = int.from_bytes(iso_wkb(shape)[1:5], "little")
        assert kind in (1, 3)


coordinate = st.tuples(st.floats(-179, 179), st.floats(-89, 89))


@given(st.lists(coordinate, min_size=3, max_size=8))
def test_any_outline_gives_counter_clockwise_rings_within_its_box(points):
    shape = published_shape(Polygon(points))

    assert shape is not None
    for part in shapely.get_parts(shape):
        if isinstance(part, Polygon):
            ring = np.asarray(part.exterior.coords)
            shoelace = np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1])
            assert shoelace >= -1e-9
    box = bounds(Polygon(points))
    west, south, east, north = shapely.total_bounds(shape)
    assert (box["xmin"], box["ymin"], box["xmax"], box["ymax"]) == (west, south, east, north)
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    assert low[0] <= west <= east <= high[0]
    assert low[1] <= south <= north <= high[1]


def test_metadata_state_what_the_rows_are(make):
    geo = json.loads(pq.read_schema(pa.BufferReader(file_of(make, Point(1, 2), CLOCKWISE))).metadata[b"geo"])
    column = geo["columns"]["geometry"]

    assert geo["version"] == "1.1.0"
    assert column["crs"]["id"] == {"authority": "OGC", "code": "CRS84"}
    assert column["bbox"] == [0.0, 0.0, 1.0, 2.0]
    assert column["geometry_types"] == ["Point", "Polygon"]
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


def test_a_file_without_rows_states_no_box_and_keeps_every_column(make):
    data = file_of(make)
    schema = pq.read_schema(pa.BufferReader(data))

    assert "bbox" not in json.loads(schema.metadata[b"geo"])["columns"]["geometry"]
    assert schema.equals(pq.read_schema(pa.BufferReader(file_of(make, Point(1, 2)))), check_metadata=False)
    assert schema.names == CANDIDATES.schema.names


def test_files_are_compressed_with_zstd(make):
    metadata = pq.read_metadata(pa.BufferReader(file_of(make, Point(1, 2))))

    group = metadata.row_group(0)
    assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}
