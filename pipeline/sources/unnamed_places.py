"""Coordinates of which their file does not tell which is the longitude, settled by the rest of the sortie."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.records.contents import Still
from pipeline.records.samples import TelemetrySamples
from pipeline.sources.telemetry.axis_order import AxisOrder, settle_by_area

UNSETTLED = "axis_order_unsettled"


def settle_unnamed(telemetry: Sequence[TelemetrySamples], stills: Sequence[Still]) -> list[TelemetrySamples]:
    """Give positions to telemetry whose coordinates are unnamed, where the other files' positions show the order."""
    if all(samples.unnamed_deg is None for samples in telemetry):
        return list(telemetry)
    lon = np.concatenate([[still.tags.lon_deg for still in stills], *(samples.lon_deg for samples in telemetry)])
    lat = np.concatenate([[still.tags.lat_deg for still in stills], *(samples.lat_deg for samples in telemetry)])
    known = np.isfinite(lon) & np.isfinite(lat) & ~((lon == 0) & (lat == 0))
    if not known.any():
        return list(telemetry)
    middle = float(np.median(lon[known])), float(np.median(lat[known]))
    return [_settled(samples, *middle) for samples in telemetry]


def _settled(samples: TelemetrySamples, lon_deg: float, lat_deg: float) -> TelemetrySamples:
    if samples.unnamed_deg is None:
        return samples
    first, second = samples.unnamed_deg.T
    order: AxisOrder = settle_by_area(first, second, lon_deg, lat_deg)
    if order.longitude_first is None:
        return samples
    lon, lat = (first, second) if order.longitude_first else (second, first)
    unnamed = np.isfinite(first) & np.isfinite(second)
    which = "longitude, latitude" if order.longitude_first else "latitude, longitude"
    return replace(
        samples,
        lon_deg=np.where(unnamed, lon, samples.lon_deg),
        lat_deg=np.where(unnamed, lat, samples.lat_deg),
        unnamed_deg=None,
        faults=tuple(fault for fault in samples.faults if fault.code != UNSETTLED),
        notes=(*samples.notes, f"positions are {which}: {order.reason}"),
    )
