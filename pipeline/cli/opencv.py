"""Which build of OpenCV is installed, whether it loads, and how to mend it.

``opencv-python`` needs libGL and libxcb, which servers lack; ``opencv-python-headless`` does not. Both at once share
one folder and break each other. Run as a module, this file puts the right build in place; it never imports cv2
itself, because a failed import can't be undone within a process.
"""

import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

BUILDS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


@dataclass(frozen=True, slots=True)
class OpencvState:
    """What is installed.

    Attributes:
        installed: Name and version of each build.
        error: Last line of what importing cv2 printed, empty when it loads.
    """

    installed: tuple[tuple[str, str], ...]
    error: str

    @property
    def advice(self) -> str:
        """What is wrong and what to do; empty when all is well."""
        names = ", ".join(name for name, _ in self.installed)
        if len(self.installed) > 1:
            return (
                f"{names} are installed at once and overwrite each other's files; "
                "remove all of them and install one: python -m pipeline.cli.opencv"
            )
        if not self.installed:
            return "OpenCV is not installed; run: pip install opencv-python-headless"
        if self.error and "headless" not in names:
            return (
                f"{names} does not load ({self.error}); servers lack its display libraries. "
                "Put the headless build in its place: python -m pipeline.cli.opencv"
            )
        if self.error:
            return f"{names} does not load ({self.error}); reinstall it: pip install --force-reinstall {names}"
        return ""


def state() -> OpencvState:
    """Look at the installed builds and try an import in a process of its own."""
    installed = []
    for name in BUILDS:
        try:
            installed.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    probe = subprocess.run(
        [sys.executable, "-c", "import cv2; cv2.SIFT_create()"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    lines = probe.stderr.strip().splitlines()
    return OpencvState(tuple(installed), (lines[-1] if lines else "no message") if probe.returncode else "")


def repairs(found: OpencvState) -> list[list[str]]:
    """Arguments for pip, in order, that mend what is wrong; empty when nothing is."""
    if not found.advice:
        return []
    version = found.installed[0][1] if found.installed else None
    target = "opencv-python-headless" + (f"=={version}" if version else "")
    commands = [["uninstall", "--yes", *(name for name, _ in found.installed)]] if found.installed else []
    return [*commands, ["install", target]]


def mend() -> int:
    """Put the build in place that loads here; the exit code of the process."""
    found = state()
    for arguments in repairs(found):
        sys.stderr.write(f"OpenCV: {found.advice}\n")
        done = subprocess.run(  # noqa: S603  the interpreter that runs this
            [sys.executable, "-m", "pip", "--quiet", *arguments], check=False
        )
        if done.returncode:
            return done.returncode
    left = state().advice
    if left:
        sys.stderr.write(f"OpenCV: {left}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(mend())
