"""Weights that a user hands in."""

from pathlib import Path

from pipeline.errors import ConfigError


def read_model(path: Path | None) -> bytes:
    """Content of a model file.

    Raises:
        ConfigError: None is named, or it cannot be read.
    """
    if path is None:
        raise ConfigError(
            "[detectors.confirmer]: 'weights' is missing; name the ONNX file of a classifier (none comes with the "
            'software), or write name = "none"'
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); correct 'weights'") from error
