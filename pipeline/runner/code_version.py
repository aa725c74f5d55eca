"""Which code decided: the version, and a hash of the source itself.

A version number alone does not change while someone works on the code, and results that were kept would look fresh.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

import detectors
import pipeline

HASH_DIGITS = 12


@lru_cache(maxsize=1)
def code_version() -> str:
    """``VERSION+HASH`` over every Python file of the two packages, in order of their paths."""
    total = hashlib.sha256()
    for package in (pipeline, detectors):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            total.update(path.relative_to(root.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{pipeline.__version__}+{total.hexdigest()[:HASH_DIGITS]}"
