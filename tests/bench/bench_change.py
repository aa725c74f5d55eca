"""Change detection against plain baselines, on drone pairs: ``python tests/bench/bench_change.py [FOLDER]``.

Objects found and false alarms are counted as the scorer of the data does: found at IoU 0.1 or over the centroid; a
region that is less than 30 % change is a false alarm. Cast shadow of an object is ignored.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.change import PairDetector

GSD_M = 0.05
Image = NDArray[np.uint8]
Method = Callable[[Image, Image], NDArray[np.bool_]]


def ours(before: Image, after: Image) -> NDArray[np.bool_]:
    mask = np.zeros(before.shape[:2], np.bool_)
    for change in PairDetector().compare(before, after, GSD_M):
        height, width = change.mask.shape
        mask[change.top_px : change.top_px + height, change.left_px : change.left_px + width] |= change.mask
    return mask


def absolute_difference(before: Image, after: Image) -> NDArray[np.bool_]:
    return cleaned(cv2.GaussianBlur(cv2.absdiff(before, after).max(axis=2), (0, 0), 1.0))


def change_vector(before: Image, after: Image) -> NDArray[np.bool_]:
    """Length of the vector in Lab, each channel brought to one mean and spread."""
    lab = [cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (before, after)]
    even = [(image - image.mean(axis=(0, 1))) / (image.std(axis=(0, 1)) + 1e-3) for image in lab]
    length = np.linalg.norm(even[1] - even[0], axis=2)
    return cleaned(np.clip(length * 40, 0, 255).astype(np.uint8))


def dissimilar(before: Image, after: Image) -> NDArray[np.bool_]:
    """One minus SSIM."""
    x, y = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (before, after))

    def smooth(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return cv2.GaussianBlur(image, (0, 0), 2.5)

    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    both = smooth(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + 6.5) * (2 * both + 58.5)
    value = top / ((mean_x**2 + mean_y**2 + 6.5) * (var_x + var_y + 58.5))
    return cleaned(np.clip((1 - value) * 127, 0, 255).astype(np.uint8))


def cleaned(strength: Image) -> NDArray[np.bool_]:
    """Otsu's threshold, opening, and no region under 320 pixels (0.8 m² at 5 cm)."""
    _, mask = cv2.threshold(strength, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= 320
    keep[0] = False
    return keep[labels]


METHODS: dict[str, Method] = {
    "absolute difference": absolute_difference,
    "change vector (Lab)": change_vector,
    "SSIM": dissimilar,
    "trucewatch": ours,
}


def shifted(image: Image, pixels: int) -> Image:
    return np.roll(image, (pixels, pixels), axis=(0, 1))


def toned(image: Image, table: NDArray[np.float64]) -> Image:
    return cv2.LUT(image, np.clip(np.round(table), 0, 255).astype(np.uint8))


def harmless(image: Image) -> dict[str, Image]:
    """The same ground as light, lens and season make it look. Nothing in it has changed."""
    levels = np.arange(256.0)
    shade = np.ones(image.shape[:2], np.float32)
    side = image.shape[0]
    for x, y, long, wide, turn in ((0.2, 0.3, 60, 20, 30), (0.6, 0.2, 40, 40, 0), (0.7, 0.7, 90, 30, 110)):
        centre = (int(x * side), int(y * side))
        cv2.ellipse(shade, centre, (long, wide), turn, 0, 360, 0.5, cv2.FILLED)
    shade = cv2.GaussianBlur(shade, (0, 0), 2.0)
    return {
        "shift 1 px": shifted(image, 1),
        "shift 2 px": shifted(image, 2),
        "shift 3 px": shifted(image, 3),
        "gain 0.7": toned(image, levels * 0.7),
        "gamma 1.5": toned(image, 255 * (levels / 255) ** 1.5),
        "blur 1.5 px": cv2.GaussianBlur(image, (0, 0), 1.5),
        "season tint": np.clip(image * np.array([1.12, 1.0, 0.8]) + [8, 4, 0], 0, 255).astype(np.uint8),
        "moved shadow": (image * shade[..., None]).astype(np.uint8),
    }


def tally(found: NDArray[np.bool_], label: Image) -> tuple[int, int, int, NDArray[np.int64]]:
    """Objects, objects found, false alarms, and pixels (both, found only, true only)."""
    truth, ignore = label > 200, label == 128
    count, objects, size, middle = cv2.connectedComponentsWithStats(truth.astype(np.uint8), connectivity=8)
    blobs_n, blobs, blob_size, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    covered = np.bincount(blobs[truth | ignore], minlength=blobs_n) / np.maximum(blob_size[:, cv2.CC_STAT_AREA], 1)
    useful = (covered >= 0.3) & (np.bincount(blobs[truth], minlength=blobs_n) > 0)
    real = hits = 0
    for index in range(1, count):
        area = size[index, cv2.CC_STAT_AREA]
        if area < 20:
            continue
        real += 1
        shared = np.bincount(blobs[objects == index], minlength=blobs_n)
        shared[0] = 0
        iou = shared / np.maximum(area + blob_size[:, cv2.CC_STAT_AREA] - shared, 1)
        column, row = np.round(middle[index]).astype(int)
        over = blobs[row, column]
        hits += bool((iou >= 0.1).any() or over > 0)
        useful |= iou >= 0.1
        useful[over] |= over > 0
    seen = found & ~ignore
    pixels = np.array([(seen & truth).sum(), (seen & ~truth).sum(), (truth & ~seen).sum()])
    return real, hits, int((~useful[1:]).sum()), pixels


def score(method: Method, folder: Path) -> tuple[float, float, float, float]:
    """Object recall, false alarms per megapixel, pixel F1, milliseconds per megapixel."""
    real = hits = false = area = 0
    pixels, seconds = np.zeros(3), 0.0
    for path in sorted((folder / "A").iterdir()):
        before, after = (read(folder / side / path.name) for side in "AB")
        truth = folder / "label" / f"{path.stem}.png"
        label = cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE) if truth.exists() else np.zeros(before.shape[:2], np.uint8)
        began = time.process_time()
        found = method(before, after)
        seconds += time.process_time() - began
        some, got, wrong, counted = tally(found, np.asarray(label, np.uint8))
        real, hits, false, area = real + some, hits + got, false + wrong, area + label.size
        pixels += counted
    mega = area / 1e6
    f1 = 2 * pixels[0] / max(2 * pixels[0] + pixels[1] + pixels[2], 1)
    return hits / max(real, 1), false / mega, float(f1), seconds * 1000 / mega


def read(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        raise SystemExit(f"cannot read {path}")
    return np.ascontiguousarray(image[..., ::-1])


def main() -> None:
    default = os.environ.get("TRUCEWATCH_REAL_DATA", str(Path(__file__).parents[3] / "shared" / "data"))
    data = Path(sys.argv[1] if len(sys.argv) > 1 else default) / "change"
    if not data.is_dir():
        raise SystemExit(f"no pairs in {data}; set TRUCEWATCH_REAL_DATA")
    cv2.setNumThreads(1)
    print(f"{'method':22}{'recall':>8}{'FA/Mpx':>8}{'F1':>7}{'FA/Mpx unchanged':>18}{'ms/Mpx':>8}")
    for name, method in METHODS.items():
        recall, false, f1, cost = score(method, data / "drone_semi")
        _, quiet, _, _ = score(method, data / "drone_overlap")
        print(f"{name:22}{recall:8.3f}{false:8.2f}{f1:7.3f}{quiet:18.2f}{cost:8.0f}")
    print("\nfalse alarms per Mpx on a picture against itself, changed by:")
    files = sorted((data / "drone_overlap" / "A").iterdir())
    for label in harmless(read(files[0])):
        counts = []
        for method in METHODS.values():
            regions = 0
            for path in files:
                image = read(path)
                regions += cv2.connectedComponents(method(image, harmless(image)[label]).astype(np.uint8))[0] - 1
            counts.append(regions / (len(files) * image.shape[0] * image.shape[1] / 1e6))
        print(f"{label:22}" + "".join(f"{name}: {n:.2f}   " for name, n in zip(METHODS, counts, strict=True)))
    raw = [path.read_bytes() for path in files]
    began = time.process_time()
    for data_bytes in raw:
        cv2.imdecode(np.frombuffer(data_bytes, np.uint8), cv2.IMREAD_COLOR)
    print(f"\nJPEG decode: {(time.process_time() - began) * 1000 / len(raw) / 1.048576:.1f} ms/Mpx")


if __name__ == "__main__":
    main()
