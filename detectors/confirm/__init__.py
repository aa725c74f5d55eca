"""Models that are shown pictures of movers and say what they take them for."""

from detectors.confirm.onnx_confirmer import OnnxConfirmer
from detectors.confirm.settings import OnnxSettings

__all__ = ["OnnxConfirmer", "OnnxSettings"]
