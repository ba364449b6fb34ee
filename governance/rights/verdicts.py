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
    weights = gather.runnable_weights(question.model)
    route = gather.route_facts(question.model, weights, HostingMode.WE_SELF_HOST, loaded_sha256=question.loaded_sha256)
    artefact = gather.artefact_facts(question.model, weights)
    facts = Facts(
        stage=question.stage,
        target=gather.target_facts(question.target),
        route=replace(route, alternatives=tuple(alternatives)),
        artefacts=(artefact,),
        lineage=gather.lineage_facts(question.model),
        policy=gather.ORGANISATION,
        inputs=gather.input_facts(list(question.cutouts)),
        requested_outputs=question.requested_outputs,
        output=question.output,
    )
    grants = grants_for(artefact)
    return Verdict(question.model, facts, grants, evaluate(facts, grants, STANDARD, (), (), at, previous=previous))


def judge_all(target: DeploymentTarget, at: datetime, requested_outputs: int = 1) -> tuple[Verdict, ...]:
    """Every catalogued model as a route to ``target``, best verdict first, each offered the others as alternatives."""
    models = list(ModelVersion.objects.order_by("title"))
    questions = [Question(Stage.PREVIEW, target, model, requested_outputs=requested_outputs) for model in models]
    first = [judge(question, at) for question in questions]
    verdicts = [judge(question, at, alternatives=alternatives(first, besides=question.model)) for question in questions]
    return tuple(sorted(verdicts, key=lambda verdict: (verdict.decision.outcome.rank, verdict.model.title)))


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
