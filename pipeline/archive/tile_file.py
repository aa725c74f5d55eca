"""Ground tiles on disk: two Cloud-Optimised GeoTIFFs per view, and a sidecar that names the frames.

``KEY.v1.tif`` is RGB with alpha, for people and GIS; ``KEY.v1.source.tif`` holds which frame each pixel is from.
Lossless, and the same tile gives the same bytes.
"""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from pipeline.errors import InputError
from pipeline.records.tile import TILE_PX, Tile, TileEntry, TileKey, View

UNSEEN = -1
_COG = {"driver": "COG", "COMPRESS": "ZSTD", "LEVEL": "1", "PREDICTOR": "YES", "BLOCKSIZE": "512", "BIGTIFF": "NO"}


def write_tile(folder: Path, tile: Tile) -> TileEntry:
    """Write a tile's files below a folder that exists.

    Raises:
        OSError: The disk is full or the folder cannot be written. Half-written files may remain.
    """
    names: list[str] = []
    for number, view in enumerate(tile.views, start=1):
        picture, source = f"{tile.key.name}.v{number}.tif", f"{tile.key.name}.v{number}.source.tif"
        _write_cog(folder / picture, _with_alpha(view), tile.key)
        _write_cog(folder / source, view.source[None], tile.key)
        names += [picture, source]
    sidecar = f"{tile.key.name}.json"
    (folder / sidecar).write_text(json.dumps(_sidecar(tile), indent=1, sort_keys=True), encoding="utf-8")
    names.append(sidecar)
    seen = tile.views[0].source
    return TileEntry(
        tile.key,
        tile.sortie_id,
        tuple(names),
        contents_sha256([folder / name for name in names]),
        min(tile.frame_t_utc_ns),
        max(tile.frame_t_utc_ns),
        float((seen > UNSEEN).mean()),
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


def contents_sha256(paths: list[Path]) -> str:
    """Over the contents of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def tile_transform(key: TileKey) -> Affine:
    """From column and row (corner of the top-left pixel) to UTM metres."""
    return Affine(key.gsd_mm / 1000, 0.0, key.west_m, 0.0, -key.gsd_mm / 1000, key.north_m)


def _with_alpha(view: View) -> NDArray[np.uint8]:
    alpha = view.valid.view(np.uint8) * np.uint8(255)
    return np.stack([*cv2.split(view.image), alpha])


def _halved(bands: NDArray[np.uint8] | NDArray[np.int16]) -> NDArray[np.uint8] | NDArray[np.int16]:
    """The overview: area averages of colours, one of four of the frame numbers."""
    if bands.dtype != np.uint8:
        return bands[:, ::2, ::2]
    half = (TILE_PX // 2, TILE_PX // 2)
    return np.stack([np.asarray(cv2.resize(band, half, interpolation=cv2.INTER_AREA), np.uint8) for band in bands])


def _write_cog(path: Path, bands: NDArray[np.uint8] | NDArray[np.int16], key: TileKey) -> None:
    """Tiled GeoTIFF with one overview. The overview is ours: GDAL's takes longer than all the rest."""
    coloured = bands.dtype == np.uint8
    profile = {
        "driver": "GTiff",
        "tiled": True,
        "width": TILE_PX,
        "height": TILE_PX,
        "count": len(bands),
        "dtype": bands.dtype.name,
        "crs": f"EPSG:{key.epsg}",
        "transform": tile_transform(key),
        "nodata": None if coloured else UNSEEN,
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as plain:
            plain.write(bands)
            if coloured:
                plain.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
            plain.build_overviews([2], Resampling.nearest)
        with rasterio.open(memory.name, "r+", driver="GTiff", OVERVIEW_LEVEL=0) as overview:
            overview.write(_halved(bands))
        # through memory: where the disk is full, GDAL says "seek error", the operating system says what is wrong
        with memory.open() as plain, MemoryFile() as packed:
            rasterio.shutil.copy(plain, packed.name, **_COG)
            path.write_bytes(packed.read())


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
