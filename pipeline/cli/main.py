"""The command ``trucewatch``. The only place where errors become exit codes and words for people.

Exit codes: 0 all done · 1 some items failed · 2 wrong use or configuration · 130 interrupted.
"""

import errno
import json
import os
import sys
import traceback
from importlib import import_module

import click

from pipeline import __version__
from pipeline.errors import ConfigError, TrucewatchError

COMMANDS = {
    "run": "pipeline.cli.run:run",
    "batch": "pipeline.cli.batch:batch",
    "inspect": "pipeline.cli.inspect:inspect",
    "locate": "pipeline.cli.locate:locate",
    "lookup": "pipeline.cli.lookup:lookup",
    "bundle": "pipeline.cli.bundle:bundle",
    "verify": "pipeline.cli.verify:verify",
    "detect": "pipeline.cli.detect:detect",
    "check": "pipeline.cli.check:check",
    "simulate": "pipeline.cli.simulate:simulate",
    "doctor": "pipeline.cli.doctor:doctor",
}

# Read by NumPy when it is imported. Our matrices are small: OpenBLAS's threads would spend a third of the processors
# waiting for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


class LazyGroup(click.Group):
    """Imports a command when it is called, so that ``--help`` needs neither OpenCV nor GDAL."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


SUMMARIES = {
    "run": "One sortie, from its folder to candidates for review.",
    "batch": "A folder of sorties: skips what is done, isolates what fails.",
    "inspect": "What is in a sortie folder and how it was read. Changes nothing.",
    "locate": "Where a pixel lies, and how sure that is.",
    "lookup": "Which flights, frames and candidates saw a place then.",
    "bundle": "The evidence of one candidate, in one folder or zip.",
    "verify": "Whether a bundle or the custody log is as it was written.",
    "detect": "Movement or change on bare images.",
    "check": "Validate a configuration or agreement; draw its line and zones.",
    "simulate": "Render flights with known truth.",
    "doctor": "Look at the machine: libraries, grids, disk, decoders.",
}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trucewatch")
def trucewatch() -> None:
    """Find candidate ceasefire violations in drone frames, for people to judge.

    The software proposes; people decide.
    """


def entry() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = trucewatch.main(args=arguments, prog_name="trucewatch", standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return WRONG_USE
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; there is nobody to tell
        return DONE
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  the last word is always one that people understand
        text, code = _last_words(error)
        click.echo(text, err=True)
        if "--json" in arguments:
            said = {"schema": "trucewatch-error/1", "error": text.removeprefix("error: "), "exit_code": code}
            click.echo(json.dumps(said, indent=1))
        return code


def _last_words(error: BaseException) -> tuple[str, int]:
    """What to tell people about an error, and the exit code."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return "interrupted; run the same command again to go on", INTERRUPTED
    if isinstance(error, ConfigError):
        return f"error: {error}", WRONG_USE
    if isinstance(error, TrucewatchError):
        return f"error: {error}", SOME_FAILED
    if isinstance(error, OSError):
        return f"error: {_os_error(error)}", SOME_FAILED
    trace = "".join(traceback.format_exception(error))
    return (
        f"{trace}error: {type(error).__name__}: {error}; a defect of trucewatch: please report the above",
        SOME_FAILED,
    )


def _os_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{where}no space left on the disk; free some and run the same command again"
    if error.errno == errno.EFBIG:
        return f"{where}the file may not grow this large here; raise the limit (ulimit -f)"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}{error.strerror}; may this user read and write there?"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"{where}{error.strerror}; is the path right, and can it be made there?"
    return f"{where}{error.strerror or error}"


if __name__ == "__main__":
    entry()
