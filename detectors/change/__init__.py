"""Change: what is on the ground now that was not there before, and what has gone."""

from detectors.change.calibration import Calibration
from detectors.change.pair import PairDetector
from detectors.change.settings import ChangeSettings

__all__ = ["Calibration", "ChangeSettings", "PairDetector"]
