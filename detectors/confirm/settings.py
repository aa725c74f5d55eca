"""Settings of the confirmer that runs a classifier from an ONNX file."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.records.confirmation import SeenClass


@dataclass(frozen=True, slots=True)
class OnnxSettings:
    """A user's classifier and how pictures are made ready for it. The defaults suit many trained on ImageNet.

    Attributes:
        weights: The ONNX file. One input ``(1, channels, height, width)`` float32, the first output one number a label.
        labels: What each output stands for, in the model's order; several may stand for one class.
        input_px: Width and height of the model's input.
        channels: 3 for RGB, 1 for grey.
        mean, std: Taken off and divided by, after grey levels were scaled to 0…1; one a channel, or one for all.
        softmax: The outputs are logits; else probabilities.
    """

    weights: Path | None = None
    labels: tuple[SeenClass, ...] = ()
    input_px: tuple[int, int] = (224, 224)
    channels: int = 3
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    softmax: bool = True

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError("'channels' must be 3 (RGB) or 1 (grey)")
        if min(self.input_px) < 1 or max(self.input_px) > 4096:
            raise ValueError("'input_px' must lie between 1 and 4096")
        for name in ("mean", "std"):
            if len(getattr(self, name)) not in (1, self.channels):
                raise ValueError(f"'{name}' needs {self.channels} numbers, one a channel, or one for all")
        if min(self.std) <= 0:
            raise ValueError("'std' must be positive")
