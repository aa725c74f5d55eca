"""Whether evidence lies on the ground that a rule speaks of."""

import numpy as np

from pipeline.records.agreement import RuleSpec
from pipeline.records.arrays import Float
from pipeline.records.judgement import Abstention, Situation

EMIT_PROBABILITY = 0.5
"""Default of ``min_probability``: what is likelier elsewhere is not put before people as being here."""
NEGLIGIBLE_PROBABILITY = 0.05
"""The counterpart of the 95 % at which a side is set."""


def probability_on_ground(spec: RuleSpec, situation: Situation) -> Float:
    """``(N,)`` probability that each position lies on the rule's ground.

    A rule with zones speaks of those zones. A rule without speaks of the ground of the party in its scope, and of all
    ground when its scope is both.
    """
    if spec.zone_ids or spec.party_scope == "both":
        return situation.p_ground
    return situation.p_ground * (situation.p_a if spec.party_scope == "a" else situation.p_b)


def lasting(probability: Float) -> Float:
    """``(N,)`` the lesser of each value and its neighbour: one stray position proves nothing.

    A single value stays as it is.
    """
    if len(probability) < 2:
        return probability
    after = np.append(probability[1:], 0.0)
    before = np.append(0.0, probability[:-1])
    steady: Float = np.minimum(probability, np.maximum(before, after))
    return steady


def abstain(spec: RuleSpec, situation: Situation, probability: float) -> Abstention | None:
    """What to answer below the rule's ``min_probability``: nothing where the ground is plainly another."""
    if probability >= spec.threshold("min_probability", EMIT_PROBABILITY) or probability <= NEGLIGIBLE_PROBABILITY:
        return None
    return Abstention(situation.evidence_id, probability)


def is_enough(spec: RuleSpec, probability: float) -> bool:
    """Whether a probability is worth people's time."""
    return probability >= spec.threshold("min_probability", EMIT_PROBABILITY)
