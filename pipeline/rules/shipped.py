"""All rules that come with the software."""

from pipeline.protocols import Rule
from pipeline.rules.crossing import Crossing
from pipeline.rules.damage import Damage
from pipeline.rules.earthwork import Earthwork
from pipeline.rules.obstruction import Obstruction
from pipeline.rules.presence import Presence
from pipeline.rules.withdrawal import Withdrawal


def shipped_rules() -> dict[str, Rule]:
    """Rules by kind."""
    rules: tuple[Rule, ...] = (Crossing(), Damage(), Earthwork(), Obstruction(), Presence(), Withdrawal())
    return {rule.kind: rule for rule in rules}
