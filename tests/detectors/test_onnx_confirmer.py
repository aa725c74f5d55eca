"""A classifier from an ONNX file that the user hands in; here one that judges by colour."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx_bytes import channel_classifier

from detectors.confirm import OnnxConfirmer, OnnxSettings
from pipeline.errors import ConfigError
from pipeline.plugins import track_confirmers
from pipeline.records.confirmation import SeenClass, TrackCrop

BY_COLOUR = channel_classifier(10 * np.eye(3), [0, 0, 0])
LABELS = (SeenClass.VEHICLE, SeenClass.PERSON, SeenClass.ANIMAL)
SETTINGS = OnnxSettings(Path("colours.onnx"), LABELS, (16, 16), 3, (0.0,), (1.0,))


def crop(colour, side=40):
    return TrackCrop(np.full((side, side, 3), colour, np.uint8), np.array([10.0, 10, 20, 20]), 0.05)


@pytest.mark.parametrize(
    ("colour", "seen"),
    [((255, 0, 0), SeenClass.VEHICLE), ((0, 255, 0), SeenClass.PERSON), ((0, 0, 255), SeenClass.ANIMAL)],
)
def test_the_model_sees_the_colours_of_the_crop(colour, seen):
    odds = OnnxConfirmer(SETTINGS, BY_COLOUR).confirm([crop(colour)])

    assert odds.likeliest[0] is seen
    assert odds.likeliest[1] == pytest.approx(np.exp(10) / (np.exp(10) + 2), abs=1e-4)
    assert odds.other == 0.0


def test_crops_of_any_size_count_alike_and_the_same_input_gives_the_same_answer():
    confirmer = OnnxConfirmer(SETTINGS, BY_COLOUR)
    crops = [crop((255, 0, 0), 8), crop((0, 255, 0), 300)]

    odds = confirmer.confirm(crops)

    assert odds.vehicle == pytest.approx(odds.person, abs=1e-6)
    assert confirmer.confirm(crops) == odds


def test_labels_of_one_class_are_summed():
    settings = replace(SETTINGS, labels=(SeenClass.VEHICLE, SeenClass.VEHICLE, SeenClass.OTHER))

    odds = OnnxConfirmer(settings, BY_COLOUR).confirm([crop((120, 120, 120))])

    assert (odds.vehicle, odds.other) == (pytest.approx(2 / 3, abs=1e-5), pytest.approx(1 / 3, abs=1e-5))


def test_mean_and_std_are_applied_before_the_model():
    plain = channel_classifier(np.eye(3) * 0.25, [0.5, 0.5, 0.5])
    settings = replace(SETTINGS, mean=(1.0, 0.0, 0.0), std=(0.5, 1.0, 1.0), softmax=False)

    odds = OnnxConfirmer(settings, plain).confirm([crop((255, 0, 255))])

    assert (odds.vehicle, odds.person, odds.animal) == pytest.approx((0.5, 0.5, 0.75), abs=1e-4)


def test_a_grey_model_is_given_one_channel():
    light_is_person = channel_classifier([[20.0, -20.0]], [-10.0, 10.0])
    settings = replace(SETTINGS, labels=(SeenClass.PERSON, SeenClass.OTHER), channels=1)

    odds = OnnxConfirmer(settings, light_is_person).confirm([crop((250, 250, 250))])

    assert odds.likeliest[0] is SeenClass.PERSON


def test_a_model_whose_answer_is_no_number_abstains():
    burst = channel_classifier(3e38 * np.eye(3), [0, 0, 0])
    grey = channel_classifier(np.eye(3), [0, 0, 0])
    confirmer = OnnxConfirmer(replace(SETTINGS, softmax=False), grey)

    assert confirmer.confirm([TrackCrop(np.zeros((0, 0, 3), np.uint8), np.zeros(4), 0.05)]) is None
    with pytest.raises(ConfigError, match="gives no probabilities for a grey picture"):
        OnnxConfirmer(replace(SETTINGS, std=(1e-3,)), burst)  # beyond float32


def test_a_crop_that_fails_leaves_the_others_their_say():
    confirmer = OnnxConfirmer(SETTINGS, BY_COLOUR)
    empty = TrackCrop(np.zeros((0, 0, 3), np.uint8), np.zeros(4), 0.05)

    assert confirmer.confirm([empty, crop((255, 0, 0))]) == confirmer.confirm([crop((255, 0, 0))])


def test_the_hash_is_that_of_the_file():
    assert OnnxConfirmer(SETTINGS, BY_COLOUR).model_sha256 == hashlib.sha256(BY_COLOUR).hexdigest()


@pytest.mark.parametrize("damaged", [b"", BY_COLOUR[:150], b"no model at all" * 30])
def test_a_file_that_is_no_whole_model_is_refused_by_name(damaged):
    with pytest.raises(ConfigError, match=r"colours\.onnx: cannot be read as an ONNX model .* is the file whole"):
        OnnxConfirmer(SETTINGS, damaged)


def test_settings_that_do_not_fit_the_model_are_refused_with_the_remedy():
    with pytest.raises(ConfigError, match=r"gives 3 numbers for one picture, and .* names 2 labels"):
        OnnxConfirmer(replace(SETTINGS, labels=LABELS[:2]), BY_COLOUR)
    with pytest.raises(ConfigError, match=r"does not take an input of \(1, 1, 16, 16\) .*set input_px and channels"):
        OnnxConfirmer(replace(SETTINGS, channels=1), BY_COLOUR)
    with pytest.raises(ConfigError, match="'labels' is missing"):
        OnnxConfirmer(replace(SETTINGS, labels=()), BY_COLOUR)


def test_settings_that_make_no_sense_are_refused():
    for wrong, message in (
        ({"channels": 2}, "'channels'"),
        ({"input_px": (0, 16)}, "'input_px'"),
        ({"mean": (0.1, 0.2)}, "'mean'"),
        ({"std": (0.0,)}, "'std'"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(SETTINGS, **wrong)


def test_without_weights_the_remedy_is_named(tmp_path):
    make = track_confirmers()["onnx"].make

    with pytest.raises(ConfigError, match="'weights' is missing; name the ONNX file"):
        make(OnnxSettings())
    with pytest.raises(ConfigError, match=r"gone\.onnx: cannot be read \(No such file"):
        make(replace(SETTINGS, weights=tmp_path / "gone.onnx"))
