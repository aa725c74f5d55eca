"""Stills without a time, and a flight log that counted them."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.records.contents import Still, StillTags
from pipeline.records.samples import CaptureSamples, TimeBase
from pipeline.records.sortie import Band
from pipeline.stages.ingest import Ingest, NothingPlacedError
from tests.stages.test_clock_check import CAMERA, SIZE
from tests.stages.test_video_clock import FOLDER, SECOND, T0, contents, samples


def still(number):
    name = f"IMG_{number:04d}"
    return Still(
        FOLDER / f"{name}.jpg", f"{name}.jpg", name, SIZE, f"{number:064d}", Band.VISIBLE, "cam", StillTags(), CAMERA
    )


def log(count, *, fed_back=True):
    captures = CaptureSamples(T0 + (3 + 2 * np.arange(count)) * SECOND, np.arange(count), fed_back)
    return replace(samples("a.ulg", base=TimeBase.UTC, t0=T0), captures=captures)


def sortie(stills, *logs):
    return replace(contents([], logs), stills=tuple(still(number) for number in range(stills)))


def test_stills_and_captures_pair_by_order():
    frames = Ingest()(sortie(5, log(5))).frames

    assert [(f.ref.t_utc_ns - T0) // SECOND for f in frames] == [3, 5, 7, 9, 11]
    assert [f.ref.frame_id for f in frames] == [f"IMG_{n:04d}" for n in range(5)]
    assert all("time_from_capture" in f.notes for f in frames)
    assert frames[0].ref.t_sigma_s < Ingest()(sortie(5, log(5, fed_back=False))).frames[0].ref.t_sigma_s


@pytest.mark.parametrize("logs", [(log(4),), (log(6),), (log(5), log(5)), ()])
def test_other_numbers_pair_nothing(logs):
    with pytest.raises(NothingPlacedError, match="no_time"):
        Ingest()(sortie(5, *logs))
