"""Fragments are joined as by the rule tried pair by pair, from the start again after every success."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.movement.blobs import MIN_FILL, REACH, Blob, join

boxes = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 25), st.integers(1, 25), st.floats(0.1, 1.0))


def blob(left, top, width, height, fill):
    pixels = np.array([[left, top]], np.float32)
    return Blob(float(left), float(top), float(width), float(height), round(fill * width * height, 1), fill, pixels)


def fits(a, b):
    width = max(a.left + a.width, b.left + b.width) - min(a.left, b.left)
    height = max(a.top + a.height, b.top + b.height) - min(a.top, b.top)
    gap = max(width - a.width - b.width, height - a.height - b.height)
    near = gap <= max(2.0, REACH * np.sqrt(min(a.width * a.height, b.width * b.height)))
    return near and a.area + b.area >= MIN_FILL * width * height


def pair_by_pair(blobs):
    """Boxes and areas, by the rule as it is told."""
    parts = sorted(blobs, key=lambda b: (-b.area, b.top, b.left))
    while True:
        pairs = ((i, j) for i in range(len(parts)) for j in range(i + 1, len(parts)) if fits(parts[i], parts[j]))
        found = next(pairs, None)
        if found is None:
            return parts
        a, b = parts[found[0]], parts[found[1]]
        left, top = min(a.left, b.left), min(a.top, b.top)
        width = max(a.left + a.width, b.left + b.width) - left
        height = max(a.top + a.height, b.top + b.height) - top
        whole = Blob(left, top, width, height, a.area + b.area, max(a.peak, b.peak), np.vstack([a.pixels, b.pixels]))
        parts[found[0]] = whole
        del parts[found[1]]


@given(st.lists(boxes, max_size=14))
def test_joining_follows_the_rule(drawn):
    blobs = [blob(*box) for box in drawn]
    joined, told = join(blobs), pair_by_pair(blobs)

    assert [(b.left, b.top, b.width, b.height, b.area, b.peak) for b in joined] == [
        (b.left, b.top, b.width, b.height, b.area, b.peak) for b in told
    ]
    assert all(np.array_equal(ours.pixels, theirs.pixels) for ours, theirs in zip(joined, told, strict=True))


def test_fragments_of_one_thing_become_one():
    assert len(join([blob(0, 0, 10, 10, 1.0), blob(11, 0, 10, 10, 1.0), blob(50, 50, 5, 5, 1.0)])) == 2
