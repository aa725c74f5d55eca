"""Stills judged by small pictures of them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.contents import Still, StillTags
from pipeline.records.preview import Preview
from pipeline.records.samples import TimeBase
from pipeline.records.sortie import Band
from pipeline.records.triage import Flaw
from pipeline.stages.ingest import Ingest
from pipeline.stages.triage import Triage, TriageSettings
from tests.stages.test_clock_check import CAMERA
from tests.stages.test_video_clock import FOLDER, T0, contents, samples

SHAPE = (540, 960)
RNG = np.random.default_rng(5)


def ground(seed=0, shift=(0, 0)):
    """Detail of all sizes, as fields and houses have."""
    rng = np.random.default_rng(seed)
    sizes = ((16, 24), (64, 96), (256, 384), (768, 1152))
    layers = [cv2.resize(rng.normal(size=s), (1152, 768)) for s in sizes]
    level = sum(layers)
    down, across = 50 + shift[0], 50 + shift[1]
    return np.clip(128 + 22 * level[down : down + SHAPE[0], across : across + SHAPE[1]], 0, 255).astype(np.uint8)


def noisy(level, sigma=2.0):
    return np.clip(RNG.normal(level, sigma, SHAPE), 0, 255).astype(np.uint8)


class Shown:
    """Pictures by frame id; of some an embedded preview that may show something else."""

    def __init__(self, pictures, previews=None):
        self.pictures, self.previews, self.decoded = pictures, previews or {}, []

    def preview(self, ref):
        if ref.frame_id in self.previews:
            return Preview(self.previews[ref.frame_id], True)
        return self.picture(ref)

    def picture(self, ref):
        self.decoded.append(ref.frame_id)
        found = self.pictures[ref.frame_id]
        if found is None:
            raise InputError("damaged")
        return Preview(found, False)


def still(name, band=Band.VISIBLE, sensor="cam"):
    path = FOLDER / f"{name}.jpg"
    return Still(path, f"{name}.jpg", name, (4000, 2250), name, band, sensor, StillTags(), CAMERA)


def judge(pictures, previews=None, **settings):
    shown = Shown(pictures, previews)
    found = Triage(shown, TriageSettings(**settings))([still(name) for name in pictures])
    return {verdict.frame_id: verdict for verdict in found}, shown


def flight(**others):
    return {f"good{n}": ground(n) for n in range(6)} | others


def test_a_good_flight_has_no_flaws():
    found, _ = judge(flight())
    assert [verdict.flaws for verdict in found.values()] == [()] * 6


@pytest.mark.parametrize(
    ("picture", "flaw", "useless"),
    [
        (noisy(3), Flaw.BLACK, True),
        (noisy(253, 0.5), Flaw.BLOWN_OUT, True),
        (noisy(120), Flaw.NO_TEXTURE, False),
        (noisy(40), Flaw.NO_TEXTURE, False),
        (noisy(235, 3), Flaw.NO_TEXTURE, False),
        (cv2.GaussianBlur(ground(9), (0, 0), 3), Flaw.BLURRED, False),
        (cv2.blur(ground(9), (12, 1)), Flaw.BLURRED, False),
        (cv2.filter2D(ground(9), -1, np.eye(12) / 12), Flaw.BLURRED, False),
        (ground(5, (1, 2)), Flaw.SAME_VIEW, False),
    ],
    ids=["black", "white", "fog", "water", "snow", "defocused", "dragged", "dragged aslant", "hover"],
)
def test_a_flaw_is_told_and_only_what_shows_nothing_is_useless(picture, flaw, useless):
    found, _ = judge(flight(odd=picture))

    assert found["odd"].flaws == (flaw,) and found["odd"].useless == useless
    assert not any(verdict.flaws for name, verdict in found.items() if name != "odd")


def test_one_lamp_in_the_night_is_something_to_see():
    night = noisy(3)
    night[200:204, 300:304] = 255
    found, _ = judge(flight(night=night))
    assert not found["night"].useless


def test_one_dark_spot_in_glare_is_something_to_see():
    glare = noisy(254, 0.5)
    glare[200:204, 300:304] = 60
    found, _ = judge(flight(glare=glare))
    assert not found["glare"].useless


def test_dim_ground_is_kept():
    dusk = (ground(9) / 8).astype(np.uint8)
    found, _ = judge(flight(dusk=dusk))
    assert not found["dusk"].useless


def test_a_dark_picture_that_shows_ground_when_stretched_is_kept():
    night = (ground(9) / 16).astype(np.uint8)
    assert night.max() <= 16
    found, _ = judge(flight(night=night))
    assert found["night"].flaws == (Flaw.NO_TEXTURE,)


def test_sharpness_is_judged_beside_the_same_camera_only():
    """Soft pictures of a soft camera aren't blurred, and a few pictures show nothing usual."""
    soft = {f"soft{n}": cv2.GaussianBlur(ground(n), (0, 0), 2) for n in range(6)}
    found, _ = judge(soft)
    assert not any(verdict.flaws for verdict in found.values())
    few, _ = judge({"a": ground(1), "b": ground(2), "c": cv2.GaussianBlur(ground(3), (0, 0), 3)})
    assert few["c"].flaws == ()


def test_two_pictures_of_calm_water_are_not_the_same_view():
    found, _ = judge({"a": noisy(90), "b": noisy(90)})
    assert found["b"].flaws == (Flaw.NO_TEXTURE,)


def test_a_black_preview_of_a_good_picture_condemns_nothing():
    previews = {"good2": noisy(3)}
    found, shown = judge(flight(), previews)

    assert not any(verdict.flaws for verdict in found.values())
    assert "another picture" in found["good2"].fault and not found["good2"].embedded
    assert "good2" in shown.decoded


def test_previews_are_distrusted_from_the_first_that_shows_another_picture():
    pictures = flight()
    previews = {f"good{n}": ground(n + 1) for n in range(6)}  # each shows the next one's
    found, _ = judge(pictures, previews)

    assert not any(verdict.embedded for verdict in found.values())


def test_sound_previews_spare_decoding():
    pictures = {f"f{n:02d}": ground(n) for n in range(20)}
    found, shown = judge(pictures, dict(pictures), check_every=8)

    assert all(verdict.embedded for verdict in found.values())
    assert shown.decoded == ["f00", "f08", "f16"]


def test_the_picture_itself_confirms_that_nothing_can_be_seen():
    pictures = flight(dark=noisy(3))
    found, shown = judge(pictures, dict(pictures))

    assert found["dark"].useless and "dark" in shown.decoded


def test_thermal_and_unreadable_stills_are_not_judged():
    shown = Shown({"a": noisy(3), "b": None})
    found = Triage(shown)([still("a", Band.THERMAL), still("b")])

    assert [(verdict.judged, verdict.flaws) for verdict in found] == [(False, ()), (False, ())]
    assert "damaged" in found[1].fault


def test_ingest_drops_what_shows_nothing_and_notes_the_rest():
    pictures = flight(dark=noisy(2), fog=noisy(120))
    table = replace(
        samples("t.csv", base=TimeBase.UTC, t0=T0, seconds=11),
        frame_names=tuple(f"{name}.jpg" for name in pictures) + ("",) * (12 - len(pictures)),
    )
    folder = replace(contents([], [table]), stills=tuple(still(name) for name in pictures))

    blind = Ingest()(folder)
    made = Ingest()(folder, None, Shown(pictures))

    assert {frame.ref.frame_id for frame in blind.frames} == set(pictures)
    notes = {frame.ref.frame_id: frame.notes for frame in made.frames}
    assert set(pictures) - set(notes) == {"dark"}
    assert "no_texture" in notes["fog"] and "no_texture" not in notes["good0"]
    assert [(drop.item, drop.code) for drop in made.dropped] == [("dark", "black_frame")]
    assert len(made.verdicts) == len(pictures)


def test_real_flights_raise_no_alarm(real_data):
    from pipeline.sources.cameras import CameraTable
    from pipeline.sources.frames import FrameReader
    from pipeline.sources.previews import PreviewReader
    from pipeline.sources.sortie import ReadSettings, read_sortie

    stills = read_sortie(real_data / "flights" / "brighton_beach" / "frames", ReadSettings(), CameraTable()).stills
    with FrameReader() as frames:
        found = Triage(PreviewReader(frames))(stills)

    assert [verdict.flaws for verdict in found] == [()] * 18
    assert sum(verdict.embedded for verdict in found) == 12
