"""Lenses by name, and one's own."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipeline.errors import ConfigError
from pipeline.geometry.camera import camera_matrix
from pipeline.simulator.scene.lens import COEFFICIENTS, Lens, LensKind

LARGEST_SIDE_PX = 12_000
"""Cameras end here, and so does memory."""
_LEAST_FIELD_DEG = 0.1


@dataclass(frozen=True, slots=True)
class LensFacts:
    """A kind of lens.

    Attributes:
        words: What it is like.
        kind: Its model.
        field_deg: Horizontal field of view at zoom 1.
        size_px: Of its sensor.
        distortion: Of its model.
        readout_s: Of the sensor that usually lies behind it, from first row to last.
        thermal: Whether that sensor is thermal.
    """

    words: str
    kind: LensKind
    field_deg: float
    size_px: tuple[int, int]
    distortion: tuple[float, ...]
    readout_s: float
    thermal: bool = False


LENSES: Mapping[str, LensFacts] = MappingProxyType(
    {
        "consumer_wide": LensFacts(
            "small consumer drone, 24 mm equivalent",
            "brown", 71.6, (4000, 3000), (-0.045, 0.018, 0.0004, -0.0003, 0.0), 0.022,
        ),
        "consumer_medium": LensFacts(
            "second camera of a consumer drone, 70 mm equivalent",
            "brown", 28.8, (4000, 3000), (-0.012, 0.02, 0.0002, 0.0001, 0.0), 0.018,
        ),
        "survey_35mm": LensFacts(
            "mapping camera, mechanical shutter, 35 mm",
            "brown", 54.4, (8192, 5460), (-0.03, 0.05, 0.0003, -0.0002, 0.0), 0.0,
        ),
        "zoom": LensFacts(
            "zoom camera of an enterprise drone; zoom 1 is 32 mm equivalent, plans zoom in",
            "brown", 58.7, (1920, 1080), (-0.02, 0.01, 0.0001, 0.0001, 0.0), 0.016,
        ),
        "turret": LensFacts(
            "stabilised turret of a larger drone, global shutter",
            "brown", 18.0, (1280, 720), (-0.01, 0.0, 0.0, 0.0, 0.0), 0.0,
        ),
        "turret_narrow": LensFacts(
            "the same, narrow field: 1,000 to 3,000 m away",
            "brown", 2.4, (1280, 720), (0.0, 0.0, 0.0, 0.0, 0.0), 0.0,
        ),
        "thermal_wide": LensFacts(
            "uncooled thermal, 9 mm", "brown", 46.2, (640, 512), (-0.06, 0.02, 0.0, 0.0, 0.0), 0.008, thermal=True
        ),
        "thermal_narrow": LensFacts(
            "uncooled thermal, 25 mm", "brown", 17.4, (640, 512), (-0.02, 0.0, 0.0, 0.0, 0.0), 0.008, thermal=True
        ),
        "fisheye": LensFacts(
            "action camera", "fisheye", 122.0, (2704, 2028), (0.02, -0.008, 0.003, -0.0006), 0.024
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LensChoice:
    """A lens of the catalogue, changed as wanted.

    Attributes:
        name: Of `LENSES`.
        size_px: Other than its sensor's; the field of view stays.
        field_deg: Other horizontal field of view.
        focal_px: In place of a field of view.
        distortion: Other coefficients of its model.
        centre_off_px: Principal point from the picture's middle.
    """

    name: str = "consumer_wide"
    size_px: tuple[int, int] | None = None
    field_deg: float | None = None
    focal_px: float | None = None
    distortion: tuple[float, ...] | None = None
    centre_off_px: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.name not in LENSES:
            near = difflib.get_close_matches(self.name, LENSES, n=1, cutoff=0.4)
            hint = f"did you mean '{near[0]}'?" if near else f"lenses: {', '.join(LENSES)}"
            raise ConfigError(f"there is no lens '{self.name}'; {hint}")
        facts = LENSES[self.name]
        if self.focal_px is not None and self.field_deg is not None:
            raise ConfigError("a lens has a focal_px or a field_deg, not both; leave one out")
        most = 178.0 if facts.kind == "fisheye" else 140.0
        if self.field_deg is not None and not _LEAST_FIELD_DEG <= self.field_deg <= most:
            raise ConfigError(
                f"field_deg {self.field_deg} is not within {_LEAST_FIELD_DEG} to {most:.0f}; it is the horizontal one"
            )
        if self.distortion is not None and len(self.distortion) != COEFFICIENTS[facts.kind]:
            raise ConfigError(f"distortion of a {facts.kind} lens has {COEFFICIENTS[facts.kind]} coefficients")
        if not (min(self.size) >= 32 and max(self.size) <= LARGEST_SIDE_PX):
            raise ConfigError(f"size_px {list(self.size)}: sides must lie between 32 and {LARGEST_SIDE_PX} pixels")
        self._check_focal(facts, most)

    def _check_focal(self, facts: LensFacts, most_deg: float) -> None:
        widest, narrowest = (_focal(facts.kind, field_deg, self.size[0]) for field_deg in (most_deg, _LEAST_FIELD_DEG))
        if self.focal_px is not None and not widest <= self.focal_px <= narrowest:
            raise ConfigError(
                f"focal_px {self.focal_px:g} is not within {widest:.3g} to {narrowest:.3g}: fields of view from "
                f"{_LEAST_FIELD_DEG} to {most_deg:.0f}° at {self.size[0]} px wide"
            )
        if max(abs(self.centre_off_px[0]) / self.size[0], abs(self.centre_off_px[1]) / self.size[1]) > 1:
            raise ConfigError("centre_off_px lies outside the picture; it is in pixels from the middle")

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.size_px or LENSES[self.name].size_px

    def lens(self) -> Lens:
        """The lens at zoom 1."""
        facts = LENSES[self.name]
        width, height = self.size
        focal = self.focal_px or _focal(facts.kind, self.field_deg or facts.field_deg, width)
        principal = (width - 1) / 2 + self.centre_off_px[0], (height - 1) / 2 + self.centre_off_px[1]
        distortion = np.array(self.distortion or facts.distortion, np.float64)
        return Lens(facts.kind, (width, height), camera_matrix(focal, (width, height), principal), distortion)


def _focal(kind: LensKind, field_deg: float, width: int) -> float:
    """Focal length in pixels: by the tangent, or by the angle itself where the lens is a fisheye."""
    half = float(np.radians(field_deg)) / 2
    return width / 2 / (half if kind == "fisheye" else float(np.tan(half)))
