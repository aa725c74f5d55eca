"""A sortie's files: where they lie, who can open them, and what a second run does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import geopandas
import geoparquet_validator
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError, PublishError
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import MoverKind
from pipeline.sinks.datasets import DATASETS
from pipeline.sinks.publish import publish
from pipeline.sinks.run_report import altered, read_report

SPATIAL = ("candidates", "tracks", "changes", "frames")
PER_SORTIE = (*SPATIAL, "coverage", "dropped", "chips")
PART = "night=2020-11-21/sortie=S0001/part-0.parquet"


def contents(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["publication", "empty"])
def test_every_spatial_file_is_conformant_geoparquet(tmp_path, make, kind):
    publish(tmp_path, getattr(make, kind)())

    for name in SPATIAL:
        report = geoparquet_validator.check(str(tmp_path / name / "v1" / PART))
        for conformance_class in ("core", "covering", "distribution"):
            assert geoparquet_validator.failed(report, conformance_class) == [], name
        passed = {outcome["id"] for outcome in report["outcomes"] if outcome["status"] == "pass"}
        assert "/conf/core/geo-metadata" in passed


def test_nothing_found_is_a_file_without_rows_and_its_coverage(tmp_path, make):
    publish(tmp_path, make.empty())

    assert pq.ParquetFile(tmp_path / "candidates/v1" / PART).metadata.num_rows == 0
    assert pq.ParquetFile(tmp_path / "coverage/v1" / PART).metadata.num_rows == 1
    assert len(geopandas.read_parquet(tmp_path / "candidates/v1")) == 0


def test_only_parquet_files_lie_under_a_data_set(tmp_path, make):
    publish(tmp_path, make.publication())

    roots = {path.split("/")[0] for path in contents(tmp_path)}
    assert roots == {*PER_SORTIE, "runs"}
    assert all(path.endswith(".parquet") for path in contents(tmp_path) if not path.startswith("runs/"))
    assert not (tmp_path / "staging" / "S0001").exists()


def test_missing_is_null_and_nothing_else(tmp_path, make):
    nan = float("nan")
    row = make.candidate(1, area_m2=nan, speed_mps=float("inf"), security_marking="", evidence_id=None)
    publish(tmp_path, make.publication(candidates=(row,), chips=()))

    read = pq.read_table(tmp_path / "candidates/v1" / PART, partitioning=None).to_pylist()[0]

    assert [read[name] for name in ("area_m2", "speed_mps", "security_marking", "evidence_id")] == [None] * 4
    change = pq.read_table(tmp_path / "changes/v1" / PART, partitioning=None).to_pylist()[0]
    assert change["against"] == [{"code": "shadow_like", "parameters": [{"name": "share", "value": None}]}]


def test_times_are_microseconds_in_utc(tmp_path, make):
    publish(tmp_path, make.publication(candidates=(make.candidate(t_start_utc_ns=make.noon + 1_999),), chips=()))

    read = pq.read_table(tmp_path / "candidates/v1" / PART, partitioning=None).to_pylist()[0]

    assert read["t_start"] == datetime.fromtimestamp(make.noon // 10**9, UTC).replace(microsecond=1)


def test_rows_in_any_order_give_the_same_bytes(tmp_path, make):
    bundle = make.publication(candidates=tuple(make.candidate(n) for n in (3, 1, 2)))
    backward = {
        name: tuple(reversed(getattr(bundle, name)))
        for name in ("candidates", "tracks", "changes", "frames", "coverage", "dropped", "chips")
    }

    publish(tmp_path / "a", bundle)
    publish(tmp_path / "b", replace(bundle, **backward))

    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_same_rows_again_leave_every_file_alone(tmp_path, make):
    first = publish(tmp_path, make.publication())
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in first.changed}

    second = publish(tmp_path, make.publication(report=make.report(started_utc_ns=make.noon + 5)))

    assert second.changed == ()
    assert second.removed == ()
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in before} == before
    assert read_report(tmp_path, "S0001").started_utc_ns == make.noon + 5


def test_a_changed_row_says_what_it_supersedes_and_the_old_one_stays_readable(tmp_path, make):
    publish(tmp_path, make.publication())
    old = (tmp_path / "candidates/v1" / PART).read_bytes()
    changed = (make.candidate(1, candidate_id="c9999", score=0.5), make.candidate(2, evidence_id="T0001"))

    report = publish(tmp_path, make.publication(candidates=changed, chips=())).report

    rows = pq.read_table(tmp_path / "candidates/v1" / PART, partitioning=None).to_pylist()
    assert {row["candidate_id"]: row["supersedes"] for row in rows} == {"c9999": "c0001", "c0002": None}
    assert (report.superseded, report.withdrawn) == (("c0001",), ())
    kept = list((tmp_path / "superseded/candidates/v1/sortie=S0001").iterdir())
    assert [path.read_bytes() for path in kept] == [old]


def test_an_unchanged_row_goes_on_saying_what_it_superseded(tmp_path, make):
    revised = make.publication(candidates=(make.candidate(1, candidate_id="c9999"),), chips=())
    publish(tmp_path, make.publication())
    publish(tmp_path, revised)

    assert publish(tmp_path, revised).changed == ()


def test_a_row_that_is_gone_is_reported_as_withdrawn(tmp_path, make):
    publish(tmp_path, make.publication())

    report = publish(tmp_path, make.publication(candidates=(make.candidate(1),), chips=())).report

    assert report.withdrawn == ("c0002",)


def test_a_sortie_whose_night_was_corrected_stands_in_one_night_only(tmp_path, make):
    publish(tmp_path, make.publication())
    night = "2020-11-20"
    moved = make.publication(
        candidates=tuple(make.candidate(n, night_id=night, candidate_id=f"d{n}") for n in (1, 2)),
        coverage=(),
        chips=(),
        report=make.report(night_id=night),
    )

    result = publish(tmp_path, moved)

    assert len(result.removed) == len(PER_SORTIE)
    standing = [path for path in contents(tmp_path) if not path.startswith(("superseded", "runs"))]
    assert all("night=2020-11-20" in path for path in standing)
    assert not (tmp_path / "candidates/v1/night=2020-11-21/sortie=S0001").exists()
    assert set(geopandas.read_parquet(tmp_path / "candidates/v1")["supersedes"]) == {"c0001", "c0002"}


def test_movers_that_match_no_rule_are_counted_and_not_published(tmp_path, make):
    tracks = (make.track(1), make.track(2, MoverKind.PERSON_SIZE), make.track(3), make.track(4))
    queue = make.candidate(2, evidence_id="T0001", member_ids=("T0001", "T0003"))

    report = publish(tmp_path, make.publication(candidates=(queue,), tracks=tracks, chips=())).report

    read = pq.read_table(tmp_path / "tracks/v1" / PART, partitioning=None)
    assert read["track_id"].to_pylist() == ["T0001", "T0003"]
    assert report.unmatched_movers == (("person_size", 1), ("vehicle_size", 1))


def test_the_report_comes_back_as_written_and_tells_of_altered_files(tmp_path, make):
    report = publish(tmp_path, make.publication()).report

    assert read_report(tmp_path, "S0001") == report
    assert dict(report.rows)["candidates"] == 2
    assert altered(tmp_path, report) == ()
    (tmp_path / "chips/v1" / PART).write_bytes(b"")
    assert altered(tmp_path, report) == (f"chips/v1/{PART}",)
    assert read_report(tmp_path, "S0002") is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sortie_id": "0012"}, "begin with a letter"),
        ({"sortie_id": "S/../../x"}, "begin with a letter"),
        ({"night_id": "20201121"}, "no night id"),
        ({"night_id": "2020-11-20"}, "rows of S0001"),
    ],
)
def test_ids_that_would_spoil_the_folders_are_refused(tmp_path, make, changes, words):
    with pytest.raises(PublishError, match=words):
        publish(tmp_path, make.publication(report=make.report(**changes)))
    assert contents(tmp_path) == {}


def test_a_chip_of_no_candidate_is_refused(tmp_path, make):
    with pytest.raises(PublishError, match="c0007"):
        publish(tmp_path, make.publication(chips=(make.chip("c0007"),)))


def test_a_missing_value_that_must_be_there_names_column_and_sortie(tmp_path, make):
    with pytest.raises(PublishError, match=r"S0001 candidates row 0: 'detector' is missing"):
        publish(tmp_path, make.publication(candidates=(make.candidate(detector=""),), chips=()))


def test_many_pictures_are_read_in_small_groups(tmp_path, make):
    rows = tuple(make.candidate(n) for n in range(70))
    chips = tuple(make.chip(f"c{n:04d}", role) for n in reversed(range(70)) for role in ("context", "after", "before"))

    publish(tmp_path, make.publication(candidates=rows, chips=chips))

    file = pq.ParquetFile(tmp_path / "chips/v1" / PART)
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [64, 64, 64, 18]
    keys = list(zip(*(file.read()[name].to_pylist() for name in ("candidate_id", "role")), strict=True))
    assert keys == sorted((chip.candidate_id, chip.role) for chip in chips)


def test_every_data_set_of_a_sortie_is_published(tmp_path, make):
    report = publish(tmp_path, make.publication()).report

    assert {name for name, _ in report.rows} == {dataset.name for dataset in DATASETS} - {"events"}
    assert {path.path.split("/")[0] for path in report.outputs} == set(PER_SORTIE)


def test_sorties_published_at_once_give_the_same_bytes_as_one_after_the_other(tmp_path, make):
    def bundle(number):
        sortie = f"S{number:04d}"
        rows = tuple(make.candidate(n, sortie_id=sortie, candidate_id=f"{sortie}-{n}") for n in range(3))
        coverage = tuple(replace(row, sortie_id=sortie) for row in make.publication().coverage)
        return make.publication(candidates=rows, chips=(), coverage=coverage, report=make.report(sortie_id=sortie))

    for number in range(8):
        publish(tmp_path / "one", bundle(number))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: publish(tmp_path / "many", bundle(number)), reversed(range(8))))

    assert contents(tmp_path / "many") == contents(tmp_path / "one")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1, "stages": 3}', "\xff"])
def test_an_unreadable_run_report_is_told(tmp_path, text):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/S0001.json").write_text(text, encoding="latin-1")

    with pytest.raises(InputError, match="--force"):
        read_report(tmp_path, "S0001")


def test_a_damaged_file_is_replaced_when_its_sortie_is_published_again(tmp_path, make):
    publish(tmp_path, make.publication())
    before = (tmp_path / "candidates/v1" / PART).read_bytes()
    (tmp_path / "candidates/v1" / PART).write_bytes(b"not parquet")

    publish(tmp_path, make.publication())

    assert (tmp_path / "candidates/v1" / PART).read_bytes() == before


def test_a_figure_that_a_stage_could_not_give_loses_nothing_else(tmp_path, make):
    """One bad item never costs the sortie its publication."""
    nan = float("nan")
    bundle = make.publication(
        candidates=(make.candidate(score=None, frame_sha256=("aa", "")),),
        tracks=(replace(make.track(1), score=nan, xy_m=np.full((3, 2), nan)),),
        changes=(replace(make.change(1), outline_m=np.full((4, 2), nan), covariance_m2=np.full((2, 2), nan)),),
        coverage=tuple(replace(row, minutes=nan) for row in make.publication().coverage),
        frames=(replace(make.frame(), footprint_m=np.empty((0, 2)), ellipse_m=np.full(3, nan)),),
        dropped=(Dropped("look", "", "", ""),),
        chips=(),
    )
    bundle = replace(bundle, candidates=(*bundle.candidates, make.candidate(2, evidence_id="T0001")))

    report = publish(tmp_path, bundle).report

    assert dict(report.rows) == {**dict.fromkeys(PER_SORTIE, 1), "candidates": 2, "chips": 0}
    for name in SPATIAL:
        checked = geoparquet_validator.check(str(tmp_path / name / "v1" / PART))
        assert [*geoparquet_validator.failed(checked, "core"), *geoparquet_validator.failed(checked, "covering")] == []
