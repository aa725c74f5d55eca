"""The errors of the project.

Each message says what is wrong, which item it concerns, the likely cause and the remedy. Only the command line
turns an error into an exit code.
"""


class TrucewatchError(Exception):
    """Base of every error that this project raises on purpose."""


class GeometryError(TrucewatchError):
    """A position, ray or shape that cannot be computed from what is known."""


class DatumError(GeometryError):
    """A height or coordinate whose datum is unknown or cannot be converted."""


class InputError(TrucewatchError):
    """A file or item that cannot be read. The item is set aside; the rest goes on."""


class ConfigError(TrucewatchError):
    """Wrong use or configuration: names file, line and key. Ends the command with exit code 2."""


class PublishError(TrucewatchError):
    """Results could not be written whole. Nothing was published."""


class BusyError(TrucewatchError):
    """Another process works on the same sortie."""
