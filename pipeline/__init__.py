"""Drone frames and telemetry in, candidate ceasefire violations for people to judge out."""

import os

# Read by OpenCV when it is imported: a 1 MB PNG can otherwise claim gigabytes of memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(250_000_000))
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
# A centre without internet must give the same heights as one with it.
os.environ["PROJ_NETWORK"] = "OFF"

__version__ = "0.1.0"
