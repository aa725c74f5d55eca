"""What bears out a mover, and how long it must be seen where much comes to nothing."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.movement import MovementSettings
from detectors.movement.blobs import Blob
from detectors.movement.cadence import Cadence
from detectors.movement.compare import Comparison
from detectors.movement.declare import moves
from detectors.movement.evidence import ONE, Evidence, Pair
from detectors.movement.life import Moment, Sight, born
from detectors.movement.overlay import Overlay
from detectors.movement.support import solid, solitude, support

SETTINGS = MovementSettings()
SIZE = (640, 360)
PIXELS = np.array([[x, y] for x in range(50, 58) for y in range(40, 46)], np.float32)
BLOB = Blob(50.0, 40.0, 8.0, 6.0, 48.0, 3.0, PIXELS)


def side(differs):
    residual = np.zeros((120, 160), np.uint8)
    residual[40:46, 50:58] = 60 if differs else 0
    plain = np.zeros_like(residual)
    none = np.empty((0, 2), np.float32)
    flat = Overlay(np.eye(3), np.zeros((8, 10, 2), np.float32), np.zeros((8, 10), bool), none, none, None, False)
    return Comparison(residual, np.full_like(plain, 255), plain, 1.0, flat)


@pytest.mark.parametrize(("differing", "expected"), [(6, 1.0), (5, 1.0), (3, 0.4), (1, 0.0)])
def test_trust_follows_the_share_of_references_that_differ(differing, expected):
    sides = [side(k < differing) for k in range(6)]
    pairs = [Pair(sides[k], sides[k + 3]) for k in range(3)]

    assert support(pairs, [BLOB], SETTINGS)[0] == pytest.approx(expected)


def test_few_references_tell_nothing():
    assert support([Pair(side(False), side(False))], [BLOB], SETTINGS)[0] == 1.0


def test_a_thing_alone_is_trusted_more_than_one_in_a_crowd():
    alone = np.zeros((120, 160), np.uint8)
    alone[40:46, 50:58] = 2 * ONE
    crowd = alone.copy()
    crowd[::3, ::3] = 2 * ONE

    crumbs = np.zeros(1, np.bool_)
    assert solitude(Evidence(alone, (alone,)), [BLOB], crumbs)[0] == pytest.approx(1.0)
    assert solitude(Evidence(crowd, (crowd,)), [BLOB], crumbs)[0] < 0.2


def test_other_movers_round_about_are_no_crowd():
    others = [Blob(x, 40.0, 8.0, 6.0, 48.0, 3.0, PIXELS) for x in (30.0, 64.0, 80.0)]
    blobs = [BLOB, *others]
    score = np.zeros((120, 160), np.uint8)
    for blob in blobs:
        score[40:46, int(blob.left) : int(blob.left) + 8] = 3 * ONE
    evidence = Evidence(score, (score,))
    explained, borne_out = np.zeros(4, np.bool_), np.ones(4)

    assert solitude(evidence, blobs, solid(blobs, explained, borne_out))[0] == pytest.approx(1.0)
    assert solitude(evidence, blobs, solid(blobs, ~explained, borne_out))[0] < 0.7
    assert not solid(blobs, explained, np.zeros(4)).any()


def test_where_much_comes_to_nothing_a_mover_must_be_seen_for_longer():
    sight = Sight(BLOB, np.ones(144, np.float32) / 12, False, 1.0)
    life = born(1, 0, sight, 60.0)
    for k in range(1, 10):
        life.moments.append(Moment(k, life.state[:2], life.size, sight, 1.0, np.array([4.0, 0.0]), 0.0))
    life.net, life.path_px = np.array([36.0, 0.0]), 36.0

    assert moves(life, 0.1, 0.0, SETTINGS, SIZE)
    assert not moves(life, 0.1, 20.0, SETTINGS, SIZE)
    assert moves(life, 0.1, 20.0, replace(SETTINGS, futile_tracks=1000.0), SIZE)


def test_a_pause_is_known_by_the_streams_own_interval():
    cadence = Cadence(0.6, 3.0)

    assert [cadence.afresh(t) for t in (0, 1, 2, 4, 5, 15, 16)] == [0, 0, 0, 0, 0, 1, 0]
    assert [Cadence(0.6, 3.0).afresh(t) for t in (0,)] == [0]


def test_a_pause_after_the_first_frame_is_known_from_the_third_on():
    cadence = Cadence(0.6, 3.0)

    assert [cadence.afresh(t) for t in (0, 10, 11, 12)] == [0, 0, 2, 0]
