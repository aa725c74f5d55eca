"""Painted tiles, and the pictures that are cut from them."""

from dataclasses import replace

import cv2
import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.tile import TILE_PX, Tile, TileKey, View
from pipeline.sinks.chips import ChipCutter, ChipSettings
from pipeline.sinks.flown_ground import FlownGround, Grid

SITE = SiteFrame.at(46.75, 39.75)
GREY = 90


def key_at_origin(gsd_mm):
    span = TILE_PX * gsd_mm / 1000
    return TileKey(SITE.epsg, gsd_mm, int(SITE.east0_m // span), int(SITE.north0_m // span))


def tile(gsd_mm=50, paint=None, seen=True, sortie="S0001", east=0, north=0):
    image = np.full((TILE_PX, TILE_PX, 3), GREY, np.uint8)
    source = np.full((TILE_PX, TILE_PX), 1 if seen else -1, np.int16)
    key = key_at_origin(gsd_mm)
    key = replace(key, column=key.column + east, row=key.row + north)
    made = Tile(key, sortie, (View(image, source),), ("F0", "F1"), (10, 20), np.zeros((2, 3)), 1.0)
    if paint is not None:
        paint(made, image)
    return made


def ground(*tiles):
    """One flight's tiles."""
    by_key = {made.key: made for made in tiles}
    return FlownGround(tiles[0].sortie_id, tiles[0].key.gsd_mm, by_key.get)


def tile_pixels(made, xy_m):
    """Columns and rows in a tile."""
    return Grid(SITE, made.key.gsd_mm).pixels(xy_m) - [made.key.column * TILE_PX, -(made.key.row + 1) * TILE_PX]


def level(xy_m):
    return np.zeros(len(xy_m))


def centre_m(made):
    """Site metres of the tile's middle."""
    span = made.key.span_m
    return SITE.from_utm(np.array([[made.key.west_m + span / 2, made.key.north_m - span / 2]]))[0]


def square_m(middle, side_m):
    half = side_m / 2
    return middle + np.array([[-half, -half], [half, -half], [half, half], [-half, half]])


def pixels(chip):
    return cv2.imdecode(np.frombuffer(chip.jpeg, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def cutter(tracks=(), **settings):
    return ChipCutter("S0001", SITE, tracks, {("S0001", "F1"): "aa"}, level, ChipSettings(**settings))


def a_change(make, made, side_m=6.0):
    return replace(make.change(), outline_m=square_m(centre_m(made), side_m))


def painted(side_m):
    """Paints the square of the change red, so that the picture itself tells where it was cut."""

    def paint(made, image):
        box = np.round(tile_pixels(made, square_m(centre_m(made), side_m))).astype(int)
        image[box[:, 1].min() : box[:, 1].max() + 1, box[:, 0].min() : box[:, 0].max() + 1] = (200, 30, 30)

    return paint


def striped(made, image):
    """Stripes as narrow as arms and legs: what blurring must take away."""
    image[:, ::6] = 250


RED = (200, 30, 30)


def shows(picture, rgb, tolerance=40):
    """Where a picture has a colour."""
    return abs(picture.astype(int) - rgb).max(axis=2) < tolerance
