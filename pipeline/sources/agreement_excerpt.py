"""An agreement as far as one row needs it: of what was notified only the one thing that matched."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.records.strict_toml import read_toml
from pipeline.records.toml_text import toml_text

_FEATURE_KEYS = ("feature", "area_of_interest", "side_a", "side_b")


@dataclass(frozen=True, slots=True)
class AgreementExcerpt:
    """Both files of an agreement.

    Attributes:
        toml, geojson: Bytes; those of the originals where nothing had to be left out.
        geometry: Name by which the TOML file calls the GeoJSON file, beside it.
        left_out: How many notifications are not in it.
    """

    toml: bytes
    geojson: bytes
    geometry: str
    left_out: int


def agreement_excerpt(path: Path, notification_id: str | None) -> AgreementExcerpt:
    """An agreement without the notifications that did not match. Comments go too: they may speak of them.

    Lines, zones and rules stay whole: they decide, and are no secret between the cells.

    Args:
        path: TOML file of an agreement that `load_agreement` takes.
        notification_id: The one that matched; None: none did.

    Raises:
        ConfigError: A file cannot be read.
    """
    values = dict(read_toml(path).values)
    geojson = path.parent / str(values["geometry"])
    every = values.get("notifications", [])
    kept = [item for item in every if item["notification_id"] == notification_id]
    same_folder = geojson.parent == path.parent
    if len(kept) == len(every) and same_folder:
        return AgreementExcerpt(path.read_bytes(), geojson.read_bytes(), geojson.name, 0)
    values["geometry"] = geojson.name
    values["notifications"] = kept
    if not kept:
        del values["notifications"]
    dropped = {item["feature"] for item in every} - _used(values)
    left = len(every) - len(kept)
    return AgreementExcerpt(toml_text(values).encode(), _without(geojson.read_bytes(), dropped), geojson.name, left)


def _used(values: dict[str, Any]) -> set[str]:
    """Features that lines, zones and what is left of the notifications name."""
    rows = [row for key in ("lines", "zones", "notifications") for row in values.get(key, [])]
    named = {str(row[key]) for row in rows for key in _FEATURE_KEYS if key in row}
    return named | {str(name) for row in rows for name in row.get("without", [])}


def _without(raw: bytes, dropped: set[str]) -> bytes:
    if not dropped:
        return raw
    document = json.loads(raw)
    document["features"] = [feature for feature in document["features"] if _id(feature) not in dropped]
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _id(feature: dict[str, Any]) -> str:
    return str(feature.get("id", (feature.get("properties") or {}).get("id")))
