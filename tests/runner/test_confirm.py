"""Pictures of movers are cut again from the frames and shown to a model."""

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from onnx_bytes import channel_classifier

from pipeline import plugins
from pipeline.cli.check import _read
from pipeline.config import parse_config
from pipeline.errors import ConfigError, InputError
from pipeline.plugins import DetectorPlugin
from pipeline.records.confirmation import ClassOdds
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import MoverKind, Track
from pipeline.runner import publication
from pipeline.runner.confirm import confirm_tracks, crop_of
from pipeline.runner.identity import load_named
from pipeline.runner.job import Job
from pipeline.runner.run import run_sortie
from pipeline.stages.confirm import ConfirmSettings
from pipeline.stages.judge import Judge

BY_COLOUR = channel_classifier(30 * np.eye(3), [0, 0, 0])
CONFIG = """
[detectors.confirmer]
weights = "colours.onnx"
labels = ["vehicle", "person", "other"]
input_px = [16, 16]
mean = [0.0]
std = [1.0]
"""


def mover(name, kind, boxes, frame_ids, detected=None):
    count = len(boxes)
    return Track(
        name,
        np.arange(count) * 10**9,
        np.zeros((count, 2)),
        np.tile(np.eye(2), (count, 1, 1)),
        np.ones(count, bool) if detected is None else np.array(detected),
        1.0,
        0.1,
        0.0,
        1.0,
        1.0,
        kind,
        0.9,
        tuple(frame_ids),
        np.array(boxes, float),
        0.05,
        (),
        (),
    )


FRAMES = {
    f"F{k}": SimpleNamespace(ref=SimpleNamespace(frame_id=f"F{k}", t_utc_ns=k * 10**9), gsd_m=0.05) for k in range(4)
}


class Pictures:
    """Frames that are green on the left and red on the right; counts what is decoded."""

    def __init__(self, broken=()):
        self.broken, self.read_ids = broken, []

    def read(self, ref):
        self.read_ids.append(ref.frame_id)
        if ref.frame_id in self.broken:
            raise InputError(f"{ref.frame_id}: broken")
        image = np.zeros((100, 200, 3), np.uint8)
        image[:, :100, 1] = image[:, 100:, 0] = 255
        return image


class Colours:
    """Sees persons in green, vehicles in red; keeps what it was shown."""

    name, version, model_sha256 = "colours", "1", "c" * 64

    def __init__(self):
        self.shown = []

    def confirm(self, crops):
        self.shown.append(crops)
        red, green, _ = np.mean([crop.image.mean(axis=(0, 1)) for crop in crops], axis=0) / 255
        return ClassOdds(red, green, 0.0, 0.0)


class Silent(Colours):
    def confirm(self, crops):
        return None


LEFT, RIGHT = [20.0, 20, 12, 8], [150.0, 40, 10, 10]


def asked(tracks, source=None, confirmer=None, **settings):
    return list(
        confirm_tracks(tracks, FRAMES, source or Pictures(), confirmer or Colours(), ConfirmSettings(**settings))
    )


def test_each_mover_is_told_by_its_own_pixels_and_each_frame_decoded_once():
    source = Pictures()
    tracks = [
        mover("T0001", MoverKind.UNKNOWN, [LEFT, LEFT], ["F0", "F1"]),
        mover("T0002", MoverKind.PERSON_SIZE, [RIGHT, RIGHT], ["F1", "F2"]),
    ]

    first, second = asked(tracks, source)

    assert first.kind is MoverKind.PERSON_SIZE
    assert [reason.code for reason in second.against] == ["model_sees_something_else"]
    assert source.read_ids == ["F0", "F1", "F2"]


def test_only_the_largest_detected_boxes_are_shown_in_order_of_time():
    confirmer = Colours()
    boxes = [[20.0, 20, side, side] for side in (20, 8, 30, 40)]
    track = mover("T0001", MoverKind.UNKNOWN, boxes, ["F0", "F1", "F2", "F3"], [True, True, True, False])

    asked([track], confirmer=confirmer, crops=2, margin_share=0.0)

    assert [crop.image.shape[0] for crop in confirmer.shown[0]] == [20, 30]


def test_a_mover_that_the_model_is_silent_about_stays_and_is_counted():
    track = mover("T0001", MoverKind.UNKNOWN, [LEFT], ["F0"])

    kept, silence = asked([track], confirmer=Silent())

    assert kept is track
    assert isinstance(silence, Dropped) and (silence.item, silence.code) == ("T0001", "not_confirmed")


def test_frames_that_cannot_be_read_or_are_not_at_hand_cost_no_track():
    lost = mover("T0001", MoverKind.UNKNOWN, [LEFT], ["F9"])
    broken = mover("T0002", MoverKind.UNKNOWN, [LEFT], ["F0"])
    half = mover("T0003", MoverKind.UNKNOWN, [LEFT, LEFT], ["F0", "F1"])

    *tracks, first, second = asked([lost, broken, half], Pictures(broken=("F0",)))

    assert [track.kind for track in tracks] == [MoverKind.UNKNOWN, MoverKind.UNKNOWN, MoverKind.PERSON_SIZE]
    assert (first.item, second.item) == ("T0001", "T0002")


def test_a_confirmer_that_breaks_its_protocol_is_named():
    class Wrong(Colours):
        def confirm(self, crops):
            return ClassOdds(7.0, 0.0, 0.0, 0.0)

    with pytest.raises(ConfigError, match=r"confirmer 'colours' 1 gave .* probabilities lie in 0…1"):
        asked([mover("T0001", MoverKind.UNKNOWN, [LEFT], ["F0"])], confirmer=Wrong())


def test_a_crop_is_square_keeps_the_box_and_states_its_own_scale():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 0:30] = 255

    crop = crop_of(image, np.array([0.0, 40, 30, 20]), 0.05, ConfirmSettings(margin_share=0.5, largest_px=30))

    assert crop.image.shape == (30, 30, 3)
    assert crop.gsd_m == pytest.approx(0.1)
    left, top, width, height = crop.box_px
    assert (left, top, width, height) == pytest.approx((7.5, 10, 15, 10))
    assert crop.image[12:18, 0:20].min() == 255, "beyond the edge the last pixel is repeated"
    assert crop.image[:8].max() == crop.image[22:].max() == 0


def test_a_configuration_names_weights_that_are_tried_before_the_night(tmp_path):
    config = tmp_path / "night.toml"
    config.write_text(CONFIG)
    settings = parse_config(CONFIG, config)

    with pytest.raises(ConfigError, match=r"colours\.onnx: cannot be read"):
        load_named(settings)
    (tmp_path / "colours.onnx").write_bytes(b"cut short")
    with pytest.raises(ConfigError, match=r"colours\.onnx: cannot be read as an ONNX model"):
        _read(config, None)
    (tmp_path / "colours.onnx").write_bytes(BY_COLOUR)
    named, _, _ = load_named(settings)
    assert named[tmp_path / "colours.onnx"] == hashlib.sha256(BY_COLOUR).hexdigest()
    assert parse_config('[detectors.confirmer]\nname = "none"\n', config).confirmer is None
    with pytest.raises(ConfigError, match="no confirmer 'yolo'; known are onnx"):
        parse_config('[detectors.confirmer]\nname = "yolo"\n', config)


def test_a_confirmer_of_another_package_is_named_by_the_configuration(monkeypatch, tmp_path):
    class Entry:
        name, value, dist = "colours", "their.package:PLUGIN", None

        @staticmethod
        def load():
            return DetectorPlugin(ConfirmSettings, lambda settings: Colours())

    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [Entry] if group == "trucewatch.track_confirmers" else []
    )
    settings = parse_config('[detectors.confirmer]\nname = "colours"\ncrops = 2\n', tmp_path / "night.toml")

    assert settings.confirmer.settings == ConfirmSettings(crops=2)
    assert settings.track_confirmer().name == "colours"


def test_a_run_asks_the_model_and_its_hash_goes_to_rows_report_and_custody(simulated, settings, tmp_path, monkeypatch):
    provenances = []

    def judge(**given):
        provenances.append(given["provenance"])
        return Judge(**given)

    monkeypatch.setattr(publication, "Judge", judge)
    (tmp_path / "colours.onnx").write_bytes(BY_COLOUR)
    sha256 = hashlib.sha256(BY_COLOUR).hexdigest()
    chosen = parse_config(CONFIG, tmp_path / "night.toml").confirmer
    out = tmp_path / "out"
    folder = simulated / "flights" / "night"

    outcome = run_sortie(Job(folder, out, replace(settings, confirmer=chosen)))

    report = json.loads((out / "runs" / f"{outcome.sortie_id}.json").read_text())
    (stage,) = (stage for stage in report["stages"] if stage["name"] == "confirm")
    assert stage["items_in"] == stage["items_out"]
    assert [(one.movement.model_sha256, one.change.model_sha256) for one in provenances] == [(sha256, None)]
    assert ("settings/colours.onnx", sha256) in {(item["path"], item["sha256"]) for item in report["inputs"]}
    assert sha256 in (out / "custody.jsonl").read_text()
