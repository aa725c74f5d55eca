"""A card as it comes out of a drone and through careless hands: what is true in it is read, the rest named."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from pipeline.cli.inspect_findings import findings_of
from pipeline.cli.inspect_screen import lines_of
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest
from tests.sources.drone_files import bracket_words, file_of

CARD = "DCIM/100MEDIA"
STEP_MS, FRAMES = 250, 12


def subtitles(first):
    words = [bracket_words(first + n, step_ms=STEP_MS) for n in range(FRAMES)]
    return file_of(words, step_ms=STEP_MS).encode()


@pytest.fixture
def card(make_still, film, write):
    """Three lenses, a recording in two files, and everything that gets in between."""
    folder = write("sortie.toml", b"utc_offset_h = 1.0\n[camera]\nfocal_px = 60\n").parent
    for number, second in ((1, 0), (2, 2)):
        for seed, lens in enumerate("WTZ"):
            still = make_still(
                {"AbsoluteAltitude": "+400.00", "RelativeAltitude": "+50.00"},
                clock=f"2021:12:25 12:27:{second:02d}",
                offset="+01:00",
                place=(2.1, 41.5),
                alt_m=400.0,
                seed=10 * number + seed,
            )
            name = f"{CARD}/DJI_2021122512270{second}_{number:04d}_{lens}.JPG"
            write(name, still.replace(b"Maker\0", b"DJI\0\0\0"))
    times = [STEP_MS * n for n in range(FRAMES)]
    for number, extra in ((10, 0), (11, 1)):
        path = write(f"{CARD}/DJI_{number:04d}.MP4", b"")
        film(path, [t + extra * (t == times[-1]) for t in times], container="mp4")
        write(f"{CARD}/DJI_{number:04d}.SRT", subtitles((number - 10) * FRAMES))
    whole, told = (folder / CARD / f"DJI_0010.{kind}" for kind in ("MP4", "SRT"))
    still = folder / CARD / "DJI_20211225122700_0001_W.JPG"
    junk = {"DJI_0010.LRF": b"x", "DJI_0010.THM": still.read_bytes(), "._DJI_0010.MP4": b"\0\5\x16\7"}
    copies = {
        "DJI_0010 (1).MP4": whole.read_bytes(),
        "DJI_0010 (1).SRT": told.read_bytes(),
        f"Copy of {still.name}": still.read_bytes(),
    }
    unfinished = {"DJI_0012.MP4": b"", "DJI_0013.MP4.part": b"x", "DJI_0014.MP4": whole.read_bytes()[:900]}
    for name, data in {**junk, **copies, **unfinished}.items():
        write(f"{CARD}/{name}", data)
    write("Thumbs.db", b"x")
    rows = "".join(f"2021-12-19T09:00:{s:02d}Z,41.7{s:03d}1,2.1,400,0,-90\n" for s in range(20))
    write("last_week.csv", b"time_utc,lat,lon,alt_hae_m,yaw,pitch\n" + rows.encode())
    return folder


def test_a_wild_card_gives_all_that_is_true_in_it_and_names_the_rest(card):
    contents = read_sortie(card, ReadSettings(0.5), CameraTable())
    ingested = Ingest()(contents)

    assert sorted({still.sensor for still in contents.stills}) == ["Model 1 T", "Model 1 W", "Model 1 Z"]
    assert [video.stem for video in contents.videos] == ["DJI_0010", "DJI_0011"]
    assert {drop.item.removeprefix(f"{CARD}/"): drop.code for drop in ingested.dropped} == {
        "DJI_0010.LRF": "junk",
        "DJI_0010.THM": "junk",
        "._DJI_0010.MP4": "junk",
        "Thumbs.db": "junk",
        "DJI_0010 (1).MP4": "duplicate_file",
        "DJI_0010 (1).SRT": "duplicate_file",
        "Copy of DJI_20211225122700_0001_W.JPG": "duplicate_file",
        "DJI_0012.MP4": "empty_file",
        "DJI_0013.MP4.part": "being_copied",
        "DJI_0014.MP4": "unreadable",
        "last_week.csv": "serves_no_frame",
    }
    films = [frame for frame in ingested.frames if "#" in frame.ref.frame_id]
    films.sort(key=lambda frame: frame.ref.t_utc_ns)
    assert [frame.ref.frame_id[:8] for frame in films] == ["DJI_0010"] * 6 + ["DJI_0011"] * 6
    assert len(ingested.frames) == 6 + len(films)
    # frames every half a second, and the same way between them, over the cut as before it
    assert np.diff([frame.ref.t_utc_ns for frame in films]) / 1e9 == pytest.approx(0.5, abs=0.02)
    east_m = np.diff([frame.pose.eye_m[0] for frame in films])
    assert np.ptp(east_m) < 0.1 * abs(east_m.mean())


def test_one_screen_and_its_json_say_how_a_wild_card_was_read(card):
    contents = read_sortie(card, ReadSettings(0.5), CameraTable())
    findings = findings_of(contents, Ingest()(contents))

    told = json.loads(json.dumps(asdict(findings)))
    streams = {stream["name"]: stream for stream in told["streams"]}
    (goes_on,) = [note for note in streams[f"{CARD}/DJI_0011.MP4"]["notes"] if note.startswith("goes on from")]
    assert f"goes on from {CARD}/DJI_0010.MP4" in goes_on
    counts = {fault["code"]: fault["count"] for fault in told["dropped"]}
    assert (counts["junk"], counts["duplicate_file"], counts["serves_no_frame"]) == (4, 3, 1)
    # the leftover table neither stretches the flight's time nor draws its track
    assert (told["start"], told["end"]) == ("2021-12-25T11:27:00Z", "2021-12-25T11:27:58Z")
    assert sum(streams["last_week.csv"]["presence"]) == 0
    assert sum(streams[f"{CARD}/DJI_0011.MP4"]["presence"]) > 1
    assert max(lat for _, lat in told["track"]) < 41.501
    assert np.ptp([lon for lon, _ in told["track"]]) > 1e-4
    text = "\n".join(lines_of(findings))
    for words in (goes_on, "1 serves_no_frame: last_week.csv", "18 of 18 frames", "north is up"):
        assert words in text
