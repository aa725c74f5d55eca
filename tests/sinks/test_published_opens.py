"""Who can open the folders: geopandas, DuckDB, Polars."""

from dataclasses import replace

import duckdb
import geopandas
import polars
import pyarrow.parquet as pq
import pytest

from pipeline.sinks.publish import publish

PER_SORTIE = ("candidates", "tracks", "changes", "frames", "coverage", "dropped", "chips")


def two_sorties(out, make):
    """One with rows, one without: their dictionaries and types differ unless the schema is frozen."""
    publish(out, make.publication())
    coverage = tuple(replace(row, sortie_id="S0002") for row in make.publication().coverage)
    publish(out, make.empty(report=make.report(sortie_id="S0002"), coverage=coverage))


def test_geopandas_opens_the_folder(tmp_path, make):
    two_sorties(tmp_path, make)

    frame = geopandas.read_parquet(tmp_path / "candidates/v1")

    assert list(frame["candidate_id"]) == ["c0001", "c0002"]
    assert set(frame.columns) >= {"night", "sortie"}
    assert frame.crs.to_string() == "OGC:CRS84"
    assert frame.geometry.iloc[0].exterior.is_ccw
    assert str(frame["t_start"].dtype) == "datetime64[us, UTC]"


def test_geopandas_reads_only_rows_in_a_box(tmp_path, make):
    two_sorties(tmp_path, make)

    frame = geopandas.read_parquet(tmp_path / "candidates/v1", bbox=(46.7507, 39.7, 46.76, 39.8))

    assert list(frame["candidate_id"]) == ["c0001"]


def test_duckdb_opens_the_folder(tmp_path, make):
    two_sorties(tmp_path, make)

    folder = duckdb.read_parquet(f"{tmp_path}/candidates/v1/**/*.parquet", hive_partitioning=True)
    rows = folder.project("candidate_id, side, sortie, bbox.xmin, reasons[1].code").order("candidate_id").fetchall()

    assert [row[:3] for row in rows] == [("c0001", "a", "S0001"), ("c0002", "a", "S0001")]
    assert rows[0][4] == "two_views"


@pytest.mark.parametrize("name", PER_SORTIE)
def test_polars_opens_the_folder(tmp_path, make, name):
    two_sorties(tmp_path, make)

    frame = polars.scan_parquet(tmp_path / name / "v1", hive_partitioning=True).collect()

    assert frame.height == pq.read_table(tmp_path / name / "v1").num_rows > 0
    assert {"night", "sortie"} <= set(frame.columns)
