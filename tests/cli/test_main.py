import errno
import json

import click
import pytest

from pipeline.cli import main as command_line
from pipeline.cli.main import call
from pipeline.errors import BusyError, ConfigError, InputError


@pytest.fixture
def failing(monkeypatch):
    """Put a command in place that raises what a test wants."""

    def place(error):
        @click.command()
        def doctor():
            raise error

        monkeypatch.setattr(command_line.LazyGroup, "get_command", lambda *_: doctor)

    return place


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("night.toml:4: unknown key 'x'"), 2, "error: night.toml:4: unknown key 'x'"),
        (InputError("S1: no frame can be placed"), 1, "error: S1: no frame can be placed"),
        (BusyError("S1: another process"), 1, "another process"),
        (OSError(errno.ENOSPC, "No space left on device", "out/x"), 1, "out/x: no space left on the disk"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 1, "may this user read and write there?"),
        (KeyboardInterrupt(), 130, "run the same command again"),
        (ValueError("odd"), 1, "a defect of trucewatch"),
    ],
)
def test_errors_become_exit_codes_and_words(failing, capsys, error, code, said):
    failing(error)

    assert call(["doctor"]) == code
    assert said in capsys.readouterr().err


def test_wrong_use_ends_with_2(capsys):
    assert call(["frobnicate"]) == 2
    assert call(["run"]) == 2
    assert call(["run", "x", "--from", "nowhere"]) == 2


def test_help_and_version_end_with_0(capsys):
    assert call(["--help"]) == 0
    assert call(["--version"]) == 0
    assert "people decide" in capsys.readouterr().out


def test_every_command_has_help_and_a_summary(capsys):
    for name in command_line.COMMANDS:
        assert call([name, "--help"]) == 0, name
        assert command_line.SUMMARIES[name]


def test_doctor_speaks_to_machines(capsys, tmp_path):
    code = call(["doctor", "--json", "--out", str(tmp_path)])
    findings = json.loads(capsys.readouterr().out)

    assert code == 0, [finding for finding in findings if finding["level"] == "wrong"]
    assert {"Python", "OpenCV", "GDAL", "geoid EGM96", "disk"} <= {finding["name"] for finding in findings}
