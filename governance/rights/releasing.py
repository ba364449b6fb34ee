"""May this output be used for that target now? Asked when it is released, handed over, swept, and looked back on."""

from __future__ import annotations

from django.utils import timezone

from governance.errors import PlatformError
from governance.models import Decision, DeploymentTarget, Output
from governance.policy.difference import changed_inputs
from governance.policy.words import Stage
from governance.rights.facts import OutputPast, decided_facts, made_under_verdict, output_facts
from governance.rights.inputs import input_facts
from governance.rights.verdicts import Question, Verdict, judge


def judge_output(
    stage: Stage,
    output: Output,
    target: DeploymentTarget,
    *,
    record_verified: bool,
    standing: Decision | None = None,
) -> Verdict:
    """The verdict now, compared with the decision that stood (None: the one it was made under). Stores nothing.

    ``record_verified``: whether its record holds and the file is the recorded one.
    """
    made_under = output.cutout.decision
    if made_under is None:
        raise PlatformError("The output has no decision behind it.", code="output.undecided", permanent=True)
    now = timezone.now()
    assets = (output.cutout.asset,)
    past = OutputPast(
        record_verified=record_verified,
        cleared_at=standing.decided_at if standing else None,
        changed_inputs=changed_inputs(decided_facts(made_under).inputs, input_facts(assets, now)),
    )
    facts = output_facts(output, made_under, past)
    question = Question(stage, target, output.cutout.job.model, assets=assets, output=facts, taken=output.cutout)
    return judge(question, now, previous=made_under_verdict(standing or made_under))
