"""Seeds from names: the same for the same name, whatever else there is and in whatever order it comes."""

import hashlib

import numpy as np


def seed_of(seed: int, *names: str | int) -> int:
    """A seed of 31 bits for something that names identify.

    Args:
        seed: The world's.
        names: Such as ``"sortie", "S0007"``.
    """
    text = "\0".join([str(seed), *(str(name) for name in names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()[:4], "big") >> 1


def scatter(seed: int, reach_m: float, *names: str | int) -> tuple[float, float]:
    """A place in a disc, evenly likely: metres east and north of its middle."""
    random = np.random.default_rng([seed, seed_of(seed, *names)])
    radius, turn = reach_m * float(np.sqrt(random.random())), 2 * np.pi * float(random.random())
    return radius * float(np.cos(turn)), radius * float(np.sin(turn))
