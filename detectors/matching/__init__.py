"""Matching: the same ground in two pictures that look unlike, such as thermal and daylight."""

from detectors.matching.settings import StructureSettings
from detectors.matching.structure import StructureMatcher

__all__ = ["StructureMatcher", "StructureSettings"]
