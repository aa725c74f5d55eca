"""What is true of events at a time, as rows; and a night's log, with the differences from each earlier night."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from shapely import from_wkb, to_wkb

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.scene.event import EventTruth
from pipeline.simulator.truth.changes import delta_of
from pipeline.simulator.truth.geoparquet import polygon_wkb
from pipeline.simulator.truth.records import EventState


def event_state(truth: EventTruth, at_utc_ns: int, site: SiteFrame) -> EventState:
    """An event as the truth's files hold it."""
    shape = polygon_wkb(site, truth.outline_m)
    given: dict[str, Any] = {field.name: getattr(truth, field.name, None) for field in fields(EventState)}
    given |= {"thing_ids": list(truth.thing_ids), "at_utc_ns": at_utc_ns}
    return EventState(**{**given, "geometry": from_wkb(shape) if shape else None})


def state_row(state: EventState) -> dict[str, Any]:
    """An event as a row of `schemas.EVENTS`."""
    row = {field.name: getattr(state, field.name) for field in fields(EventState)}
    return {**row, "geometry": None if state.geometry is None else to_wkb(state.geometry, byte_order=1)}


def night_rows(nights: Mapping[str, Iterable[EventState]], site: SiteFrame) -> list[dict[str, Any]]:
    """Rows of `schemas.NIGHT_EVENTS`.

    Args:
        nights: The events of each night, by night id, in order of time.
        site: Frame in which areas are measured.
    """
    earlier: dict[str, dict[str, EventState]] = {}
    rows: list[dict[str, Any]] = []
    for night_id, states in nights.items():
        tonight = {state.event_id: state for state in states}
        for event_id, state in sorted(tonight.items()):
            deltas = (
                delta_of(known[event_id], state, name, site) for name, known in earlier.items() if event_id in known
            )
            said = [asdict(delta) for delta in deltas if delta is not None]
            rows.append({"night_id": night_id, **state_row(state), "deltas": said})
        earlier[night_id] = tonight
    return rows
