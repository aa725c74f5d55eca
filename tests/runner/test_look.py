from types import SimpleNamespace

import numpy as np

from pipeline.records.sortie import Band, FrameKind
from pipeline.runner.look import look
from pipeline.stages.triage import TriageSettings


class Laid:
    """Stands in for the mosaic: keeps the names of the frames that it is given."""

    def __init__(self):
        self.names = []

    def add(self, frame, image):
        self.names.append(frame.ref.frame_id)
        return True


class Silent:
    def advance(self, stage):
        pass


def frame(name, kind=FrameKind.VIDEO):
    return SimpleNamespace(
        ref=SimpleNamespace(frame_id=name, kind=kind, band=Band.VISIBLE, sensor="s", size_px=(160, 120), t_utc_ns=0),
        ellipse_m=(1.0, 1.0, 0.0),
    )


def test_black_and_blown_out_frames_of_a_video_do_not_become_ground():
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    pictures = {"V1": noise, "V2": noise // 64, "V3": noise, "V4": noise | 252, "P5": noise // 64}
    flight = [frame(name, FrameKind.STILL if name == "P5" else FrameKind.VIDEO) for name in pictures]
    source = SimpleNamespace(read=lambda ref: pictures[ref.frame_id])
    mosaic = Laid()

    looked = look(flight, source, mosaic, None, Silent(), "look", TriageSettings())

    assert mosaic.names == ["V1", "V3", "P5"]  # stills were judged before
    assert [(item.item, item.code) for item in looked.dropped] == [("V2", "black_frame"), ("V4", "blown_out")]
