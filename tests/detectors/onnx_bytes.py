"""Tiny ONNX files written by hand: the mean of each channel through one linear layer."""

import numpy as np


def _varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _tensor(name, values):
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, 1) + _bytes(8, name) + _bytes(9, values.astype("<f4").tobytes())


def _value(name, shape):
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, sides)))


def _node(kind, inputs, output, *attributes):
    parts = b"".join(_bytes(1, name) for name in inputs) + _bytes(2, output) + _bytes(3, output) + _bytes(4, kind)
    return parts + b"".join(_bytes(5, attribute) for attribute in attributes)


def channel_classifier(weights, bias, size_px=(16, 16)):
    """Model bytes: logits are the mean of each channel times `weights` ``(channels, labels)`` plus `bias`."""
    weights, bias = np.asarray(weights, float), np.asarray(bias, float)
    channels, labels = weights.shape
    axis = _bytes(1, "axis") + _number(3, 1) + _number(20, 2)
    graph = (
        _bytes(1, _node("GlobalAveragePool", ["image"], "pooled"))
        + _bytes(1, _node("Flatten", ["pooled"], "flat", axis))
        + _bytes(1, _node("Gemm", ["flat", "weights", "bias"], "logits"))
        + _bytes(2, "colours")
        + _bytes(5, _tensor("weights", weights))
        + _bytes(5, _tensor("bias", bias))
        + _bytes(11, _value("image", (1, channels, size_px[1], size_px[0])))
        + _bytes(12, _value("logits", (1, labels)))
    )
    return _number(1, 7) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))
