"""Blocks of an inverse against the whole of it."""

import numpy as np
import pytest
from scipy import sparse

import pipeline.geometry.selected_inverse as selected
from pipeline.geometry.normal_equations import NormalEquations
from pipeline.geometry.selected_inverse import inverse_blocks

UNITS = np.array([1.0, 1.0, 2.0, 300.0, 300.0, 200.0, 4000.0])
"""Metres, radians and logarithms of focal lengths are known to very different numbers."""


def flight(frames, shared, seed, far=0):
    """Normal equations of frames tied to the next two and to `far` others, and to what all share."""
    drawn = np.random.default_rng(seed)
    system = NormalEquations(frames, shared)

    def add(unknowns, rows):
        jacobian = drawn.normal(size=(rows, sum(map(len, unknowns))))
        for column, unknown in enumerate(np.concatenate(unknowns)):
            jacobian[:, column] *= UNITS[unknown % 7] if unknown < 7 * frames else 1.0
        system.add(unknowns, jacobian.T @ jacobian, np.zeros(jacobian.shape[1]))

    mixed = drawn.permutation(frames)
    for number in range(frames):
        add([system.of_frame(mixed[number]), system.of_shared(0, shared)], 9)
        for other in (number + 1, number + 2):
            if other < frames:
                add([system.of_frame(mixed[number]), system.of_frame(mixed[other])], 4)
    for _ in range(far):
        one, two = drawn.choice(frames, 2, replace=False)
        add([system.of_frame(one), system.of_frame(two)], 4)
    add([system.of_shared(0, shared)], shared + 2)
    return system


def pulls_of(frames, seed):
    drawn = np.random.default_rng(seed)
    found = {}
    for frame in drawn.choice(frames, frames // 3, replace=False).tolist():
        root = drawn.normal(size=(7, 7)) * UNITS[:, None]
        found[frame] = root @ root.T
    return found


@pytest.mark.parametrize(("frames", "shared", "far"), [(1, 7, 0), (2, 9, 0), (40, 9, 0), (61, 14, 3), (12, 9, 60)])
def test_blocks_are_those_of_the_whole_inverse(frames, shared, far):
    system = flight(frames, shared, 7 * frames + far, far)
    matrix = system._matrix()
    pulls = pulls_of(frames, frames)
    whole = np.linalg.inv(matrix.toarray())
    pulled = np.zeros_like(whole)
    for frame, pull in pulls.items():
        own = system.of_frame(frame)
        pulled += whole[:, own] @ pull @ whole[own]

    blocks, added = inverse_blocks(matrix, frames, pulls)

    for frame in range(frames):
        own = np.ix_(system.of_frame(frame), system.of_frame(frame))
        size = np.sqrt(np.diag(whole[own]))
        assert blocks[frame] == pytest.approx(whole[own], abs=1e-9 * np.outer(size, size).max(), rel=1e-7)
        grown = np.sqrt(np.outer(np.diag(pulled[own]), np.diag(pulled[own])))
        assert np.all(np.abs(added[frame] - pulled[own]) <= 1e-6 * grown + 1e-30)


def test_column_by_column_says_the_same(monkeypatch):
    """What is done when frames are tied to far ones."""
    system, pulls = flight(50, 9, 3, far=5), pulls_of(50, 1)
    factor = system.factor()
    by_blocks = system.covariances(factor, pulls)
    monkeypatch.setattr(selected, "_LARGEST_GROUP", 0)

    by_columns = system.covariances(factor, pulls)

    for ours, theirs in zip(by_blocks, by_columns, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-12 * np.abs(theirs).max())


def test_frames_that_nothing_ties_are_inverted_one_by_one():
    diagonal = sparse.diags(np.arange(1.0, 7 * 30 + 9)).tocsr()
    blocks, added = inverse_blocks(diagonal, 30, {})

    assert blocks == pytest.approx(np.array([np.diag(1 / np.arange(7 * k + 1.0, 7 * k + 8)) for k in range(30)]))
    assert not added.any()
