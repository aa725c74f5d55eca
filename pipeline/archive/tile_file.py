"""Ground tiles on disk: two Cloud-Optimised GeoTIFFs per view, and a sidecar that names the frames.

``KEY.v1.tif`` is RGB with alpha, for people and GIS; ``KEY.v1.source.tif`` holds which frame each pixel is from.
Lossless, and the same tile gives the same bytes.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from pipeline.archive.cog import Georeference, cog_bytes
from pipeline.errors import InputError
from pipeline.records.tile import TILE_PX, Tile, TileEntry, TileKey, View

UNSEEN = -1


def write_tile(folder: Path, tile: Tile) -> TileEntry:
    """Write a tile's files below a folder that exists.

    Raises:
        OSError: The disk is full or the folder cannot be written. Half-written files may remain.
    """
    place = Georeference(tile.key.epsg, tile.key.west_m, tile.key.north_m, tile.key.gsd_mm / 1000)
    digest = hashlib.sha256()
    names: list[str] = []

    def write(name: str, contents: bytes) -> None:
        (folder / name).write_bytes(contents)
        digest.update(hashlib.sha256(contents).digest())
        names.append(name)

    alphas = [np.asarray(cv2.inRange(view.source, (0,), (np.iinfo(np.int16).max,)), np.uint8) for view in tile.views]
    for number, (view, alpha) in enumerate(zip(tile.views, alphas, strict=True), start=1):
        write(f"{tile.key.name}.v{number}.tif", cog_bytes(_picture_levels(view, alpha), place))
        write(f"{tile.key.name}.v{number}.source.tif", cog_bytes(_source_levels(view), place, UNSEEN))
    write(f"{tile.key.name}.json", json.dumps(_sidecar(tile), indent=1, sort_keys=True).encode())
    return TileEntry(
        tile.key,
        tile.sortie_id,
        tuple(names),
        digest.hexdigest(),
        min(tile.frame_t_utc_ns),
        max(tile.frame_t_utc_ns),
        cv2.countNonZero(alphas[0]) / TILE_PX**2,
        tile.ce95_m,
    )


def read_tile(folder: Path, entry: TileEntry) -> Tile:
    """Read a tile back.

    Args:
        folder: What the entry's file names are relative to.
        entry: From `write_tile` or the index.

    Raises:
        InputError: A file is missing or damaged.
    """
    sidecar = folder / entry.files[-1]
    try:
        facts = json.loads(sidecar.read_text(encoding="utf-8"))
        frames = facts["frames"]
        views = tuple(
            View(_read_bands(folder / picture, 3).transpose(1, 2, 0), _read_bands(folder / source, 1)[0])
            for picture, source in zip(entry.files[0:-1:2], entry.files[1:-1:2], strict=True)
        )
        return Tile(
            entry.key,
            entry.sortie_id,
            views,
            tuple(str(frame["id"]) for frame in frames),
            tuple(int(frame["t_utc_ns"]) for frame in frames),
            np.array([frame["eye_m"] for frame in frames], np.float64).reshape(-1, 3),
            float(facts["ce95_m"]),
        )
    except (OSError, RasterioError, KeyError, ValueError) as error:
        raise InputError(
            f"tile {entry.key.name} of sortie {entry.sortie_id} cannot be read ({error}); was the archive copied "
            "whole? run that sortie again with --force"
        ) from error


def read_frame_times(folder: Path, entry: TileEntry) -> tuple[int, ...]:
    """Exposure times (UTC nanoseconds) of the frames that a tile's pixels are from.

    Raises:
        InputError: The sidecar is missing or damaged.
    """
    try:
        facts = json.loads((folder / entry.files[-1]).read_text(encoding="utf-8"))
        return tuple(int(frame["t_utc_ns"]) for frame in facts["frames"])
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"tile {entry.key.name} of sortie {entry.sortie_id} cannot be read ({error}); run that sortie again with "
            "--force"
        ) from error


def read_picture(folder: Path, entry: TileEntry) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Only the best view: ``(1024, 1024, 3)`` RGB and ``(1024, 1024)`` alpha, 255 where the ground was seen.

    Raises:
        InputError: The file is missing or damaged.
    """
    try:
        bands = _read_bands(folder / entry.files[0], 4)
    except (OSError, RasterioError) as error:
        raise InputError(
            f"tile {entry.key.name} of sortie {entry.sortie_id} cannot be read ({error}); was the archive copied whole?"
        ) from error
    return np.ascontiguousarray(bands[:3].transpose(1, 2, 0)), bands[3]


def tile_transform(key: TileKey) -> Affine:
    """From column and row (corner of the top-left pixel) to UTM metres."""
    return Affine(key.gsd_mm / 1000, 0.0, key.west_m, 0.0, -key.gsd_mm / 1000, key.north_m)


def _picture_levels(view: View, alpha: NDArray[np.uint8]) -> list[Sequence[NDArray[np.uint8]]]:
    """Red, green, blue and alpha of the picture and of its overview, which is area averages."""
    half = (TILE_PX // 2, TILE_PX // 2)
    smaller = (np.asarray(cv2.resize(one, half, interpolation=cv2.INTER_AREA), np.uint8) for one in (view.image, alpha))
    return [_planes(view.image, alpha), _planes(*smaller)]


def _planes(image: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [*(np.asarray(plane, np.uint8) for plane in cv2.split(image)), alpha]


def _source_levels(view: View) -> list[Sequence[NDArray[np.int16]]]:
    """Frame numbers, and one of four of them."""
    return [[view.source], [view.source[::2, ::2]]]


def _read_bands(path: Path, count: int) -> NDArray[np.uint8]:
    with rasterio.open(path, driver="GTiff") as source:
        return np.asarray(source.read(list(range(1, count + 1))))


def _sidecar(tile: Tile) -> dict[str, object]:
    frames = zip(tile.frame_ids, tile.frame_t_utc_ns, tile.frame_eye_m.tolist(), strict=True)
    return {
        "sortie_id": tile.sortie_id,
        "ce95_m": tile.ce95_m,
        "frames": [{"id": name, "t_utc_ns": t, "eye_m": eye} for name, t, eye in frames],
    }
