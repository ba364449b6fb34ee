"""The one place that evaluates: gather facts and grants, ask the engine. Every gate, preview and report calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from governance.models import Asset, Cutout, DeploymentTarget, ModelVersion
from governance.models.work import HostingMode
from governance.policy.decision import Decision as PolicyDecision
from governance.policy.decision import Outcome
from governance.policy.engine import evaluate
from governance.policy.facts import Alternative, Facts, InputFacts, OutputFacts
from governance.policy.grants import Grant
from governance.policy.public import public_grants
from governance.policy.relief import Hold, HoldScope, Waiver
from governance.policy.ruleset import STANDARD
from governance.policy.words import Stage
from governance.rights import facts as gather
from governance.rights.lineage import lineage_facts
from governance.rights.organisation import InForce
from governance.rights.readings import encodings
from governance.rights.situation import Situation, situation


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy revision that is only tried would have said."""

    policy: InForce
    decision: PolicyDecision


@dataclass(frozen=True, slots=True)
class Verdict:
    """One evaluation with everything it was given."""

    model: ModelVersion
    facts: Facts
    grants: tuple[Grant, ...]
    waivers: tuple[Waiver, ...]
    holds: tuple[Hold, ...]
    policy: InForce
    decision: PolicyDecision
    trials: tuple[Trial, ...] = ()

    def but_for_holds(self) -> PolicyDecision:
        """What would be said if nothing were on hold."""
        return evaluate(self.facts, self.grants, STANDARD, self.waivers, (), self.decision.at)

    @property
    def stopped_by_holds_alone(self) -> bool:
        """Whether lifting the holds would be enough for it not to be refused."""
        if self.decision.outcome is not Outcome.DENY or not self.decision.holds:
            return False
        return self.but_for_holds().outcome is not Outcome.DENY


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the evaluator: may these pictures be cut out for this target by this model now?

    ``taken``: the one cutout a worker is about to run, or ``output`` was made of. What it or its job used or reserved
    before is not held against it.
    """

    stage: Stage
    target: DeploymentTarget
    model: ModelVersion
    assets: tuple[Asset, ...] = ()
    requested_outputs: int = 1
    loaded_sha256: str | None = None
    output: OutputFacts | None = None
    taken: Cutout | None = None


def judge(
    question: Question,
    at: datetime,
    *,
    alternatives: Sequence[Alternative] = (),
    previous: PolicyDecision | None = None,
) -> Verdict:
    """Evaluate one route. ``alternatives`` are offered as cures; ``previous`` fills the decision's list of changes."""
    found = situation(question.target, question.assets, at, question.taken)
    return _evaluated(_gathered(question, found, at), found, at, alternatives, previous)


@dataclass(frozen=True, slots=True)
class Judged:
    """Pictures that share a verdict."""

    assets: tuple[Asset, ...]
    verdict: Verdict


def judge_pictures(
    target: DeploymentTarget, model: ModelVersion, assets: Sequence[Asset], at: datetime
) -> tuple[Judged, ...]:
    """The verdicts at submission, with the other routes as cures: one for all pictures that are silent about their
    use, and one for each that is not or that is on hold, so that leaving it out helps the others."""
    question = Question(Stage.SUBMIT, target, model, tuple(assets), requested_outputs=len(assets))
    others = alternatives(judge_all(target, at, len(assets)), besides=model)
    found = situation(target, question.assets, at)
    route = _gathered(question, found, at)
    verdicts = []
    for group in _groups(question.assets, found):
        refs = {f"AST-{asset.pk}" for asset in group}
        pictures = tuple(picture for picture in found.inputs if picture.ref in refs)
        case = replace(route, facts=replace(route.facts, inputs=pictures))
        verdicts.append(Judged(group, _evaluated(case, found, at, others)))
    return tuple(verdicts)


def _groups(assets: Sequence[Asset], found: Situation) -> list[tuple[Asset, ...]]:
    held = {hold.scope_ref for hold in found.holds if hold.scope is HoldScope.ASSET}
    silent = {picture.ref for picture in found.inputs if picture == InputFacts(picture.ref)} - held
    alike = tuple(asset for asset in assets if f"AST-{asset.pk}" in silent)
    return [*([alike] if alike else []), *((asset,) for asset in assets if f"AST-{asset.pk}" not in silent)]


def judge_all(target: DeploymentTarget, at: datetime, requested_outputs: int = 1) -> tuple[Verdict, ...]:
    """Every catalogued model as a route to ``target``, best verdict first, each offered the others as alternatives.

    Each is evaluated twice over facts gathered once: what the others get must be known to offer it.
    """
    found = situation(target, (), at)
    models = ModelVersion.objects.order_by("title")
    questions = [Question(Stage.PREVIEW, target, model, requested_outputs=requested_outputs) for model in models]
    gathered = [_gathered(question, found, at) for question in questions]
    first = [_evaluated(route, found, at) for route in gathered]
    verdicts = [_evaluated(route, found, at, alternatives(first, besides=route.model)) for route in gathered]
    return tuple(sorted(verdicts, key=lambda verdict: (verdict.decision.outcome.rank, verdict.model.title)))


@dataclass(frozen=True, slots=True)
class _Gathered:
    model: ModelVersion
    facts: Facts
    grants: tuple[Grant, ...]


def _gathered(question: Question, found: Situation, at: datetime) -> _Gathered:
    weights = gather.runnable_weights(question.model)
    artefact = gather.artefact_facts(question.model, weights)
    facts = Facts(
        stage=question.stage,
        target=found.target,
        route=gather.route_facts(
            question.model, weights, HostingMode.WE_SELF_HOST, loaded_sha256=question.loaded_sha256
        ),
        artefacts=(artefact,),
        lineage=lineage_facts(question.model, at),
        policy=found.policies.enforced.policy,
        inputs=found.inputs,
        requested_outputs=question.requested_outputs,
        output=question.output,
    )
    return _Gathered(question.model, facts, public_grants(artefact, encodings()) + found.bought)


def _evaluated(
    route: _Gathered,
    found: Situation,
    at: datetime,
    others: Sequence[Alternative] = (),
    previous: PolicyDecision | None = None,
) -> Verdict:
    facts = replace(route.facts, route=replace(route.facts.route, alternatives=tuple(others)))

    def asked(under: InForce, earlier: PolicyDecision | None = None) -> PolicyDecision:
        case = replace(facts, policy=under.policy)
        return evaluate(case, route.grants, STANDARD, found.waivers, found.holds, at, previous=earlier)

    return Verdict(
        model=route.model,
        facts=facts,
        grants=route.grants,
        waivers=found.waivers,
        holds=found.holds,
        policy=found.policies.enforced,
        decision=asked(found.policies.enforced, previous),
        trials=tuple(Trial(tried, asked(tried)) for tried in found.policies.tried),
    )


def alternatives(verdicts: Sequence[Verdict], besides: ModelVersion) -> tuple[Alternative, ...]:
    """The other routes a person could take: those that are allowed now and can run here."""
    return tuple(
        Alternative(
            model=verdict.model.slug,
            title=verdict.model.title,
            hosting_mode=verdict.facts.route.hosting_mode,
            outcome=verdict.decision.outcome.value,
            reason=verdict.decision.summary,
        )
        for verdict in verdicts
        if verdict.model.pk != besides.pk
        and verdict.decision.outcome in (Outcome.PERMIT, Outcome.DUTIES)
        and verdict.facts.route.weights_present
    )
