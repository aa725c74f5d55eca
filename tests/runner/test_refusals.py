"""What a run refuses, and what it says when there is little to say."""

import json

import pytest

from pipeline.batch import sortie_folders
from pipeline.cli.main import call
from pipeline.cli.tell import summary
from pipeline.errors import ConfigError
from pipeline.runner.job import Job
from pipeline.runner.night import close_night
from pipeline.runner.process_executor import ProcessPerTask, TaskFailed
from pipeline.runner.run import run_sortie
from pipeline.runner.sentences import NOTHING_EXAMINED


def test_results_are_refused_among_the_originals(flights, settings):
    for out in (flights / "baseline", flights / "baseline" / "out"):
        with pytest.raises(ConfigError, match="among the originals"):
            run_sortie(Job(flights / "baseline", out, settings))
    assert call(["batch", str(flights), "--out", str(flights / "out")]) == 2
    assert not (flights / "out").exists() and not (flights / "baseline" / "work").exists()


def test_a_link_is_no_sortie(flights):
    (flights / "again").symlink_to(flights / "baseline")

    assert [folder.name for folder in sortie_folders(flights)] == ["baseline", "night"]


def test_results_of_an_earlier_run_are_no_sortie(flights):
    (flights / "out").mkdir()
    (flights / "out" / "custody.jsonl").write_text("")

    assert [folder.name for folder in sortie_folders(flights)] == ["baseline", "night"]


def test_an_output_folder_that_cannot_be_made_is_said_with_a_remedy(flights, capsys):
    assert call(["run", str(flights / "baseline"), "--out", "/proc/nowhere"]) == 1
    assert "can it be made there?" in capsys.readouterr().err


def test_a_flight_of_damaged_frames_says_that_nothing_was_examined(flights, tmp_path, settings):
    for path in (flights / "baseline").iterdir():
        path.write_bytes(path.read_bytes()[:3000])

    outcome = run_sortie(Job(flights / "baseline", tmp_path / "out", settings))

    assert outcome.frames[1] == 0
    assert NOTHING_EXAMINED in outcome.warnings and "NOTHING EXAMINED" in summary(outcome)


def test_two_nights_in_one_folder_are_noticed(flights, tmp_path, settings):
    outcome = run_sortie(Job(flights, tmp_path / "out", settings))

    assert any("trucewatch batch" in warning for warning in outcome.warnings)


def test_a_damaged_publication_is_mended_by_running_again(flights, tmp_path, settings):
    out = tmp_path / "out"
    for name in ("baseline", "night"):
        close_night(out, run_sortie(Job(flights / name, out, settings)).night_id)
    (part,) = (out / "candidates" / "v1").glob("night=*/sortie=Snight/part-0.parquet")
    before = part.read_bytes()
    part.write_bytes(before[:100])

    outcome = run_sortie(Job(flights / "night", out, settings))
    close_night(out, outcome.night_id)

    assert not outcome.skipped and part.read_bytes() == before


def test_failures_speak_to_machines_too(capsys, tmp_path):
    assert call(["run", str(tmp_path / "nowhere"), "--json"]) == 2

    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "trucewatch-error/1" and said["exit_code"] == 2 and "nowhere" in said["error"]


@pytest.mark.parametrize("options", [["--fps", "nan"], ["--fps", "inf"], ["--fps", "0"]])
def test_numbers_must_be_finite(options, tmp_path):
    assert call(["detect", "movement", str(tmp_path), "--out", str(tmp_path / "t.csv"), *options]) == 2


def refuse(_):
    raise ConfigError("a wrong key")


def stumble(_):
    raise ValueError("odd")


def test_only_a_clear_refusal_is_not_tried_again():
    with ProcessPerTask(2) as executor:
        errors = [executor.submit(task, 0).exception() for task in (refuse, stumble)]

    assert all(isinstance(error, TaskFailed) for error in errors)
    assert [error.refused for error in errors] == [True, False]
