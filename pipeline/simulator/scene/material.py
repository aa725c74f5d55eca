"""What surfaces are made of: decides fine texture, shine and warmth."""

from enum import IntEnum


class Material(IntEnum):
    """Number of a material in meshes and ground tiles."""

    SOIL = 0
    GRASS = 1
    CROP = 2
    STUBBLE = 3
    LEAF = 4
    BARK = 5
    ROCK = 6
    GRAVEL = 7
    SAND = 8
    ASPHALT = 9
    CONCRETE = 10
    PLASTER = 11
    ROOF_TILE = 12
    SHEET_METAL = 13
    PAINT = 14
    GLASS = 15
    RUBBER = 16
    CLOTH = 17
    SANDBAG = 18
    NET = 19
    WOOD = 20
    SKIN = 21
    FUR = 22
    HAY = 23
    ENGINE = 24  # metal that a running engine warms
    WATER = 25
    SNOW = 26
    ASH = 27
    EMBER = 28
    LAMP = 29
    WIRE = 30
