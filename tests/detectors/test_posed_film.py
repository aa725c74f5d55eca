"""Poses and terrain in the detector: what they let it see among roofs, and that they make nothing up."""

from functools import cache

import numpy as np
import pytest
from posed_scene import Box, Film, camera, of_plane, view

from detectors.movement import MotionDetector

RATE_HZ, PICTURES = 5, 30
PLACES = np.random.default_rng(4)
ROOFS = [
    Box(
        (x + PLACES.uniform(-5, 5), y + PLACES.uniform(-5, 5)),
        (PLACES.uniform(5, 10), PLACES.uniform(5, 10)),
        PLACES.uniform(4, 14),
        int(PLACES.choice([70, 100, 150, 190])),
    )
    for x in range(-50, 60, 22)
    for y in range(-30, 60, 22)
]
CARS = (  # they come toward the camera's way: without poses they might be tall things that stand
    *(
        Box(place, (4.5, 2.0), 1.2, level, velocity)
        for place, level, velocity in (((16, -12), 200, (-4, 0)), ((20, 12), 60, (-6, 0)), ((8, 30), 220, (-5, 0)))
    ),
)


@cache
def shown(movers, posed):
    """Share of the movers' places that tracks cover, and how many tracks are on none of them."""
    film, session, places = Film([*ROOFS, *movers]), MotionDetector().session(), []
    for k in range(PICTURES):
        t_s = k / RATE_HZ
        eye, rotation = camera((4 * t_s - 12, -35 + 0.1 * np.sin(k), 60), np.sin(k / 5), 60 + 0.5 * np.cos(k / 3))
        image = film.picture(eye, rotation, t_s, k)
        session.push(round(t_s * 1e9), image, view(eye, rotation) if posed else None)
        seen = [of_plane(eye, rotation, m.height) @ [*m.at(t_s), 1.0] for m in movers]
        places.append([p[:2] / p[2] for p in seen])
    tracks = session.finish()
    found = [[b[:2] + b[2:] / 2 for t in tracks for f, b in zip(t.frames, t.boxes_px, strict=True) if f == k]
             for k in range(PICTURES)]  # fmt: skip
    inside = [(k, p) for k, row in enumerate(places) for p in row if 8 < p[0] < 632 and 8 < p[1] < 352]
    hits = [any(np.hypot(*(d - p)) < 20 for d in found[k]) for k, p in inside]
    astray = [t for t in tracks if not any(np.hypot(*(t.boxes_px[0][:2] + t.boxes_px[0][2:] / 2 - p)) < 40
                                           for p in places[t.frames[0]])]  # fmt: skip
    return np.mean(hits) if hits else 0.0, len(astray)


@pytest.mark.parametrize("movers", [(), CARS], ids=["still", "cars"])
def test_roofs_do_not_move(movers):
    assert shown(movers, posed=True)[1] == 0


def test_poses_and_terrain_tell_movers_from_parallax():
    with_poses, without = shown(CARS, posed=True)[0], shown(CARS, posed=False)[0]

    assert with_poses > 0.6
    assert with_poses > without + 0.2
