"""Whether what was seen had been notified."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.agreement import Agreement, Notification
from pipeline.records.evidence import Reason, Track
from pipeline.records.judgement import Finding
from pipeline.stages.agreed_ground import to_site


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification that speaks of a finding.

    Attributes:
        notification_id: Which.
        reason: ``notified_exception``, or ``exceeds_notification`` with the counts.
        excuses: Whether it speaks against the finding.
    """

    notification_id: str
    reason: Reason
    excuses: bool


class NotifiedMovements:
    """The calendar of one agreement, in the metres of one sortie."""

    def __init__(self, agreement: Agreement, site: SiteFrame) -> None:
        """Take what was known."""
        known = sorted(agreement.notifications, key=lambda notification: notification.notification_id)
        self._calendar = [
            (notification, to_site(notification.area, site))
            for notification in known
            if agreement.is_known(notification.recorded)
        ]

    def match(self, findings: Sequence[Finding]) -> Mapping[int, Notified]:
        """The first notification that covers each finding, by the finding's index.

        A finding is covered when the whole of it lies in the notified area and time. The number that was notified is
        held against what was seen at once: one vehicle seen twice is not two.
        """
        covered: dict[int, Notification] = {}
        for index, finding in enumerate(findings):
            for notification, area in self._calendar:
                if _speaks_of(notification, finding) and area.covers(finding.geometry_m):
                    covered[index] = notification
                    break
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for index, notification in covered.items():
            groups[notification.notification_id].append(index)
        return {
            index: _verdict(covered[index], most_at_once([findings[other] for other in group]))
            for group in groups.values()
            for index in group
        }


def _speaks_of(notification: Notification, finding: Finding) -> bool:
    if notification.event_classes and finding.event_class.value not in notification.event_classes:
        return False
    t_utc_ns = finding.members[0].t_utc_ns
    return notification.window.holds(int(t_utc_ns[0])) and notification.window.holds(int(t_utc_ns[-1]))


def _verdict(notification: Notification, seen: int) -> Notified:
    if notification.max_count is None or seen <= notification.max_count:
        return Notified(notification.notification_id, Reason("notified_exception"), excuses=True)
    counts = (("notified", float(notification.max_count)), ("seen", float(seen)))
    return Notified(notification.notification_id, Reason("exceeds_notification", counts), excuses=False)


def most_at_once(findings: Sequence[Finding]) -> int:
    """The largest number of movers in view at one time, and all standing things."""
    members = {member.evidence_id: member for finding in findings for member in finding.members}
    tracks = [member for member in members.values() if isinstance(member.evidence, Track)]
    standing = len(members) - len(tracks)
    if not tracks:
        return standing
    starts = np.array([track.t_utc_ns[0] for track in tracks])
    ends = np.array([track.t_utc_ns[-1] for track in tracks])
    return standing + max(int(((starts <= t) & (ends >= t)).sum()) for t in starts)
