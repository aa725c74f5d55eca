"""``trucewatch doctor``: what this machine has, and what is wrong with it."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from pipeline.cli import opencv

LIBRARIES = ("click", "numpy", "rasterio", "shapely", "pyarrow", "pyproj", "scipy", "av", "cattrs", "defusedxml")
FREE_DISK_GB = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    level: str
    text: str


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), help="Where results would be written.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor(out: Path, as_json: bool) -> int:
    """Look at the machine: libraries, decoders, height grids, disk. Changes nothing.

    Ends with 1 when something would stop a night.
    """
    findings = [*_python(), *_opencv(), *_libraries(), *_gdal(), *_video(), *_models(), *_grids(), *_room(out)]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            click.echo(f"{finding.level:5} {finding.name}: {finding.text}")
    return 1 if any(finding.level == "wrong" for finding in findings) else 0


def _python() -> Iterator[Finding]:
    good = sys.version_info >= (3, 11)
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("Python", "ok" if good else "wrong", text if good else f"{text}; 3.11 or newer is needed")


def _opencv() -> Iterator[Finding]:
    found = opencv.state()
    names = ", ".join(f"{name} {version}" for name, version in found.installed) or "none"
    yield Finding("OpenCV", "wrong" if found.advice else "ok", f"{names}. {found.advice}".rstrip(". "))
    limit = os.environ.get("OPENCV_IO_MAX_IMAGE_PIXELS", "")
    yield Finding("OpenCV image size limit", "ok", f"{limit} pixels")


def _libraries() -> Iterator[Finding]:
    for name in LIBRARIES:
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "wrong", "not installed; run: pip install trucewatch")


def _gdal() -> Iterator[Finding]:
    try:
        import rasterio

        with rasterio.Env() as env:
            drivers = env.drivers()
        lacking = [name for name in ("GTiff", "COG") if name not in drivers]
    except ImportError as error:
        yield Finding("GDAL", "wrong", f"rasterio does not load: {error}")
        return
    text = f"{rasterio.__gdal_version__}, {len(drivers)} drivers"
    yield Finding("GDAL", "wrong" if lacking else "ok", text + (f"; lacks {', '.join(lacking)}" if lacking else ""))


def _video() -> Iterator[Finding]:
    try:
        import av
    except ImportError as error:
        yield Finding("video", "wrong", f"PyAV does not load: {error}")
        return
    lacking = [name for name in ("h264", "hevc", "mpeg2video", "mjpeg") if name not in av.codecs_available]
    text = f"PyAV {av.__version__}" + (
        f" lacks {', '.join(lacking)}" if lacking else " reads H.264, HEVC, MPEG-2, MJPEG"
    )
    yield Finding("video", "note" if lacking else "ok", text)


def _models() -> Iterator[Finding]:
    from importlib.util import find_spec

    import cv2

    if find_spec("onnxruntime") is not None:
        yield Finding("ONNX models", "ok", f"run by onnxruntime {metadata.version('onnxruntime')}")
    else:
        yield Finding("ONNX models", "ok", f"run by OpenCV {cv2.__version__}; onnxruntime is not installed")


def _grids() -> Iterator[Finding]:
    from pyproj import datadir

    from pipeline.geometry.datum import GEOIDS, grid_in_use

    place = datadir.get_user_data_dir()  # type: ignore[attr-defined]
    for name, (_, file) in GEOIDS.items():
        grid = grid_in_use(name)
        if grid:
            yield Finding(f"geoid {name.upper()}", "ok", grid)
        else:
            yield Finding(
                f"geoid {name.upper()}",
                "note",
                "no grid: heights above it can't be made ellipsoidal and are refused, never guessed; "
                f"put {file} into {place} (Debian: proj-data)",
            )


def _room(out: Path) -> Iterator[Finding]:
    place = out.absolute()
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    short = free_gb < FREE_DISK_GB
    yield Finding(
        "disk", "note" if short else "ok", f"{free_gb:.0f} GB free at {out}" + ("; that is little" if short else "")
    )
    if not os.access(place, os.W_OK):
        yield Finding("disk", "wrong", f"{place} can't be written to by this user")
    yield Finding("processors", "ok", f"{len(os.sched_getaffinity(0))} usable")
