"""What a sensor is like, and how its maker treats the picture."""

from dataclasses import dataclass, field

from pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ThermalSettings:
    """An uncooled thermal camera with 16-bit output. Spreads are standard deviations.

    Attributes:
        counts_per_k: Gain: a count is the reciprocal of it in kelvin.
        zero_k: Temperature of count 0.
        blur_px: Of lens and detector.
        netd_k: Noise from frame to frame, per pixel.
        column_k, row_k, pixel_k: Fixed pattern that the last shutter event left; each event draws anew.
        narcissus_k: Ring of the camera's own warmth: corner against middle.
        drift_k: Offset gained between two shutter events.
        shutter_every_s: Between shutter events.
        response_s: Time constant of the detector: it blurs what moves.
    """

    counts_per_k: float = 100.0
    zero_k: float = 0.0
    blur_px: float = 0.65
    netd_k: float = 0.05
    column_k: float = 0.016
    row_k: float = 0.012
    pixel_k: float = 0.02
    narcissus_k: float = 0.25
    drift_k: float = 0.3
    shutter_every_s: float = 120.0
    response_s: float = 0.01

    def __post_init__(self) -> None:
        if self.counts_per_k <= 0 or self.shutter_every_s <= 0:
            raise ConfigError("thermal sensor: counts_per_k and shutter_every_s must be above 0")
        spreads = (self.blur_px, self.netd_k, self.column_k, self.row_k, self.pixel_k, self.response_s)
        if min(spreads) < 0:
            raise ConfigError("thermal sensor: blur, noise, patterns and response_s must be 0 or more")


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """A camera. The defaults are those of a small drone's 12-megapixel camera by day.

    Attributes:
        exposure_s, iso: Fixed; None: automatic.
        brightness: What automatic exposure makes of the picture's mean, as a share of full scale after the tone curve.
        compensation_ev: Added by the pilot.
        meter_error_ev: Spread of what automatic exposure is off by.
        f_number: Aperture.
        steady_s: Longest exposure before the sensitivity is raised.
        longest_s, shortest_s: Limits of the shutter.
        most_iso: Limit of the sensitivity; the least is 100.
        readout_s: From first row to last; 0 is a global shutter.
        white_balance: Fixed gains of red and blue against green; None: automatic.
        grey_world: Share of the scene's mean colour that automatic white balance takes for the light's.
        white_error: Spread of its gains, relative.
        vignetting: Share of light lost in the corners, after the maker's correction.
        blur_px: Standard deviation of lens and pixel blur.
        colour_fringe_px: By which red and blue are magnified against green in the corners.
        full_well_e: Electrons of full scale at ISO 100, which metering puts at about 2.2 lx s on the sensor.
        read_noise_e: Of a pixel.
        denoising: Strength of the maker's own noise filter, 0 to 1, on brightness.
        colour_denoising: The same on colour.
        sharpening: Strength of the maker's sharpening.
        sharpening_px: Its radius.
        contrast: Of the tone curve, 0 to 1.
        saturation: Factor on colours.
        flicker: Share of the light that lamps on the mains make come and go; seen with a rolling shutter.
        mains_hz: Of those lamps' supply.
        thermal: Of the thermal camera, where frames are thermal.
    """

    exposure_s: float | None = None
    iso: int | None = None
    brightness: float = 0.47
    compensation_ev: float = 0.0
    meter_error_ev: float = 0.04
    f_number: float = 2.8
    steady_s: float = 1 / 120
    longest_s: float = 1 / 30
    shortest_s: float = 1 / 8000
    most_iso: int = 6400
    readout_s: float = 0.02
    white_balance: tuple[float, float] | None = None
    grey_world: float = 0.12
    white_error: float = 0.012
    vignetting: float = 0.15
    blur_px: float = 0.6
    colour_fringe_px: float = 0.4
    full_well_e: float = 13_000.0
    read_noise_e: float = 1.8
    denoising: float = 0.5
    colour_denoising: float = 1.0
    sharpening: float = 1.2
    sharpening_px: float = 1.1
    contrast: float = 0.6
    saturation: float = 1.15
    flicker: float = 0.0
    mains_hz: float = 50.0
    thermal: ThermalSettings = field(default_factory=ThermalSettings)

    def __post_init__(self) -> None:
        if not 0.02 <= self.brightness <= 0.95:
            raise ConfigError(f"sensor: brightness {self.brightness} is a share of full scale; set 0.02 to 0.95")
        times = (self.shortest_s, self.steady_s, self.longest_s)
        if not 0 < times[0] <= times[1] <= times[2]:
            raise ConfigError("sensor: shortest_s, steady_s and longest_s must ascend from above 0")
        if (self.exposure_s is not None and self.exposure_s <= 0) or (self.iso is not None and self.iso < 25):
            raise ConfigError("sensor: a fixed exposure_s must be above 0, a fixed iso at least 25")
        if self.most_iso < 100 or self.f_number <= 0 or self.full_well_e < 100 or self.readout_s < 0:
            raise ConfigError(
                "sensor: most_iso and full_well_e are at least 100, f_number above 0, readout_s 0 or more"
            )
        shares = (self.vignetting, self.denoising, self.colour_denoising, self.contrast, self.grey_world, self.flicker)
        if min(shares) < 0 or max(shares) > 1:
            raise ConfigError("sensor: vignetting, denoising, contrast, grey_world and flicker are shares from 0 to 1")
        if min(self.blur_px, self.read_noise_e, self.sharpening, self.saturation, self.meter_error_ev) < 0:
            raise ConfigError("sensor: blur, noise, sharpening, saturation and errors must be 0 or more")
