"""Photographs with exact poses of level ground and one box, made without the simulator."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.arrays import Float
from pipeline.simulator.inject.posed import PosedFlight, PosedPicture
from pipeline.simulator.noise import octaves
from pipeline.simulator.scene.event import EventTruth, Happening
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh, Placed

SITE = SiteFrame.at(46.84, 39.97)
MIDDLE_M = SITE.from_lonlat(np.array([46.84]), np.array([39.97]))[0]
GROUND_M = 150.0
BOX_M = (6.0, 3.0, 3.0)
"""East of the middle, half its width, and height of the box that stands there."""
SIZE = (400, 300)
LENS = Lens("brown", SIZE, camera_matrix(420.0, SIZE), np.array([-0.05, 0.01, 0.0005, -0.0003, 0.0]))
T_NS = 1_621_324_800_000_000_000  # 2021-05-18 08:00Z: the sun stands 60° high in the south-east
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta made='for this test'/>"
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
NOISE = 2.0
BLUR_PX = 0.9


def surface(*, box: bool = True) -> HeightGrid:
    """Level ground, 80 m wide, in cells of 0.25 m."""
    heights = np.full((321, 321), GROUND_M)
    axis = np.linspace(-40, 40, 321)
    inside = (np.abs(axis - BOX_M[0])[None, :] <= BOX_M[1]) & (np.abs(axis)[:, None] <= BOX_M[1])
    if box:
        heights[inside] += BOX_M[2]
    return HeightGrid(heights, MIDDLE_M[0] - 40, MIDDLE_M[1] - 40, 0.25, 0.1, "made up")


def picture(
    name: str, eye: tuple[float, float, float], look_deg: tuple[float, float, float], path: Path
) -> PosedPicture:
    """A pose; `eye` from the middle and above ground, yaw, pitch and roll in degrees."""
    rotation = camera_to_site(*np.radians(look_deg))
    at = np.array([MIDDLE_M[0] + eye[0], MIDDLE_M[1] + eye[1], GROUND_M + eye[2]])
    return PosedPicture(name, path, 0, False, T_NS, 0.1, LENS, at, rotation, "image_match")


def photograph(posed: PosedPicture, seed: int, *, even: bool = False) -> np.ndarray:
    """``(H, W, 3)`` uint8 of the ground and the box, blurred and noisy."""
    columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    pixels = np.column_stack([columns.ravel(), rows.ravel()]).astype(float)
    place = meet_terrain(posed.eye_m, pixel_rays(pixels, LENS.K, Brown(*LENS.distortion), posed.rotation), surface())
    east, north = (place[:, k] - MIDDLE_M[k] for k in (0, 1))
    axis = np.linspace(-60, 60, 2401)
    pattern = octaves(3, axis, axis, ((3.0, 0.1), (0.6, 0.1), (0.2, 0.1)))
    at = np.clip(np.rint((np.stack([north, east]) + 60) / 0.05), 0, 2400)
    level = 0.16 * (1 + (0 if even else 1) * pattern[tuple(np.nan_to_num(at).astype(int))])
    roof = place[:, 2] > GROUND_M + 0.5
    linear = np.where(roof, 0.45, level)[:, None] * np.array([1.0, 1.05, 0.8])
    value = 255 * np.clip(1.055 * np.clip(linear, 0.004, 1) ** (1 / 2.4) - 0.055, 0, 1)
    image = cv2.GaussianBlur(value.reshape(*SIZE[::-1], 3), (0, 0), BLUR_PX)
    image = image + np.random.default_rng(seed).normal(0, NOISE, (*image.shape[:2], 1))
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def write_photograph(path: Path, image: np.ndarray) -> None:
    """A JPEG with EXIF, XMP and a comment."""
    done = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    extra = b"".join(
        bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
        for marker, body in ((0xE1, EXIF), (0xE1, XMP), (0xFE, b"a comment"))
    )
    path.write_bytes(done[:2] + extra + done[2:] + b"behind the end")


def flight(folder: Path, *, even: bool = False, extra: tuple[PosedPicture, ...] = ()) -> PosedFlight:
    """Two overlapping frames from above, written to `folder`, and a file that is no frame."""
    folder.mkdir(parents=True)
    looks = (("A0001", (-2.0, 1.0, 24.0), (10.0, -88.0, 1.0)), ("A0002", (4.0, -3.0, 26.0), (200.0, -80.0, -2.0)))
    pictures = [picture(name, eye, look, folder / f"{name}.JPG") for name, eye, look in looks]
    for number, posed in enumerate([*pictures, *extra]):
        write_photograph(posed.path, photograph(posed, number, even=even))
    (folder / "telemetry.csv").write_text("t,lon,lat\n1,2,3\n")
    return PosedFlight("SREAL", SITE, (*pictures, *extra))


@dataclass(frozen=True)
class Block:
    """A box of one colour."""

    length_m: float
    width_m: float
    height_m: float
    level: float
    kind: str = "block"

    @property
    def outline_m(self) -> Float:
        x, y = self.length_m / 2, self.width_m / 2
        return np.array([[-x, -y], [x, -y], [x, y], [-x, y]])

    def mesh(self, detail_m: float) -> Mesh:
        del detail_m
        x, y, z = self.length_m / 2, self.width_m / 2, self.height_m
        corners = np.array([[i, j, k] for k in (0, z) for i, j in ((-x, -y), (x, -y), (x, y), (-x, y))], np.float32)
        quads = [(4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
        faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))], np.int32)
        colour = np.full((len(faces), 3), self.level, np.float32)
        return Mesh(corners, faces, colour, np.full(len(faces), Material.PAINT, np.uint8))


@dataclass(frozen=True, eq=False)
class Standing:
    """An event of one block, which may move."""

    event_id: str
    model: Block
    east_m: float
    north_m: float
    azimuth_rad: float = 0.0
    speed_mps: float = 0.0
    kind: str = "block"
    begins_utc_ns: int = T_NS - 3600 * 10**9

    def at(self, t_utc_ns: int) -> Happening:
        east = self.east_m + self.speed_mps * (t_utc_ns - T_NS) / 1e9
        x, y = MIDDLE_M[0] + east, MIDDLE_M[1] + self.north_m
        name = f"{self.event_id}.block"
        thing = Placed(name, self.model, x, y, self.azimuth_rad, velocity_mps=(self.speed_mps, 0.0))
        moves = self.speed_mps != 0
        there = t_utc_ns >= self.begins_utc_ns
        truth = EventTruth(
            self.event_id, "block", None if moves else "structure", "violation", there, 0, thing.outline_m, 4.0, None,
            None, None, 1, None, self.begins_utc_ns, (name,),
        )  # fmt: skip
        return Happening(() if moves else (thing,), (), (thing,) if moves else (), (), frozenset(), truth)
