"""The one place that evaluates: gather facts and grants, ask the engine. Every gate, preview and report calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from governance.models import Cutout, DeploymentTarget, ModelVersion
from governance.models.work import HostingMode
from governance.policy.decision import Decision as PolicyDecision
from governance.policy.decision import Outcome
from governance.policy.engine import evaluate
from governance.policy.facts import Alternative, Facts, OutputFacts
from governance.policy.grants import Grant
from governance.policy.ruleset import STANDARD
from governance.policy.words import Stage
from governance.rights import facts as gather
from governance.rights.grants import grants_for


@dataclass(frozen=True, slots=True)
class Verdict:
    """One evaluation with everything it was given."""

    model: ModelVersion
    facts: Facts
    grants: tuple[Grant, ...]
    decision: PolicyDecision


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the evaluator: may these pictures be cut out for this target by this model now?"""

    stage: Stage
    target: DeploymentTarget
    model: ModelVersion
    cutouts: tuple[Cutout, ...] = ()
    requested_outputs: int = 1
    loaded_sha256: str | None = None
    output: OutputFacts | None = None


def judge(
    question: Question,
    at: datetime,
    *,
    alternatives: Sequence[Alternative] = (),
    previous: PolicyDecision | None = None,
) -> Verdict:
    """Evaluate one route. ``alternatives`` are offered as cures; ``previous`` fills the decision's list of changes."""
    return _evaluated(question.model, *_gathered(question), at, alternatives, previous)


def judge_all(target: DeploymentTarget, at: datetime, requested_outputs: int = 1) -> tuple[Verdict, ...]:
    """Every catalogued model as a route to ``target``, best verdict first, each offered the others as alternatives.

    Each is evaluated twice over facts gathered once: what the others get must be known to offer it.
    """
    models = ModelVersion.objects.order_by("title")
    questions = [Question(Stage.PREVIEW, target, model, requested_outputs=requested_outputs) for model in models]
    gathered = [(question.model, *_gathered(question)) for question in questions]
    first = [_evaluated(model, facts, grants, at) for model, facts, grants in gathered]
    verdicts = [
        _evaluated(model, facts, grants, at, alternatives(first, besides=model)) for model, facts, grants in gathered
    ]
    return tuple(sorted(verdicts, key=lambda verdict: (verdict.decision.outcome.rank, verdict.model.title)))


def _gathered(question: Question) -> tuple[Facts, tuple[Grant, ...]]:
    weights = gather.runnable_weights(question.model)
    artefact = gather.artefact_facts(question.model, weights)
    facts = Facts(
        stage=question.stage,
        target=gather.target_facts(question.target),
        route=gather.route_facts(
            question.model, weights, HostingMode.WE_SELF_HOST, loaded_sha256=question.loaded_sha256
        ),
        artefacts=(artefact,),
        lineage=gather.lineage_facts(question.model),
        policy=gather.ORGANISATION,
        inputs=gather.input_facts(list(question.cutouts)),
        requested_outputs=question.requested_outputs,
        output=question.output,
    )
    return facts, grants_for(artefact)


def _evaluated(
    model: ModelVersion,
    facts: Facts,
    grants: tuple[Grant, ...],
    at: datetime,
    others: Sequence[Alternative] = (),
    previous: PolicyDecision | None = None,
) -> Verdict:
    facts = replace(facts, route=replace(facts.route, alternatives=tuple(others)))
    return Verdict(model, facts, grants, evaluate(facts, grants, STANDARD, (), (), at, previous=previous))


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
