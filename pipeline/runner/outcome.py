"""What stands after a run, read back from what was published."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.records.frame import GeorefMethod
from pipeline.records.report import SortieReport
from pipeline.runner.job import Outcome
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import Dataset
from pipeline.sinks.frame_columns import FRAMES
from pipeline.sinks.run_report import read_report, report_path


def outcome_of(out: Path, sortie_id: str, *, skipped: bool) -> Outcome:
    """Read a sortie's run report and rows.

    Raises:
        InputError: They are gone or damaged.
    """
    report = read_report(out, sortie_id)
    if report is None:
        raise InputError(f"{sortie_id}: its run report is gone; run the sortie again with --force")
    stages = {stage.name: stage for stage in report.stages}
    methods = _values(out, FRAMES, report, "georef_method")
    dropped = Counter({f"{stage.name}: {code}": count for stage in report.stages for code, count in stage.dropped})
    return Outcome(
        sortie_id=sortie_id,
        night_id=report.night_id,
        skipped=skipped,
        candidates=tuple(sorted(Counter(_values(out, CANDIDATES, report, "event_class")).items())),
        rows=report.rows,
        frames=(
            stages["ingest"].items_in if "ingest" in stages else 0,
            len(methods),
            sum(method == GeorefMethod.IMAGE_MATCH for method in methods),
        ),
        dropped=tuple(sorted(dropped.items())),
        seconds=tuple((stage.name, stage.seconds) for stage in report.stages),
        warnings=report.warnings,
        report=out / report_path(sortie_id),
    )


def _values(out: Path, dataset: "Dataset[Any]", report: SortieReport, column: str) -> list[str]:
    path = out / dataset.path(report.night_id, report.sortie_id)
    try:
        return [str(value) for value in pq.ParquetFile(path).read(columns=[column]).column(column).to_pylist()]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); run the sortie again with --force") from error
