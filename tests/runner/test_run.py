"""The whole run on two tiny simulated flights."""

import dataclasses
import hashlib
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.batch import plan_batch, run_batch, sortie_folders
from pipeline.errors import BusyError, ConfigError, InputError
from pipeline.runner.identity import locked
from pipeline.runner.job import Job
from pipeline.runner.night import close_night
from pipeline.runner.process_executor import ProcessPerTask
from pipeline.runner.run import run_sortie

DATASETS = ("candidates", "events", "tracks", "changes", "frames", "coverage", "dropped", "chips")


def hashes(out, datasets=DATASETS):
    """Bytes of everything that people read, by path."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in datasets
        for path in sorted((out / name).rglob("*.parquet"))
    }


def run(folder, out, settings, **how):
    outcome = run_sortie(Job(folder, out, settings, **how))
    close_night(out, outcome.night_id)
    return outcome


def command(*words):
    return [sys.executable, "-m", "pipeline.cli.main", *map(str, words)]


@pytest.fixture
def options(simulated):
    return ("--agreement", simulated / "agreement.toml", "--terrain", simulated / "terrain.tif")


def test_two_nights_give_candidates_with_pictures_and_running_again_changes_nothing(flights, tmp_path, settings):
    out = tmp_path / "out"
    first = run(flights / "baseline", out, settings)
    second = run(flights / "night", out, settings)
    before = hashes(out)
    rows = pq.ParquetDataset(out / "candidates" / "v1").read().to_pylist()
    chips = pq.ParquetDataset(out / "chips" / "v1").read().to_pylist()

    assert first.frames == (6, 6, 0) and first.rows[0] == ("candidates", 0)
    assert second.frames == (6, 6, 6), "the second flight is registered to the first one's tiles"
    changes = [row for row in rows if row["change_direction"] is not None]
    assert changes and {row["baseline_sortie_id"] for row in changes} == {"Sbaseline"}
    pictures = {(chip["candidate_id"], chip["role"]) for chip in chips}
    assert pictures >= {(row["candidate_id"], role) for row in changes for role in ("before", "after")}
    assert pictures >= {(row["candidate_id"], "after") for row in rows}
    assert run(flights / "night", out, settings).skipped
    assert not run(flights / "night", out, settings, force=True).skipped
    assert hashes(out) == before


def test_the_order_of_sorties_and_the_number_of_workers_change_no_byte(flights, tmp_path, settings):
    """A third flight, a copy of the night's under another id, makes a night of two sorties."""
    third = flights / "another"
    third.mkdir()
    for path in (flights / "night").iterdir():
        (third / path.name).write_bytes(path.read_bytes())
    found = []
    for workers, turned in ((1, False), (2, True)):
        out = tmp_path / f"out{workers}"
        jobs = [Job(folder, out, settings) for folder in sortie_folders(flights)]
        with ProcessPerTask(workers, 300) as executor:
            plans, failures = plan_batch(jobs[::-1] if turned else jobs, executor)
            result = run_batch(plans, failures, out, executor, 2, lambda *_: None)
        assert not result.failures and len(result.outcomes) == 3
        found.append(hashes(out))

    assert found[0] == found[1]
    assert any("sortie=Sanother" in path for path in found[0])


def test_from_detect_keeps_what_came_before(flights, tmp_path, settings):
    out = tmp_path / "out"
    run(flights / "baseline", out, settings)
    run(flights / "baseline", out, settings, start="detect")
    report = json.loads((out / "runs" / "Sbaseline.json").read_text())
    reused = {stage["name"]: stage["reused"] for stage in report["stages"]}

    assert reused["ingest"] and reused["register"] and reused["mosaic"]
    assert not reused["detect"] and not reused["movement"]


def test_a_changed_frame_is_noticed(flights, tmp_path, settings):
    out = tmp_path / "out"
    run(flights / "baseline", out, settings)
    last = sorted((flights / "baseline").iterdir())[-1]
    last.write_bytes(last.read_bytes()[:2000])

    outcome = run(flights / "baseline", out, settings)

    assert not outcome.skipped
    assert outcome.frames[1] == 5
    dropped = pq.ParquetDataset(out / "dropped" / "v1").read().to_pylist()
    assert any(last.stem in row["item"] for row in dropped)


def test_a_batch_goes_on_without_a_folder_that_holds_no_flight(flights, tmp_path, options):
    (flights / "notes").mkdir()
    (flights / "notes" / "readme.JPG").write_text("this is no picture")
    out = tmp_path / "out"

    done = subprocess.run(
        command("batch", flights, "--out", out, *options), capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "2 sorties done" in done.stdout and "notes" in done.stdout
    again = json.loads(
        (out / "runs" / "Snotes.failed.json").read_text()
        if (out / "runs" / "Snotes.failed.json").exists()
        else (out / "runs" / "notes.failed.json").read_text()
    )
    assert "--terrain" in again["run_again"]
    assert len(hashes(out, ("candidates",))) == 2


def test_a_sortie_runs_once_at_a_time(flights, tmp_path, settings):
    with locked(tmp_path / "out", "Sbaseline"), pytest.raises(BusyError, match="another process"):
        run_sortie(Job(flights / "baseline", tmp_path / "out", settings))


def test_one_id_for_two_folders_is_refused(flights, tmp_path, settings):
    out = tmp_path / "out"
    run(flights / "baseline", out, settings)

    with pytest.raises(InputError, match="--sortie-id"):
        run_sortie(Job(flights / "night", out, settings, sortie_id="Sbaseline"))


def test_an_interrupted_run_goes_on(flights, tmp_path, options):
    out = tmp_path / "out"
    words = command("run", flights / "baseline", "--out", out, *options)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (out / "work" / "Sbaseline" / "ingest" / "manifest.json").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130 and "run the same command again" in said
    assert hashes(out) == {}
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    assert hashes(out)


def test_a_full_disk_publishes_nothing_and_says_so(flights, tmp_path, options):
    """Files may not grow beyond 64 kB: what a full disk looks like to a process."""
    out = tmp_path / "out"
    words = command("run", flights / "baseline", "--out", out, *options)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    done = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=limit)

    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("error:")
    assert "Traceback" not in done.stderr
    assert hashes(out) == {}
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_an_elevation_model_of_another_place_is_refused(flights, tmp_path, options, real_data):
    terrain = real_data / "terrain" / "cobb.tif"
    words = command("run", flights / "baseline", "--out", tmp_path / "out", "--terrain", terrain)

    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "does not cover the flight" in done.stderr and "km outside" in done.stderr


def test_an_unknown_key_names_file_line_and_the_likely_one(flights, tmp_path):
    config = tmp_path / "night.toml"
    config.write_text("[terrain]\n\n[detectors.movement]\nmin_hit = 4\n")

    done = subprocess.run(
        command("run", flights / "baseline", "--config", config), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert f"{config}:4 [detectors.movement]: unknown key 'min_hit'; did you mean 'min_hits'?" in done.stderr


def test_a_missing_agreement_is_told_before_anything_runs(flights, tmp_path, settings):
    gone = dataclasses.replace(settings, agreement=dataclasses.replace(settings.agreement, path=Path("gone.toml")))

    with pytest.raises(ConfigError, match=r"gone\.toml"):
        run_sortie(Job(flights / "baseline", tmp_path / "out", gone))


def test_originals_are_never_touched(flights, tmp_path, settings):
    def state():
        return {
            path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(flights.rglob("*"))
            if path.is_file()
        }

    before = state()
    run(flights / "baseline", tmp_path / "out", settings)
    run(flights / "night", tmp_path / "out", settings)

    assert state() == before
