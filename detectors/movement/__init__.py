"""Movement: what moves on the ground under a moving camera."""

from detectors.movement.detector import MotionDetector
from detectors.movement.settings import MovementSettings

__all__ = ["MotionDetector", "MovementSettings"]
