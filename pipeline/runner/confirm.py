"""Pictures of movers are shown to a model, where the configuration names one.

Frames are decoded once more, one at a time and in order of time; a mover's crops are let go as soon as its last one was
shown, so memory holds a frame and the crops of movers that are in view.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np

from pipeline.errors import ConfigError, InputError
from pipeline.protocols import FrameSource, TrackConfirmer
from pipeline.records.arrays import Float
from pipeline.records.confirmation import ClassOdds, TrackCrop
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Track
from pipeline.records.frame import GroundFrame
from pipeline.runner.sortie_work import SortieWork
from pipeline.sinks.chip_picture import Picture, as_rgb
from pipeline.sources.frames import FrameReader
from pipeline.stages.confirm import ConfirmSettings, weighed

STAGE = "confirm"


def confirm_tracks(
    tracks: Sequence[Track],
    frames: Mapping[str, GroundFrame],
    source: FrameSource,
    confirmer: TrackConfirmer,
    settings: ConfirmSettings,
) -> Iterator[Track | Dropped]:
    """Every track, in its order, with what the model says; what it could not say, as `Dropped` after them."""
    wanted = {track.track_id: _best(track, frames, settings.crops) for track in tracks}
    by_frame: defaultdict[str, list[tuple[Track, int]]] = defaultdict(list)
    for track in tracks:
        for index in wanted[track.track_id]:
            by_frame[track.frame_ids[index]].append((track, index))
    left = {name: len(moments) for name, moments in wanted.items()}
    crops: defaultdict[str, list[TrackCrop]] = defaultdict(list)
    told: dict[str, Track] = {}
    silent = [_silence(name, "no frame of it is at hand") for name, count in left.items() if count == 0]
    for frame_id in sorted(by_frame, key=lambda name: (frames[name].ref.t_utc_ns, name)):
        try:
            image = as_rgb(source.read(frames[frame_id].ref))
        except InputError:
            image = None  # already told by the look, which read it before
        for track, index in by_frame[frame_id]:
            name = track.track_id
            if image is not None:
                crops[name].append(crop_of(image, track.boxes_px[index], frames[frame_id].gsd_m, settings))
            left[name] -= 1
            if left[name] == 0:
                odds = _asked(confirmer, crops.pop(name, []))
                if odds is None:
                    silent.append(_silence(name, f"'{confirmer.name}' gives no answer to its pictures"))
                else:
                    told[name] = weighed(track, odds, settings)
    for track in tracks:
        yield told.get(track.track_id, track)
    yield from sorted(silent, key=lambda item: item.item)


def confirmed(work: SortieWork, tracks: tuple[Track, ...], frames: Sequence[GroundFrame]) -> tuple[Track, ...]:
    """Tracks with what the model of the configuration says of them; as they are where there is none. Never kept."""
    settings = work.settings
    confirmer = settings.track_confirmer()
    if confirmer is None:
        return tracks
    with work.book.timed(STAGE, len(tracks)) as stage, FrameReader(settings.decode) as reader:
        by_id = {frame.ref.frame_id: frame for frame in frames}
        made = list(confirm_tracks(tracks, by_id, reader, confirmer, settings.confirm))
        heard = tuple(item for item in made if isinstance(item, Track))
        stage.end(len(heard), [item for item in made if isinstance(item, Dropped)])
    return heard


def crop_of(image: Picture, box_px: Float, gsd_m: float, settings: ConfirmSettings) -> TrackCrop:
    """A square around a box; beyond the picture its edge is repeated."""
    middle = box_px[:2] + box_px[2:] / 2
    side = max(4, round(float(box_px[2:].max()) * (1 + 2 * settings.margin_share)))
    left, top = (int(np.floor(place - side / 2)) for place in middle)
    columns = np.clip(np.arange(left, left + side), 0, image.shape[1] - 1)
    rows = np.clip(np.arange(top, top + side), 0, image.shape[0] - 1)
    piece = image[np.ix_(rows, columns)]
    scale = min(1.0, settings.largest_px / side)
    if scale < 1:
        piece = np.asarray(cv2.resize(piece, (settings.largest_px,) * 2, interpolation=cv2.INTER_AREA), np.uint8)
    box = np.array([box_px[0] - left, box_px[1] - top, box_px[2], box_px[3]]) * scale
    return TrackCrop(piece, box, gsd_m / scale)


def _best(track: Track, frames: Mapping[str, GroundFrame], count: int) -> tuple[int, ...]:
    """The detected positions with the largest boxes of which the frame is at hand."""
    at = [i for i, frame_id in enumerate(track.frame_ids) if track.detected[i] and frame_id in frames]
    return tuple(sorted(at, key=lambda i: (-float(track.boxes_px[i, 2] * track.boxes_px[i, 3]), i))[:count])


def _asked(confirmer: TrackConfirmer, crops: Sequence[TrackCrop]) -> ClassOdds | None:
    odds = confirmer.confirm(crops) if crops else None
    if odds is not None and not all(0 <= share <= 1 for share in (odds.vehicle, odds.person, odds.animal, odds.other)):
        raise ConfigError(f"confirmer '{confirmer.name}' {confirmer.version} gave {odds}; probabilities lie in 0…1")
    return odds


def _silence(name: str, why: str) -> Dropped:
    return Dropped(STAGE, name, f"{name}: {why}; its track and kind stay as they were measured", "not_confirmed")
