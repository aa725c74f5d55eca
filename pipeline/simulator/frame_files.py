"""A rendered frame as the files that a drone, and the truth, would hold."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.simulator.flight import Flown
from pipeline.simulator.layout import true_camera
from pipeline.simulator.photo_tags import PhotoTags
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.settings import SimulationSettings, SortieSettings

_SENSOR_WIDTH_MM = 6.4
EXPOSURE_S = 1 / 800
"""Of every frame."""


def jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """A JPEG file without tags.

    Raises:
        ConfigError: OpenCV cannot write any.
    """
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ConfigError("OpenCV on this machine cannot write JPEG; run trucewatch doctor")
    return data.tobytes()


def write_mask(path: Path, number: NDArray[np.uint16]) -> None:
    """Which thing each pixel shows, as a PNG.

    Raises:
        ConfigError: OpenCV cannot write any.
    """
    done, data = cv2.imencode(".png", number, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ConfigError("OpenCV on this machine cannot write PNG; run trucewatch doctor")
    path.write_bytes(data.tobytes())


def tags_of(
    settings: SimulationSettings,
    scenario: Scenario,
    sortie: SortieSettings,
    told: Flown,
    index: int,
    t_ns: int,
    take_off_m: float,
) -> PhotoTags:
    """Tags with the flight's faults; a lost sample leaves position and gimbal at zero, as drones do."""
    camera = true_camera(settings)
    width, height = settings.size_px
    focal = camera.focal_px * (1 + sortie.faults.focal_error)
    lon, lat = scenario.site.to_lonlat(told.eye_m[index : index + 1, :2])[0]
    alt = float(told.eye_m[index, 2])
    relative = alt - take_off_m - sortie.faults.height_bias_m
    angles = float(told.yaw_deg[index]), float(told.pitch_deg[index]), float(told.roll_deg[index])
    if not told.present[index]:
        lon, lat, alt, relative, angles = 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)
    centre = camera.K[0, 2] - (width - 1) / 2, camera.K[1, 2] - (height - 1) / 2
    return PhotoTags(
        make="trucewatch",
        model="simulated",
        clock_utc_ns=t_ns - round(sortie.faults.clock_offset_s * 1e9),
        utc_offset_h=4,
        lon_deg=float(lon),
        lat_deg=float(lat),
        alt_m=alt,
        relative_alt_m=relative,
        yaw_deg=angles[0],
        pitch_deg=angles[1],
        roll_deg=angles[2],
        flight_yaw_deg=angles[0] + 1.0,
        flight_pitch_deg=-6.0,
        flight_roll_deg=0.8,
        focal_mm=round(camera.focal_px / width * _SENSOR_WIDTH_MM, 2),
        focal_35mm=round(camera.focal_px * 43.267 / float(np.hypot(width, height))),
        exposure_s=EXPOSURE_S,
        size_px=settings.size_px,
        dewarp=(focal, focal, *centre, *settings.distortion),
    )
