"""The sheet of faults: spoilt frames, and telemetry against the truth as small plots."""

import tempfile
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from simulator_studio import T0_UTC_NS, Picture, Studio, Tiles, View, pinhole

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.flights.faults import (
    AttitudeFaults,
    ClockFaults,
    Faults,
    Jamming,
    Spoofing,
    StreamFaults,
    TagFaults,
)
from pipeline.simulator.flights.path import FlownPath
from pipeline.simulator.flights.plans import SurveyPlan, make_path
from pipeline.simulator.flights.spans import Span
from pipeline.simulator.flights.tell import sample_times, stated_lens, tell
from pipeline.simulator.scene.told import Told
from pipeline.simulator.writers.folder_faults import FolderFaults, spoil_folder

SIZE_PX = (480, 360)
TRUE, TOLD = (20, 130, 40), (205, 40, 30)
SITE = SiteFrame.at(46.8438, 39.9684)
PART = Span(0.35, 0.65)


def faults() -> Tiles:
    """Frames first, then telemetry: green is true, red is what is told."""
    studio = Studio()
    view = View("village", away_m=120.0, size_px=SIZE_PX)
    image = studio.take(view)
    yield "as taken", image
    yield "turned_frames: pixels by 180 deg", np.ascontiguousarray(image[::-1, ::-1])
    yield "truncated file, as decoded", _truncated(image)
    wide = studio.take(View("village", away_m=220.0, size_px=SIZE_PX))
    yield "focal tag x 1.5: footprint true, told", _footprints(wide, pinhole(view).focal_px, 120 / 220)
    for mode in ("loss", "frozen", "noisy"):
        spoilt = Faults(jamming=(Jamming(PART, mode),))
        yield f"jamming, {mode}", _track(spoilt)
    yield "spoofing, drag 1.5 m/s", _track(Faults(spoofing=(Spoofing(Span(0.35, 1.0), "drag"),)))
    yield "spoofing, jump 250 m", _track(Faults(spoofing=(Spoofing(PART, "jump"),)))
    path, t_s, told = _flight(Faults(spoofing=(Spoofing(PART, "height", offset_m=60.0),)))
    yield "spoofing, height + 60 m: height over time", _plot((t_s, path.at(t_s).eye_m[:, 2]), (t_s, told.alt_m), "m")
    path, t_s, told = _flight(Faults(clock=ClockFaults(offset_s=4.0)))
    stamped = (told.t_utc_ns - T0_UTC_NS) / 1e9
    east = path.at(t_s).eye_m[:, 0]
    yield "clock 4 s ahead: east over time", _plot((t_s, east), (stamped, _lonlat_m(told)[:, 0]), "m")
    stream = StreamFaults(rate_hz=1.0, dropout_share=0.3, dropout_mean_s=8.0, duplicate_share=0.1, disorder_share=0.15)
    yield "1 Hz, dropouts, time steps back: stamp over order", _stamps(stream)


def _truncated(image: Picture) -> Picture:
    """What libjpeg makes of a file that was cut."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "DJI_0001.JPG"
        cv2.imwrite(str(path), image[..., ::-1])
        spoil_folder(Path(name), FolderFaults(truncated_share=1.0), 2)
        decoded = cv2.imread(str(path))
    return np.full_like(image, 128) if decoded is None else np.asarray(decoded[..., ::-1], np.uint8)


def _footprints(image: Picture, focal_px: float, share: float) -> Picture:
    """Of a nadir frame taken from lower down, by the true and by the stated focal length."""
    lens = pinhole(View(size_px=SIZE_PX))
    stated = stated_lens(lens, Faults(tags=TagFaults(focal_factor=1.5)), 1)
    done = image.copy()
    for focal, colour in ((focal_px, TRUE), (stated.focal_px, TOLD)):
        half = np.array(SIZE_PX) / 2 * share * focal_px / focal
        low, high = np.array(SIZE_PX) / 2 - half, np.array(SIZE_PX) / 2 + half
        cv2.rectangle(done, tuple(int(v) for v in low), tuple(int(v) for v in high), colour, 3)
    return done


def _flight(spoilt: Faults) -> tuple[FlownPath, Float, Told]:
    """A survey of four strips, true and told."""
    plan = SurveyPlan(length_m=260.0, strips=4, spacing_m=60.0)
    path = make_path(plan, np.zeros(3), lambda _x, _y: 0.0, 0.0, 3)
    t_s = np.arange(0.0, path.duration_s, 0.5)
    lens = pinhole(View(size_px=SIZE_PX))
    told = tell(path, t_s, spoilt, site=SITE, start_utc_ns=T0_UTC_NS, take_off_hae_m=0.0, lens=lens, seed=3)
    return path, t_s, told


def _lonlat_m(told: Told) -> Float:
    """Stated places in site metres; NaN where (0, 0) is stated."""
    xy = SITE.from_lonlat(told.lon_deg, told.lat_deg)
    xy[(told.lon_deg == 0) & (told.lat_deg == 0)] = np.nan
    return xy


def _track(spoilt: Faults) -> Picture:
    path, t_s, told = _flight(spoilt)
    true, said = path.at(t_s).eye_m[:, :2], _lonlat_m(told)
    lost = int(np.isnan(said[:, 0]).sum())
    return _plot((true[:, 0], true[:, 1]), (said[:, 0], said[:, 1]), "m", f"{lost} x (0, 0)" if lost else "", even=True)


def _stamps(stream: StreamFaults) -> Picture:
    spoilt = Faults(stream=stream, attitude=AttitudeFaults())
    path, _, _ = _flight(spoilt)
    t_s = sample_times(30.0, spoilt, 3)
    lens = pinhole(View(size_px=SIZE_PX))
    told = tell(path, t_s, spoilt, site=SITE, start_utc_ns=T0_UTC_NS, take_off_hae_m=0.0, lens=lens, seed=3)
    order = np.arange(len(t_s), dtype=np.float64)
    stamp = np.where(told.present, (told.t_utc_ns - T0_UTC_NS) / 1e9, np.nan)
    return _plot((order, np.sort(t_s)), (order, stamp), "s", dots=True)


def _plot(
    true: tuple[Float, Float], told: tuple[Float, Float], unit: str, note: str = "", *, even: bool = False,
    dots: bool = False,
) -> Picture:  # fmt: skip
    """Two lines; `even`: one scale for both axes."""
    done = np.full((SIZE_PX[1], SIZE_PX[0], 3), 250, np.uint8)
    both = np.concatenate([np.column_stack(true), np.column_stack(told)])
    low, high = np.nanmin(both, axis=0), np.nanmax(both, axis=0)
    room = np.array([SIZE_PX[0] - 50.0, SIZE_PX[1] - 95.0])
    scale = room / np.maximum(high - low, 1e-6)
    scale = np.full(2, scale.min()) if even else scale
    for line, colour, thick in ((true, TRUE, 4), (told, TOLD, 2)):
        points = (np.column_stack(line) - low) * scale
        pixels = np.column_stack([25 + points[:, 0], SIZE_PX[1] - 45 - points[:, 1]])
        for begin, end in pairwise(pixels):
            if np.isfinite(begin).all() and np.isfinite(end).all() and not (dots and colour == TOLD):
                cv2.line(done, _whole(begin), _whole(end), colour, thick, cv2.LINE_AA)
        if dots and colour == TOLD:
            for point in pixels[np.isfinite(pixels).all(axis=1)]:
                cv2.circle(done, _whole(point), 4, colour, cv2.FILLED, cv2.LINE_AA)
    spans = high - low
    words = f"{spans[0]:.0f} x {spans[1]:.0f} m" if even else f"{spans[1]:.0f} {unit} high"
    cv2.putText(done, f"{words}   {note}", (25, SIZE_PX[1] - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1, 16)
    return done


def _whole(point: Float) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
