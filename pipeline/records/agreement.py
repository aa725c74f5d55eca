"""An agreement between parties: lines, zones, rules and notified movements.

Parties are ``a`` and ``b`` everywhere; their names live in configuration. Cells (``1``, ``2``) staff the centre and
are something else.
"""

from dataclasses import dataclass

from shapely.geometry import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

DOCUMENTATION = "documentation"
"""Kind of a rule that no drone can check: it is written down, and nothing is assessed by it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """UTC nanoseconds, start inclusive, end exclusive; None is open."""

    start_utc_ns: int | None
    end_utc_ns: int | None

    def holds(self, t_utc_ns: int) -> bool:
        """Whether an instant lies inside."""
        after = self.start_utc_ns is None or t_utc_ns >= self.start_utc_ns
        return after and (self.end_utc_ns is None or t_utc_ns < self.end_utc_ns)


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceLine:
    """The line that separates the parties, in one version.

    Attributes:
        line_id: Neutral id.
        geometry: Longitude, latitude.
        side_a, side_b: Polygons in longitude, latitude: which ground is whose. Where both or neither hold, nobody can
            say. A buffer zone between two forward lines is in neither.
        accuracy_m: 95 % half-width of the line's place.
        approximate: Drawn from public sources, not surveyed.
        source: Where it comes from.
        cell: The cell whose version this is, None for the common one.
        valid: When it held on the ground.
        recorded: When it was known.
        extent: Ground on which this version can be asked at all; nothing is said outside. None: the convex hull of
            both sides.
    """

    line_id: str
    geometry: LineString | MultiLineString
    side_a: BaseGeometry
    side_b: BaseGeometry
    accuracy_m: float
    approximate: bool
    source: str
    cell: str | None
    valid: Interval
    recorded: Interval
    extent: BaseGeometry | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A piece of ground that rules speak of, in one version."""

    zone_id: str
    geometry: BaseGeometry
    accuracy_m: float
    approximate: bool
    source: str
    names: tuple[tuple[str, str], ...]
    valid: Interval
    recorded: Interval


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as the configuration states it.

    Attributes:
        rule_id: E.g. ``P1-FREEZE``.
        kind: Name of the rule plug-in that assesses it.
        event_classes: Classes of DOMAIN that it can give.
        zone_ids: Zones it speaks of; empty for the reference line.
        except_zone_ids: Ground that is excepted.
        party_scope: ``a``, ``b`` or ``both``.
        window: When it applies; a deadline is its start.
        citation: Paragraph, in words.
        text_version: Which published text.
        thresholds: Named numbers, e.g. ``min_area_m2``.
        valid: When this version held.
        recorded: When it was known.
        ambiguous: Hours in which nobody can say whether `window` has begun or ended, because the text gives a local
            date without an hour or a zone; what is seen then is not determined.
    """

    rule_id: str
    kind: str
    event_classes: tuple[str, ...]
    zone_ids: tuple[str, ...]
    except_zone_ids: tuple[str, ...]
    party_scope: str
    window: Interval
    citation: str
    text_version: str
    thresholds: tuple[tuple[str, float], ...]
    valid: Interval
    recorded: Interval
    ambiguous: tuple[Interval, ...] = ()

    def threshold(self, name: str, default: float) -> float:
        """A named number of this rule."""
        return dict(self.thresholds).get(name, default)


@dataclass(frozen=True, slots=True, eq=False)
class Notification:
    """A movement or work that was notified."""

    notification_id: str
    area: BaseGeometry
    window: Interval
    max_count: int | None
    event_classes: tuple[str, ...]
    notified_by: str
    recorded: Interval


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Everything a sortie is judged by, as known at one instant.

    Attributes:
        agreement_id: Neutral id.
        lines, zones, rules, notifications: All versions; who judges picks those that hold.
        known_at_utc_ns: Judge with what was known then; None: with all that is known.
        sha256: Over the agreement's files, and over `known_at_utc_ns` where it is given.
        title: For people.
        party_names: Name of each party by ``a`` and ``b``, for people; nothing decides by them.
    """

    agreement_id: str
    lines: tuple[ReferenceLine, ...]
    zones: tuple[Zone, ...]
    rules: tuple[RuleSpec, ...]
    notifications: tuple[Notification, ...]
    known_at_utc_ns: int | None
    sha256: str
    title: str = ""
    party_names: tuple[tuple[str, str], ...] = ()

    def is_known(self, recorded: Interval) -> bool:
        """Whether a version belongs to what is known: then, or, without `known_at_utc_ns`, by now."""
        if self.known_at_utc_ns is None:
            return recorded.end_utc_ns is None
        return recorded.holds(self.known_at_utc_ns)
