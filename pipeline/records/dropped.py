"""What was set aside, and why: data, never a log line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item that a stage could not use.

    Attributes:
        stage: Name of the stage.
        item: Frame, file, tile or track, by its id or name.
        reason: A sentence: what is wrong, the likely cause, the remedy.
        code: Short machine-readable reason, e.g. ``no_telemetry``.
    """

    stage: str
    item: str
    reason: str
    code: str
