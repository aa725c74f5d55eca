"""Frames of a real flight with the poses that they have: from a run of the pipeline, or from a truth's folder."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame
from pipeline.simulator.scene.lens import COEFFICIENTS, Lens
from pipeline.simulator.truth.reader import Truth

REGISTERED = "image_match"
_STILLS = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True, eq=False)
class PosedPicture:
    """A frame, its camera and its place.

    Attributes:
        frame_id: As the pipeline's ingest calls it.
        path: File that holds it.
        index: Ordinal of the frame in its video; 0 for a still.
        video: Whether the file is a video.
        t_utc_ns, t_sigma_s: When it was taken, and how well that is known.
        lens: Its camera.
        eye_m: ``(3,)`` site metres, ellipsoidal height.
        rotation: ``(3, 3)`` camera to site.
        method: How its pose came about; ``truth``, or a word of `pipeline.records.frame.GeorefMethod`.
        thermal: Whether it shows warmth, not light.
    """

    frame_id: str
    path: Path
    index: int
    video: bool
    t_utc_ns: int
    t_sigma_s: float
    lens: Lens
    eye_m: Float
    rotation: Float
    method: str
    thermal: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PosedFlight:
    """All posed frames of one flight, in order of time.

    Attributes:
        name: Of the flight.
        site: Frame of their metres.
        pictures: Its frames.
    """

    name: str
    site: SiteFrame
    pictures: tuple[PosedPicture, ...]


def posed_of_frames(name: str, site: SiteFrame, frames: tuple[GroundFrame, ...]) -> PosedFlight:
    """Frames on the ground, as the pipeline's register stage gives them."""
    pictures = (
        PosedPicture(
            frame.ref.frame_id,
            frame.ref.path,
            frame.ref.index,
            frame.ref.kind.value == "video",
            frame.ref.t_utc_ns,
            frame.ref.t_sigma_s,
            _lens(frame.camera.size_px, frame.camera.K, np.array(frame.camera.distortion.coefficients)),
            frame.pose.eye_m,
            frame.pose.rotation,
            frame.pose.method.value,
            frame.ref.band.value == "thermal",
        )
        for frame in frames
    )
    return PosedFlight(name, site, _in_time(pictures))


def read_poses(folder: Path, source: Path, sortie_id: str | None = None) -> PosedFlight:
    """Poses of the frames of `source`.

    Args:
        folder: OUT folder of ``trucewatch run`` (the published frames state no rotation and no lens, so the register
            stage's kept work is read), or a truth's folder with ``poses.parquet``.
        source: Folder of the flight; frames are looked for there by name, wherever they lay when they were placed.
        sortie_id: Which sortie of OUT; may be None where there is only one.

    Raises:
        InputError: No poses, of several flights, or of frames that are not in `source`.
    """
    if (folder / "poses.parquet").is_file():
        flight = _from_truth(folder, source)
    elif (folder / "work").is_dir():
        flight = _from_run(folder, sortie_id)
    else:
        raise InputError(
            f"{folder}: holds neither work/ of a run nor poses.parquet; give the OUT folder of "
            "'trucewatch run' on this flight, or a truth's folder"
        )
    return _within(flight, folder, source)


def _from_run(out: Path, sortie_id: str | None) -> PosedFlight:
    known = sorted(path.name for path in (out / "work").iterdir() if (path / "ingest" / "site.parquet").is_file())
    if sortie_id is None and len(known) == 1:
        sortie_id = known[0]
    if sortie_id not in known:
        held = ", ".join(known) or "none that was finished"
        raise InputError(f"{out}: name one of its sorties ({held}): none of them is called after the flight's folder")
    work = out / "work" / sortie_id
    stage = next(
        (work / name for name in ("register", "georeference") if (work / name / "manifest.json").is_file()), None
    )
    if stage is None:
        raise InputError(f"{work}: no stage placed its frames; run 'trucewatch run' on the flight again")
    site = SiteFrame(**_rows(work / "ingest" / "site.parquet")[0])
    return PosedFlight(sortie_id, site, _in_time(_picture(row) for row in _rows(stage / "frames.parquet")))


def _picture(row: dict[str, Any]) -> PosedPicture:
    ref, camera, pose = row["ref"], row["camera"], row["pose"]
    return PosedPicture(
        ref["frame_id"],
        Path(ref["path"].decode()),
        ref["index"],
        ref["kind"] == "video",
        ref["t_utc_ns"],
        ref["t_sigma_s"],
        _lens((camera["size_px"][0], camera["size_px"][1]), _array(camera["K"]), _array(camera["distortion"])),
        _array(pose["eye_m"]),
        _array(pose["rotation"]),
        pose["method"],
        ref["band"] == "thermal",
    )


def _lens(size_px: tuple[int, int], K: Float, coefficients: Float) -> Lens:
    """The lens that has as many coefficients."""
    return Lens("fisheye" if len(coefficients) == COEFFICIENTS["fisheye"] else "brown", size_px, K, coefficients)


def _from_truth(folder: Path, source: Path) -> PosedFlight:
    truth = Truth(folder.parent)
    pictures = []
    for row in truth.poses(folder.name):
        if row.turned_180:
            raise InputError(
                f"{folder}: pixels of {row.frame_id} are turned against its true pose; "
                "give the OUT folder of 'trucewatch run' on this flight instead"
            )
        stem, _, ordinal = row.frame_id.partition("#")
        lens = Lens("fisheye" if row.lens == "fisheye" else "brown", (row.width_px, row.height_px), row.K,
                    np.array(row.distortion))  # fmt: skip
        pose = (row.eye_m, row.camera_to_site)
        pictures.append(
            PosedPicture(row.frame_id, source / stem, int(ordinal or 0), bool(ordinal), row.t_utc_ns, 0.0, lens,
                         *pose, "truth", row.thermal)
        )  # fmt: skip
    return PosedFlight(folder.name, truth.site, _in_time(pictures))


def _within(flight: PosedFlight, folder: Path, source: Path) -> PosedFlight:
    """Frames by the place of their files under `source`; those that do not lie there are not this flight's."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    by_name = {path.name: path for path in files}
    by_stem: dict[str, Path] = {}
    for path in files:
        if path.suffix.lower() in _STILLS | {".mp4", ".mov", ".ts"}:
            by_stem.setdefault(path.stem, path)
    found = []
    for picture in flight.pictures:
        file = by_name.get(picture.path.name) or by_stem.get(picture.path.stem)
        if file is not None:
            found.append(replace(picture, path=file))
    if not found:
        raise InputError(
            f"{folder}: places {len(flight.pictures)} frames, such as {flight.pictures[0].path.name}, and none of "
            f"them lies in {source}; is it the run of another flight?"
            if flight.pictures
            else f"{folder}: places not one frame; run 'trucewatch run' on the flight and look at what was dropped"
        )
    return PosedFlight(flight.name, flight.site, tuple(found))


def _in_time(pictures: Iterable[PosedPicture]) -> tuple[PosedPicture, ...]:
    return tuple(sorted(pictures, key=lambda p: (p.t_utc_ns, p.frame_id)))


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read ({error}); run 'trucewatch run' on the flight again") from error
    return rows


def _array(row: dict[str, Any]) -> Float:
    """An array as the pipeline's work folder keeps it."""
    values = np.frombuffer(row["data"], np.dtype(row["dtype"]))
    if math.prod(row["shape"]) != len(values):
        raise InputError("a kept array has another size than it states; run 'trucewatch run' on the flight again")
    return np.asarray(values.reshape(row["shape"]).copy(), np.float64)
