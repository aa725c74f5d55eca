"""The light of a real frame: how bright sun and sky make a surface of known reflectance in its pixels."""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.sun import sun_direction
from pipeline.records.arrays import Float
from pipeline.simulator.inject.lens_points import rays_at
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.stage import Stage
from pipeline.simulator.scene.mesh import Float32

LEAST_SUN = 0.05
"""Sine of its height: below, shadows do not matter."""

_BRIGHT_ALBEDO = 0.42

GROUND_ALBEDO = 0.14
"""Of the middle pixel of open ground: vegetation and earth of aerial pictures lie between 0.08 and 0.2."""

SHADE = (0.24, 0.26, 0.31)
"""Brightness of shade against sun, red green blue, where a frame does not show it: clear sky, sun 30° to 60° high."""

_SHADE_BOUNDS = (0.12, 0.75)
_LEAST_SHADED = 150
"""Samples in shade from which the ratio is believed."""

SAMPLES = 24_000
_STEP_S = 1800.0
"""Clocks that are unsure by more than minutes were set to another zone or to summer time."""

UNSURE_S = 600.0
"""Times that are known worse than this are settled by the shadows."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameLight:
    """Linear pixel value of a white surface, by the part of the light.

    Attributes:
        towards_sun: ``(3,)`` unit vector, site axes.
        sun: ``(3,)`` red green blue that full sun square to it adds.
        sky: ``(3,)`` that the whole sky adds.
        shade: ``(3,)`` level ground in shade against the same in sun.
        shade_measured: Whether `shade` was read from this flight's frames, not assumed.
    """

    towards_sun: Float
    sun: Float
    sky: Float
    shade: Float
    shade_measured: bool

    @property
    def level(self) -> Float:
        """``(3,)`` linear value of a level white surface in the sun."""
        return np.asarray(self.sun * max(float(self.towards_sun[2]), 0.0) + self.sky)


@dataclass(frozen=True, slots=True, eq=False)
class FlightLight:
    """What a flight's frames have in common.

    Attributes:
        sun_offset_s: Added to their times to find the sun's place.
        shade: ``(3,)`` shade against sun; None where no frame shows it.
    """

    sun_offset_s: float
    shade: Float | None


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pixels of a frame that look at the surface.

    Attributes:
        value: ``(N, 3)`` linear pixel values, averaged over some pixels.
        point_m: ``(N, 3)`` relative to the stage's origin.
    """

    value: Float
    point_m: Float


def sample_ground(picture: PosedPicture, linear: Float32, stage: Stage, seed: int) -> Samples:
    """Random pixels and the surface that they show."""
    height, width = linear.shape[:2]
    rng = np.random.default_rng([seed, 41])
    pixels = np.column_stack([rng.integers(2, width - 2, SAMPLES), rng.integers(2, height - 2, SAMPLES)])
    rays = rays_at(picture.lens, picture.rotation, pixels.astype(np.float64))
    seen = np.isfinite(rays).all(axis=1)
    rays, pixels = rays[seen], pixels[seen]
    hits = stage.look_before(picture.eye_m, rays)
    met = hits.soup >= 0
    met[met] = stage.knows((picture.eye_m + hits.far_m[met, None] * rays[met])[:, :2])
    rays, pixels, far = rays[met], pixels[met], hits.far_m[met]
    value: Float = np.mean(
        [linear[pixels[:, 1] + dy, pixels[:, 0] + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)],
        axis=0,
        dtype=np.float64,
    )
    return Samples(value, picture.eye_m - stage.origin_m + far[:, None] * rays)


def sun_at(t_utc_ns: int, site: SiteFrame, xy_m: Float) -> Float:
    """``(3,)`` unit vector towards the sun in site axes."""
    lon, lat = site.to_lonlat(np.atleast_2d(xy_m)[:, :2])[0]
    east, north, up = sun_direction(t_utc_ns, float(lon), float(lat))
    c, s = np.cos(site.convergence_rad), np.sin(site.convergence_rad)
    return np.array([c * east - s * north, s * east + c * north, up])


def settle_sun_offset(
    samples: list[tuple[int, Samples]], sigma_s: float, stage: Stage, site: SiteFrame
) -> tuple[float, float]:
    """How many seconds the frames' clock must go forward for the surface's shadows to fall on dark pixels.

    Args:
        samples: ``(t_utc_ns, Samples)`` of some frames.
        sigma_s: How well their times are known: no offset beyond it is tried.

    Returns:
        The offset, and the correlation of darkness with shadow that it reaches.
    """
    best = (0.0, -1.0)
    most = int(sigma_s // _STEP_S)
    for offset in _STEP_S * np.arange(-most, most + 1):
        dark, light = [], []
        for t_utc_ns, sample in samples:
            sun = sun_at(t_utc_ns + int(offset) * 10**9, site, stage.origin_m[:2])
            if sun[2] < LEAST_SUN:
                continue
            level = np.log(sample.value.mean(axis=1) + 1e-3)
            dark.append(level - np.median(level))
            light.append(1.0 - shaded(sample.point_m, sun, stage))
        if dark and np.std(np.concatenate(light)) > 0:
            score = float(np.corrcoef(np.concatenate(dark), np.concatenate(light))[0, 1])
            if score > best[1]:
                best = (float(offset), score)
    return best


def shaded(point_m: Float, sun: Float, stage: Stage) -> Float:
    """``(N,)`` share of a small neighbourhood from which the surface as it was hides the sun."""
    rng = np.random.default_rng(5)
    share = np.zeros(len(point_m))
    for _ in range(4):
        start = point_m + rng.uniform(-0.3, 0.3, point_m.shape) * [1, 1, 0] + [0, 0, 0.35]
        share += stage.surface_hides(start, np.broadcast_to(sun, start.shape)) / 4
    return share


def shade_of(samples: Samples, sun: Float, stage: Stage) -> Float | None:
    """``(3,)`` brightness of shade against sun, by the surface model's shadows; None where too little lies in them."""
    if sun[2] < LEAST_SUN:
        return None
    share = shaded(samples.point_m, sun, stage)
    lit, dark = samples.value[share == 0], samples.value[share == 1]
    if min(len(lit), len(dark)) < _LEAST_SHADED:
        return None
    ratio = np.median(dark, axis=0) / np.maximum(np.median(lit, axis=0), 1e-4)
    return np.clip(ratio, *_SHADE_BOUNDS) if ratio.mean() < 0.9 else None


def frame_light(samples: Samples, sun: Float, stage: Stage, usual_shade: Float | None) -> FrameLight:
    """The light of one frame. Below a low or absent sun everything is taken for sky light.

    Args:
        samples: Of its ground.
        sun: Direction towards it.
        stage: The surface.
        usual_shade: What `shade_of` gave for other frames of the flight.
    """
    if len(samples.value) == 0:
        white = 1.0
    else:
        luminance = samples.value @ [0.3, 0.6, 0.1]
        # a frame is exposed for its middle, and none of its ground is brighter than light sand
        white = max(float(np.median(luminance)) / GROUND_ALBEDO, float(np.percentile(luminance, 98)) / _BRIGHT_ALBEDO)
    if sun[2] < LEAST_SUN:
        return FrameLight(sun, np.zeros(3), np.full(3, white), np.ones(3), False)
    own = shade_of(samples, sun, stage)
    shade = own if own is not None else usual_shade if usual_shade is not None else np.array(SHADE)
    sky = shade * white
    return FrameLight(
        sun, (white - sky) / max(float(sun[2]), 0.15), sky, shade, own is not None or usual_shade is not None
    )
