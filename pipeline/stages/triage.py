"""Stills judged by their previews, before any is decoded in full: black, blown out, without texture, blurred, repeated.

A picture is set aside only when nothing at all can be seen in it, and only after the picture itself, not its preview,
has said so. Everything else is a note: calm water and fresh snow have no texture either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.protocols import PreviewSource
from pipeline.records.contents import Still
from pipeline.records.preview import Preview
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.triage import Flaw, StillVerdict
from pipeline.stages.picture_measures import (
    PictureMeasures,
    alike,
    darkest_and_brightest,
    measure,
    reduced_view,
    shift_between,
)

_LEAST_SIDE_PX = 64
_THERMAL = "thermal: its levels are not light"


@dataclass(frozen=True, slots=True)
class TriageSettings:
    """When a picture has a flaw. The figures beside real pictures are in ``docs/input.md``.

    Attributes:
        black_level: Not even the brightest spot of a black picture is above this level, of 255.
        white_level: Not even the darkest spot of a picture that is blown out is below this.
        nothing: Contrast of detail, in levels, that a black or white picture stays below: stretched, it shows nothing.
        no_texture: Contrast of detail below this many levels is none.
        blurred: A blurred picture has less than this share of the usual sharpness of its camera in the flight.
        least_company: Without as many textured pictures of a camera nothing is usual.
        same_shift: A view that moved by less than this share of its width is the same.
        same_clearness: Clearness of that shift below which two views have nothing to do with each other.
        check_every: Of the embedded previews of a camera every so many is held against the picture itself.
    """

    black_level: float = 16.0
    white_level: float = 245.0
    nothing: float = 1.0
    no_texture: float = 2.0
    blurred: float = 0.55
    least_company: int = 5
    same_shift: float = 0.01
    same_clearness: float = 0.5
    check_every: int = 16

    def __post_init__(self) -> None:
        if not 0 <= self.black_level < self.white_level <= 255:
            raise ValueError("'black_level' must lie below 'white_level', both in [0, 255]")
        if not min(self.blurred, self.same_shift, self.same_clearness) > 0 or max(self.blurred, self.same_shift) >= 1:
            raise ValueError("'blurred', 'same_shift' and 'same_clearness' must lie in (0, 1)")
        if min(self.least_company, self.check_every) < 1:
            raise ValueError("'least_company' and 'check_every' must be at least 1")


@dataclass(frozen=True, slots=True)
class Triage:
    """Judges the stills of a sortie, camera by camera."""

    previews: PreviewSource
    settings: TriageSettings = field(default_factory=TriageSettings)

    def __call__(self, stills: Sequence[Still]) -> tuple[StillVerdict, ...]:
        """One verdict a still, in their order; that of each is by what its camera's other pictures are like."""
        by_sensor: dict[str, list[Still]] = {}
        for still in stills:
            by_sensor.setdefault(still.sensor, []).append(still)
        judges = [(_OneCamera(self.previews, self.settings), members) for members in by_sensor.values()]
        by_id = {verdict.frame_id: verdict for judge, members in judges for verdict in judge(members)}
        return tuple(by_id[still.frame_id] for still in stills)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was measured of a still."""

    frame_id: str
    embedded: bool
    fault: str
    measures: PictureMeasures
    same_view: bool


class _OneCamera:
    """Judges stills of one camera in order; its embedded previews are trusted until one proves out of date."""

    def __init__(self, previews: PreviewSource, settings: TriageSettings) -> None:
        self._previews, self._settings = previews, settings
        self._embedded = 0
        self._distrust = ""
        self._before: NDArray[np.float64] | None = None

    def __call__(self, stills: Sequence[Still]) -> list[StillVerdict]:
        seen: list[_Looked | StillVerdict] = []
        for still in stills:
            if still.band is Band.THERMAL:
                seen.append(StillVerdict(still.frame_id, (), False, _THERMAL, False))
                continue
            try:
                seen.append(self._look(still))
            except InputError as error:
                seen.append(StillVerdict(still.frame_id, (), False, str(error), False))
        usual = self._usual_sharpness([one.measures for one in seen if isinstance(one, _Looked)])
        return [self._verdict(one, usual) if isinstance(one, _Looked) else one for one in seen]

    def _look(self, still: Still) -> _Looked:
        preview = self._trusted(_ref(still))
        if min(preview.grey.shape) < _LEAST_SIDE_PX:
            raise InputError(f"{still.frame_id}: too small a picture to be judged")
        measures = measure(preview.grey)
        view = reduced_view(preview.grey) if measures.texture >= self._settings.no_texture else None
        same = False
        if view is not None and self._before is not None and view.shape == self._before.shape:
            shift, clearness = shift_between(self._before, view)
            same = shift < self._settings.same_shift and clearness > self._settings.same_clearness
        self._before = view
        return _Looked(still.frame_id, preview.embedded, preview.fault, measures, same)

    def _trusted(self, ref: FrameRef) -> Preview:
        """A preview that shows the picture: some are held against it, and all by which it would be condemned."""
        if self._distrust:
            return Preview(self._previews.picture(ref).grey, False, self._distrust)
        preview = self._previews.preview(ref)
        if not preview.embedded:
            return preview
        due = self._embedded % self._settings.check_every == 0
        self._embedded += 1
        if not due and not self._condemns(preview):
            return preview
        picture = self._previews.picture(ref)
        if not alike(preview.grey, picture.grey):
            self._distrust = f"the preview in {ref.frame_id} shows another picture; previews of its camera are not used"
            return Preview(picture.grey, False, self._distrust)
        return Preview(picture.grey, True) if self._condemns(preview) else preview

    def _condemns(self, preview: Preview) -> bool:
        darkest, brightest = darkest_and_brightest(preview.grey)
        return brightest <= self._settings.black_level or darkest >= self._settings.white_level

    def _usual_sharpness(self, measures: Sequence[PictureMeasures]) -> float:
        textured = [one.sharpness for one in measures if one.texture >= self._settings.no_texture]
        return float(np.median(textured)) if len(textured) >= self._settings.least_company else 0.0

    def _verdict(self, one: _Looked, usual_sharpness: float) -> StillVerdict:
        settings, measures = self._settings, one.measures
        flaws = []
        if measures.brightest <= settings.black_level and measures.texture < settings.nothing:
            flaws.append(Flaw.BLACK)
        elif measures.darkest >= settings.white_level and measures.texture < settings.nothing:
            flaws.append(Flaw.BLOWN_OUT)
        elif measures.texture < settings.no_texture:
            flaws.append(Flaw.NO_TEXTURE)
        elif measures.sharpness < settings.blurred * usual_sharpness:
            flaws.append(Flaw.BLURRED)
        if one.same_view:
            flaws.append(Flaw.SAME_VIEW)
        return StillVerdict(one.frame_id, tuple(flaws), one.embedded, one.fault)


def _ref(still: Still) -> FrameRef:
    """The still as a frame that can be decoded; its time does not matter here."""
    return FrameRef(
        still.frame_id,
        still.path,
        FrameKind.STILL,
        0,
        still.size_px,
        0,
        0.0,
        still.sha256,
        still.band,
        still.sensor,
    )
