"""A user's own classifier, from an ONNX file: run by onnxruntime where it is installed, else by OpenCV.

No weights come with the software, and none are fetched.
"""

import hashlib
import importlib
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.confirm.settings import OnnxSettings
from pipeline.errors import ConfigError
from pipeline.records.confirmation import ClassOdds, SeenClass, TrackCrop

Blob = NDArray[np.float32]
Engine = Callable[[Blob], NDArray[np.float64]]

_ROUNDING = 1e-3  # by which probabilities that a model gives may leave 0…1


class OnnxConfirmer:
    """Shows crops to a classifier. Implements `pipeline.protocols.TrackConfirmer`."""

    name = "onnx"

    def __init__(self, settings: OnnxSettings, weights: bytes) -> None:
        """Load the model and try it on a grey picture.

        Args:
            settings: How pictures are made ready, and what the outputs stand for.
            weights: Content of the file that the settings name.

        Raises:
            ConfigError: The model cannot be used as the settings say.
        """
        self._settings = settings
        self.model_sha256 = hashlib.sha256(weights).hexdigest()
        if not settings.labels:
            raise ConfigError(
                "[detectors.confirmer]: 'labels' is missing; list what each output of the model stands for, of "
                + ", ".join(SeenClass)
            )
        try:
            self._run, engine = _engine(weights)
        except Exception as error:
            raise ConfigError(
                f"{settings.weights}: cannot be read as an ONNX model ({_brief(error)}); is the file whole, and its "
                "operators known to onnxruntime or OpenCV?"
            ) from error
        self.version = f"1, {engine}"
        self._try()

    def confirm(self, crops: Sequence[TrackCrop]) -> ClassOdds | None:
        """See `pipeline.protocols.TrackConfirmer.confirm`: the mean over crops; None where no crop gave an answer."""
        told = [odds for odds in (self._odds(crop) for crop in crops) if odds is not None]
        if not told:
            return None
        mean = np.mean(told, axis=0)
        shares = dict.fromkeys(SeenClass, 0.0)
        for label, share in zip(self._settings.labels, mean, strict=True):
            shares[label] = min(1.0, shares[label] + float(share))
        return ClassOdds(**{kind.value: share for kind, share in shares.items()})

    def _odds(self, crop: TrackCrop) -> NDArray[np.float64] | None:
        """One number a label; None where the model fails or says what is no probability."""
        try:
            out = self._run(self._blob(crop.image)).ravel()
        except Exception:  # noqa: BLE001  a picture that the model can't take says nothing
            return None
        if len(out) != len(self._settings.labels) or not np.isfinite(out).all():
            return None
        if self._settings.softmax:
            spread = np.exp(out - out.max())
            return np.asarray(spread / spread.sum(), np.float64)
        if out.min() < -_ROUNDING or out.max() > 1 + _ROUNDING:
            return None
        return np.clip(out, 0.0, 1.0)

    def _blob(self, image: NDArray[np.uint8]) -> Blob:
        rules = self._settings
        shrinks = image.shape[1] > rules.input_px[0]
        picture = cv2.resize(image, rules.input_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if rules.channels == 1:
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
        levels = (picture / 255.0 - np.array(rules.mean)) / np.array(rules.std)
        return np.ascontiguousarray(levels.transpose(2, 0, 1)[None], np.float32)

    def _try(self) -> None:
        rules = self._settings
        grey = np.full((64, 64, 3), 127, np.uint8)
        size = f"(1, {rules.channels}, {rules.input_px[1]}, {rules.input_px[0]})"
        try:
            out = self._run(self._blob(grey))
        except Exception as error:
            raise ConfigError(
                f"{rules.weights}: does not take an input of {size} ({_brief(error)}); set input_px and channels in "
                "[detectors.confirmer] as the model was exported"
            ) from error
        if out.size != len(rules.labels):
            raise ConfigError(
                f"{rules.weights}: gives {out.size} numbers for one picture, and [detectors.confirmer] names "
                f"{len(rules.labels)} labels; name one label for each output, in the model's order"
            )
        if self._odds(TrackCrop(grey, np.array([16.0, 16, 32, 32]), 0.05)) is None:
            raise ConfigError(
                f"{rules.weights}: gives no probabilities for a grey picture; are its outputs logits? then set "
                "softmax = true in [detectors.confirmer]"
            )


def _engine(weights: bytes) -> tuple[Engine, str]:
    """What runs the model, and its name with its version, as results may differ in the last digits."""
    try:
        runtime: Any = importlib.import_module("onnxruntime")
    except ImportError:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(weights, np.uint8))

        def by_opencv(blob: Blob) -> NDArray[np.float64]:
            net.setInput(blob)
            return np.asarray(net.forward(), np.float64)

        return by_opencv, f"opencv {cv2.__version__}"
    session = runtime.InferenceSession(weights, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name

    def by_runtime(blob: Blob) -> NDArray[np.float64]:
        return np.asarray(session.run(None, {entry: blob})[0], np.float64)

    return by_runtime, f"onnxruntime {runtime.__version__}"


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
