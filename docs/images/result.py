"""Draws docs/images/result.jpg from what `make run` left: some candidates before, after and in context."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pyarrow.dataset as ds

SIDE_PX = 280
SHOWN = ("trench_new", "observation_post", "structure_damage", "LINE_CROSSING")


def tile(jpeg: bytes) -> np.ndarray:
    """A picture in the middle of a light square."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    scale = SIDE_PX / max(image.shape[:2])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    square = np.full((SIDE_PX, SIDE_PX + 6, 3), 245, np.uint8)
    top, left = (SIDE_PX - image.shape[0]) // 2, (SIDE_PX - image.shape[1]) // 2
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return square


def main() -> None:
    """Write the picture beside this file."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out/sample")
    rows = ds.dataset(out / "candidates" / "v1", partitioning="hive").to_table().to_pylist()
    chips = ds.dataset(out / "chips" / "v1", partitioning="hive").to_table().to_pylist()
    strips = []
    for kind in SHOWN:
        row = next(row for row in rows if kind in (row["event_subtype"], row["event_class"]))
        pictures = {chip["role"]: chip["jpeg"] for chip in chips if chip["candidate_id"] == row["candidate_id"]}
        strip = cv2.hconcat([tile(pictures[role]) for role in ("before", "after", "context")])
        words = f"{row['event_class']} {row['event_subtype'] or ''}   side {row['side']}   {row['confidence_word']}"
        words += f"   {row['area_m2']:.0f} m2" if row["area_m2"] else f"   {row['speed_mps']:.1f} m/s"
        bar = np.full((30, strip.shape[1], 3), 255, np.uint8)
        cv2.putText(bar, words, (4, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40), 1, cv2.LINE_AA)
        strips += [bar, strip]
    cv2.imwrite(str(Path(__file__).with_name("result.jpg")), cv2.vconcat(strips), [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main()
