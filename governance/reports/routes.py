"""The routes a person could take to a target, each with its verdict, the reason and what would allow it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from governance.models import DeploymentTarget, HostingMode
from governance.policy.decision import Cure, Outcome
from governance.reports.refusals import reasons_of
from governance.rights.verdicts import Verdict, judge_all


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table. ``consequence`` says what submitting by this route leads to; ``obtain`` says
    what would bring weights that are not here; ``runs_here`` whether this installation could run it at all; ``held``
    whether nothing but a hold is in the way."""

    slug: str
    title: str
    hosting: str
    weights_sha256: str
    weights_present: bool
    obtain: str
    runs_here: bool
    outcome: str
    summary: str
    duties: tuple[str, ...]
    reasons: tuple[str, ...]
    cures: tuple[Cure, ...]
    waiver_can_help: bool
    consequence: str
    held: bool = False

    @property
    def duty_count(self) -> int:
        return len(self.duties)

    @property
    def allows(self) -> bool:
        return Outcome(self.outcome).allows


@dataclass(frozen=True, slots=True)
class Preview:
    """All routes to one target, best verdict first, and the rule set they were checked against."""

    routes: tuple[Route, ...]
    rule_set_digest: str

    def default(self) -> str:
        """The route to offer first: the best one that is allowed and can run here; empty when there is none."""
        return next((route.slug for route in self.routes if route.allows and route.runs_here), "")


_CONSEQUENCES = {
    Outcome.PERMIT: "",
    Outcome.DUTIES: "",
    Outcome.REVIEW: "Submitting puts the job on hold until legal has decided.",
    Outcome.DENY: "Submitting does not run anything: the job is refused, and the refusal is recorded with its reasons.",
}


_HELD = "Submitting does not run anything yet: the job is held, and goes on by itself once the hold is lifted."


def preview(target: DeploymentTarget, pictures: int = 1) -> Preview:
    """Evaluate every catalogued model for ``target`` now. Stores nothing."""
    verdicts = judge_all(target, timezone.now(), max(pictures, 1))
    digest = verdicts[0].decision.rule_set_digest if verdicts else ""
    return Preview(tuple(_route(verdict) for verdict in verdicts), digest)


def _route(verdict: Verdict) -> Route:
    made = verdict.decision
    facts = verdict.facts.route
    held = verdict.stopped_by_holds_alone
    return Route(
        slug=verdict.model.slug,
        title=verdict.model.title,
        hosting=HostingMode(facts.hosting_mode.value).label,
        weights_sha256=facts.weights_sha256 or "",
        weights_present=facts.weights_present,
        obtain="" if facts.weights_present else f"{verdict.model.obtain_note} {verdict.model.obtain_command}".strip(),
        runs_here=verdict.model.runnable_here and facts.weights_present,
        outcome=made.outcome.value,
        summary=made.summary,
        duties=tuple(duty.text for duty in made.duties),
        reasons=reasons_of(made),
        cures=made.cures,
        waiver_can_help=made.waiver_can_help,
        consequence=_HELD if held else _CONSEQUENCES[made.outcome],
        held=held,
    )
