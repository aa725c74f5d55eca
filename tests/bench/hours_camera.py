"""What a sensor makes of a cast picture: gain that drifts, noise, compression; and films as a whole."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import pandas as pd
from hours_film import PLANS, Caster, Flight
from hours_ground import made_ground
from hours_movers import draw, movers_of, smooth
from movers_nights import BIOMES

from pipeline.simulator.sensor.settings import ThermalSettings
from pipeline.simulator.sensor.thermal import thermal_counts

WORLDS_EVERY = 96  # films over the same worlds
FILMS_A_GROUND = 2 * len(BIOMES)


class Sensor:
    """A camera of a seed: by day 8-bit colour as JPEG; by night counts of 16 bits, or 8 bits as JPEG."""

    def __init__(self, seed, thermal):
        rng = np.random.default_rng([seed, 13])
        self._seed, self._thermal = seed, thermal
        self.sixteen = thermal and bool(rng.random() < 0.5)
        self._noise = float(rng.uniform(1.0, 4.0))
        self._gain = float(rng.uniform(0.02, 0.10))  # by which the exposure comes and goes
        self._bright = float(rng.uniform(0.55, 1.1))
        self._period_s = float(rng.uniform(8, 40))
        self._quality = int(rng.integers(45, 92))
        self._range_k = None

    def expose(self, picture, t_s, index):
        """The film's picture: ``(H, W, 3)`` or ``(H, W)`` uint8, or ``(H, W)`` uint16."""
        rng = np.random.default_rng([self._seed, 17, index])
        if self._thermal:
            counts = thermal_counts(picture, t_s, ThermalSettings(), self._seed, rng)
            return counts if self.sixteen else self._packed(self._stretched(counts))
        height, width = picture.shape[:2]
        y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
        gain = self._bright * (1 + self._gain * np.sin(2 * np.pi * t_s / self._period_s)) * (1 - 0.06 * (x * x + y * y))
        bright = smooth(picture, 0.6) * gain[..., None].astype(np.float32)
        grain = cv2.randn(np.empty(bright.shape, np.int16), 0, round(64 * self._noise)) / np.float32(64)
        return self._packed(np.clip(bright + grain, 0, 255).round().astype(np.uint8))

    def _stretched(self, counts):
        """As a camera with 8 bits does, by a range that follows the scene slowly."""
        low, high = np.percentile(counts[::4, ::4], (1, 99))
        now = np.array([low - 100, high + 100])
        self._range_k = now if self._range_k is None else 0.95 * self._range_k + 0.05 * now
        low, high = self._range_k
        return np.clip((counts - low) / (high - low) * 255, 0, 255).astype(np.uint8)

    def _packed(self, image):
        """Compressed and back."""
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)


@dataclass(frozen=True)
class Film:
    """A film, described in full by its seed.

    Attributes:
        seed: Decides ground, way, sensor and movers; odd ones by day, even ones thermal by night.
        rate_hz, seconds: Pictures a second and how long.
        movers: Boxes that move.
    """

    seed: int
    rate_hz: float
    seconds: float
    movers: int

    @property
    def thermal(self):
        return self.seed % 2 == 0

    @property
    def biome(self):
        return BIOMES[self.seed // 2 % len(BIOMES)]

    @property
    def plan(self):
        return PLANS[self.seed // FILMS_A_GROUND % len(PLANS)]

    @property
    def count(self):
        return round(self.rate_hz * self.seconds)

    def time_s(self, index):
        return index / self.rate_hz

    def cast(self, keep, grounds):
        """Yields pictures in order, with rows of what moves in them; `grounds` holds what was loaded before."""
        key = (1 + self.seed // WORLDS_EVERY, self.biome, self.thermal)
        if key not in grounds:
            grounds.clear()
            grounds[key] = Caster(made_ground(keep, *key))
        yield from Cast(self, grounds[key]).pictures()


class Cast:
    """A film over its ground."""

    def __init__(self, film, caster):
        self.film, self._caster = film, caster
        self.flight = Flight(caster.ground, film.seed, film.plan)
        self._sensor = Sensor(film.seed, film.thermal)

    @cached_property
    def movers(self):
        return movers_of(self._caster.ground, self.flight, self.film.seed, self.film.seconds, self.film.movers)

    def pictures(self):
        """Yields pictures in order, with rows of what moves in them."""
        cv2.setRNGSeed(self.film.seed)
        for index in range(self.film.count):
            t_s = self.film.time_s(index)
            view = self.flight.at(t_s)
            picture, z = self._caster.look(view)
            rows = []
            for mover in self.movers:
                box = draw(mover, t_s, view, z, picture, self._caster.ground)
                if box is not None:
                    rows.append((index, round(t_s * 1e9), mover.name, mover.size_m[0], mover.speed_mps, *box))
            yield self._sensor.expose(picture, t_s, index), rows


COLUMNS = ("frame_id", "t_utc_ns", "thing_id", "length_m", "speed_mps", "left_px", "top_px", "width_px", "height_px",
           "visible_px")  # fmt: skip


def table(rows):
    """Rows of what moves as a table."""
    return pd.DataFrame(rows, columns=list(COLUMNS))
