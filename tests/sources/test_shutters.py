"""Which shutter took a frame: stated, tagged, listed, or not known."""

import math

import pytest

from pipeline.config import configs_folder
from pipeline.records.shutter import ShutterKind
from pipeline.records.stated_facts import StatedCamera
from pipeline.sources.cameras import read_camera_table
from pipeline.sources.exif import Exif
from pipeline.sources.shutters import stated_shutter, still_shutter, video_shutter

TABLE = read_camera_table(configs_folder() / "cameras.toml")


def shutter(model, exposure_s=0.001, make="DJI", size=(5472, 3648), **xmp):
    return still_shutter(Exif({"exposure_s": (exposure_s,)}), xmp, TABLE.find(make, model, size))


def test_the_table_tells():
    rolling, mechanical = shutter("FC300S", size=(4000, 3000)), shutter("FC6310")
    assert (rolling.kind, rolling.readout_s) == (ShutterKind.ROLLING, 0.033)
    assert mechanical.kind is ShutterKind.MECHANICAL and mechanical.believed_readout_s == 0


def test_exposures_too_brief_for_a_mechanical_shutter_were_electronic():
    quick = shutter("FC6310", 1 / 3200)
    assert (quick.kind, quick.readout_s) == (ShutterKind.ROLLING, 0.033)
    assert shutter("FC6310", 1 / 2000).kind is ShutterKind.MECHANICAL
    assert shutter("FC6310", math.nan).kind is ShutterKind.MECHANICAL


def test_the_tag_of_the_picture_goes_before_the_table():
    assert shutter("FC6310", ShutterType="Electronic").kind is ShutterKind.ROLLING
    assert shutter("FC6310", 1 / 3200, ShutterType="Mechanical").kind is ShutterKind.MECHANICAL
    assert shutter("no such camera", ShutterType=" mechanical").kind is ShutterKind.MECHANICAL


@pytest.mark.parametrize("word", ["", "Unknown", "Electronic?"])
def test_other_words_say_nothing(word):
    assert shutter("no such camera", ShutterType=word).kind is ShutterKind.UNKNOWN


def test_unknown_cameras_are_reckoned_as_rolling():
    assert shutter("no such camera").believed_readout_s == 0.03


def test_videos_are_rolling_and_quicker_than_their_frames_follow():
    assert video_shutter(math.nan).kind is ShutterKind.ROLLING
    assert video_shutter(1 / 25).believed_readout_s == 0.03
    assert video_shutter(1 / 60).believed_readout_s == pytest.approx(1 / 60)


def test_people_know_best():
    assert stated_shutter(None, "cam") is None
    assert stated_shutter(StatedCamera(focal_px=100.0), "cam") is None
    assert stated_shutter(StatedCamera(focal_px=100.0, readout_ms=0.0), "cam").kind is ShutterKind.GLOBAL
    assert stated_shutter(StatedCamera(focal_px=100.0, readout_ms=12.0), "cam").readout_s == 0.012
    assert stated_shutter(StatedCamera(focal_px=100.0, readout_ms=12.0, sensor="other"), "cam") is None
    with pytest.raises(ValueError, match="readout_ms"):
        StatedCamera(focal_px=100.0, readout_ms=-1.0)
