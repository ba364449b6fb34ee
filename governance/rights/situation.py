"""What every route to a target shares, read once: the target, the pictures, the policy, waivers and holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.models import Asset, Cutout, DeploymentTarget
from governance.policy.facts import InputFacts, TargetFacts
from governance.policy.grants import Grant
from governance.policy.relief import Hold, Waiver
from governance.rights.facts import target_facts
from governance.rights.grants import purchased
from governance.rights.inputs import input_facts
from governance.rights.organisation import Policies, policies_at
from governance.rights.relief import holds_at, waivers_for


@dataclass(frozen=True, slots=True)
class Situation:
    """A target and its pictures at a moment, with what was bought, what relaxes and what stops work there."""

    target: TargetFacts
    inputs: tuple[InputFacts, ...]
    policies: Policies
    waivers: tuple[Waiver, ...]
    holds: tuple[Hold, ...]
    bought: tuple[Grant, ...]


def situation(
    target: DeploymentTarget, assets: Sequence[Asset], at: datetime, taken: Cutout | None = None
) -> Situation:
    """Read it, for every route judged at this moment. ``taken``: the one cutout that asks, where one does."""
    return Situation(
        target=target_facts(target),
        inputs=input_facts(assets, at),
        policies=policies_at(at),
        waivers=waivers_for(target, at, taken.pk if taken else None),
        holds=holds_at(at),
        bought=purchased(at, taken.job_id if taken else None, target.project.client_id),
    )
