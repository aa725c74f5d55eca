"""``trucewatch detect change``: two pictures, or two folders of pictures, without poses or configuration."""

import json
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change import PairDetector
from detectors.change.registration import together
from pipeline.cli.choices import Number
from pipeline.errors import InputError
from pipeline.records.evidence import Direction, ImageChange, Reason

CODES = {Direction.NEW: 1, Direction.VANISHED: 2, Direction.ALTERED: 3}
COLOURS = {Direction.NEW: (230, 40, 40), Direction.VANISHED: (40, 120, 255), Direction.ALTERED: (240, 200, 20)}
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}


@click.command()
@click.argument("before", type=click.Path(exists=True, path_type=Path))
@click.argument("after", type=click.Path(exists=True, path_type=Path))
@click.option("--gsd", "gsd_m", type=Number(0.002, 5), required=True, help="Metres on the ground per pixel.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results.")
@click.pass_context
def change(context: click.Context, before: Path, after: Path, gsd_m: float, out: Path) -> None:
    """Find what changed from BEFORE to AFTER: two pictures, or two folders of same-named ones.

    \b
    DIR/<stem>.png           0 unchanged, 1 new, 2 vanished, 3 altered
    DIR/<stem>.geojson       outlines in pixels, with kind, score and reasons
    DIR/overview/<stem>.jpg  both pictures with the outlines
    """  # noqa: D301  the backspace is click's mark for "as it stands"
    if before.is_dir() != after.is_dir():
        raise click.UsageError("give two pictures or two folders, not one of each")
    pairs, lonely = _pairs(before, after)
    if not pairs and not lonely:
        raise click.UsageError(f"no pictures in {before} ({', '.join(sorted(SUFFIXES))})")
    (out / "overview").mkdir(parents=True, exist_ok=True)
    failed = [f"{name}: no partner in the other folder" for name in lonely]
    detector, found = PairDetector(), 0
    for earlier, later in pairs:
        try:
            changes, note = _one(detector, earlier, later, gsd_m, out)
        except (InputError, OSError, cv2.error) as error:
            failed.append(f"{earlier.stem}: {error}")
            continue
        found += len(changes)
        click.echo(f"{earlier.stem}: {len(changes)} changes{note}")
    for line in failed:
        click.echo(f"failed: {line}", err=True)
    click.echo(f"{len(pairs)} pairs compared, {found} changes, {len(failed)} failed; see {out}")
    context.exit(1 if failed else 0)


def _pairs(before: Path, after: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pictures of one stem, in order, and the names of those without a partner."""
    if before.is_file():
        return [(before, after)], []
    sides = [_pictures(folder) for folder in (before, after)]
    both = sorted(sides[0].keys() & sides[1].keys())
    lonely = sorted(path.name for side in sides for stem, path in side.items() if stem not in both)
    return [(sides[0][stem], sides[1][stem]) for stem in both], lonely


def _pictures(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if path.stem in found:
            raise click.UsageError(f"{path.name} and {found[path.stem].name} in {folder} would share one result")
        found[path.stem] = path
    return found


def _one(detector: PairDetector, before: Path, after: Path, gsd_m: float, out: Path) -> tuple[list[ImageChange], str]:
    """Compare one pair and write its files; the changes, and a remark for people."""
    earlier, later = _read(before), _read(after)
    if earlier.shape != later.shape:
        sizes = " and ".join(f"{image.shape[1]}x{image.shape[0]}" for image in (earlier, later))
        raise InputError(f"the pictures differ in size ({sizes}); resample them to one grid first")
    pair = together(earlier, later)
    changes = detector.compare(earlier, pair.after, gsd_m, None, pair.valid)
    codes = np.zeros(earlier.shape[:2], np.uint8)
    for found in changes:
        height, width = found.mask.shape
        window = codes[found.top_px : found.top_px + height, found.left_px : found.left_px + width]
        window[found.mask] = CODES[found.direction]
    _write(out / f"{before.stem}.png", codes)
    collection = {"type": "FeatureCollection", "features": [_feature(found, gsd_m) for found in changes]}
    (out / f"{before.stem}.geojson").write_text(json.dumps(collection, indent=1), encoding="utf-8")
    _write(out / "overview" / f"{before.stem}.jpg", _overview(earlier, pair.after, changes)[..., ::-1])
    return changes, f" (registered first: moved by {pair.moved_px:.0f} px)" if pair.moved_px else ""


def _read(path: Path) -> NDArray[np.uint8]:
    image = cv2.imdecode(
        np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if image is None:
        raise InputError(f"{path}: cannot be decoded; is it a picture, and whole?")
    return np.ascontiguousarray(image[..., ::-1], np.uint8)


def _write(path: Path, image: NDArray[np.uint8]) -> None:
    done, data = cv2.imencode(path.suffix, image)
    if not done:
        raise InputError(f"{path}: cannot be encoded")
    path.write_bytes(data.tobytes())


def _feature(found: ImageChange, gsd_m: float) -> dict[str, object]:
    ring = found.outline_px.tolist()
    properties = {
        "kind": found.kind,
        "direction": found.direction,
        "area_m2": round(found.area_px * gsd_m**2, 2),
        "area_sigma_m2": round(found.area_sigma_px * gsd_m**2, 2),
        "score": round(found.score, 3),
        "reasons": [_words(reason) for reason in found.reasons],
        "against": [_words(reason) for reason in found.against],
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def _words(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, **dict(reason.parameters)}


def _overview(before: NDArray[np.uint8], after: NDArray[np.uint8], changes: list[ImageChange]) -> NDArray[np.uint8]:
    """Both pictures side by side with the outlines; long sides reduced to 1600 pixels."""
    drawn = [before.copy(), after.copy()]
    thick = max(2, max(before.shape) // 500)
    for found in changes:
        for image in drawn:
            ring = np.round(found.outline_px).astype(np.int32)
            cv2.polylines(image, [ring], isClosed=True, color=COLOURS[found.direction], thickness=thick)
    scale = min(1.0, 1600 / max(before.shape))
    small = [cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for image in drawn]
    return np.asarray(np.hstack(small), np.uint8)
