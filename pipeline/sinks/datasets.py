"""Every data set of version 1."""

from typing import Any

from pipeline.sinks.account_columns import CHIPS, COVERAGE, DROPPED
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import Dataset
from pipeline.sinks.event_columns import EVENTS
from pipeline.sinks.evidence_columns import CHANGES, TRACKS
from pipeline.sinks.frame_columns import FRAMES

DATASETS: tuple[Dataset[Any], ...] = (CANDIDATES, EVENTS, TRACKS, CHANGES, FRAMES, COVERAGE, DROPPED, CHIPS)
