"""Policy revisions: how each stands at a time, what it sets in words, and how its trials went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from governance.models import PolicySet, TrialVerdict
from governance.policy.facts import OrganisationPolicy
from governance.policy.phrases import word
from governance.policy.ruleset import STANDARD
from governance.policy.words import ResearchDataPolicy, Severity
from governance.rights.organisation import as_policy, policies_at, shipped

STATE = {
    "draft": ("Waiting for approval", "review"),
    "upcoming": ("Approved, not yet in force", "neutral"),
    "in_force": ("In force", "permit"),
    "tried": ("Being tried", "active"),
    "replaced": ("Replaced", "neutral"),
    "withdrawn": ("Withdrawn", "deny"),
}
# What an unmet rule does, and what research-only data lead to, in the words of the verdicts.
SEVERITIES = {Severity.BLOCK: "Refuses", Severity.REVIEW: "Needs review", Severity.WARN: "Warns"}
RESEARCH_DATA = {
    ResearchDataPolicy.REVIEW: "Needs review",
    ResearchDataPolicy.BLOCK: "Not allowed",
    ResearchDataPolicy.ALLOW: "Allowed",
}
_TRIALS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One revision at a time. ``settings``: what it says, as pairs of words."""

    pk: int | None
    revision: int
    mode: str
    state: str
    state_words: str
    tone: str
    digest: str
    note: str
    effective_from: datetime | None
    drafted_by: str
    drafted_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    withdrawn_by: str
    withdrawn_because: str
    settings: tuple[tuple[str, str], ...]

    @property
    def begins(self) -> datetime | None:
        """When it began or begins to count: never before it was approved. None while that is not known."""
        if self.effective_from is None or self.drafted_at is None:
            return None
        if self.approved_at is None:
            return self.effective_from if self.effective_from > self.drafted_at else None
        return max(self.effective_from, self.approved_at)


@dataclass(frozen=True, slots=True)
class TrialLine:
    """A decision that the tried revision would have made otherwise."""

    decision: int
    outcome: str
    would_be: str
    summary: str


@dataclass(frozen=True, slots=True)
class Trials:
    """How a tried revision compares with what was decided: all of it in figures, the newest differences in lines."""

    judged: int
    different: int
    lines: tuple[TrialLine, ...]


def policy_list(at: datetime) -> tuple[PolicyLine, ...]:
    """Every revision, newest first, and the one that ships."""
    related = ("drafted_by", "approval__approved_by", "withdrawal__withdrawn_by")
    in_force = policies_at(at).enforced.pk
    lines = [_line(row, in_force, at) for row in PolicySet.objects.select_related(*related).order_by("-revision")]
    return (*lines, _shipped_line(in_force is None))


def policy_line(revision: int, at: datetime) -> PolicyLine | None:
    """One revision; None when there is none of this number."""
    return next((line for line in policy_list(at) if line.revision == revision), None)


def trials_of(pk: int) -> Trials:
    """What a ``log_only`` revision would have said, against what was said."""
    rows = TrialVerdict.objects.filter(policy_set=pk)
    different = ~Q(outcome=F("decision__outcome"))
    counts = rows.aggregate(judged=Count("pk"), different=Count("pk", filter=different))
    newest = rows.filter(different).select_related("decision").order_by("-pk")[:_TRIALS_SHOWN]
    lines = tuple(TrialLine(row.decision_id, row.decision.outcome, row.outcome, row.summary) for row in newest)
    return Trials(counts["judged"], counts["different"], lines)


def settings_in_words(policy: OrganisationPolicy) -> tuple[tuple[str, str], ...]:
    """What a policy sets, for people to read."""
    demands = [f"{word(each.target_kind)}: at least {word(each.minimum)}" for each in policy.lineage_demands]
    overrides = [
        f"{each.code} {STANDARD.rule(each.code).title}: {SEVERITIES[each.severity].lower()}"
        for each in policy.overrides
    ]
    age = policy.decision_max_age_days
    return (
        ("Training data with research-only terms", RESEARCH_DATA[policy.research_only_data].lower()),
        ("Lineage demanded", "; ".join(demands) or "none"),
        ("Warn before a right ends", f"{policy.warn_days_before_end} days"),
        ("An attribution agent is silent after", f"{policy.agent_silent_days} days"),
        ("A decision carries a release for", f"{age} days" if age else "as long as nothing changes"),
        ("Rules set otherwise", "; ".join(overrides) or "none"),
    )


def _line(row: PolicySet, in_force: int | None, at: datetime) -> PolicyLine:
    approval = getattr(row, "approval", None)
    withdrawal = getattr(row, "withdrawal", None)
    state = _state(row, in_force, at)
    words, tone = STATE[state]
    return PolicyLine(
        pk=row.pk,
        revision=row.revision,
        mode=row.mode,
        state=state,
        state_words=words,
        tone=tone,
        digest=row.digest,
        note=row.note,
        effective_from=row.effective_from,
        drafted_by=row.drafted_by.get_username(),
        drafted_at=row.drafted_at,
        approved_by=approval.approved_by.get_username() if approval else "",
        approved_at=approval.approved_at if approval else None,
        withdrawn_by=withdrawal.withdrawn_by.get_username() if withdrawal else "",
        withdrawn_because=withdrawal.reason if withdrawal else "",
        settings=settings_in_words(as_policy(row).policy),
    )


def _state(row: PolicySet, in_force: int | None, at: datetime) -> str:
    if hasattr(row, "withdrawal"):
        return "withdrawn"
    if not hasattr(row, "approval"):
        return "draft"
    if row.effective_from > at:
        return "upcoming"
    if row.mode == PolicySet.Mode.LOG_ONLY:
        return "tried"
    return "in_force" if row.pk == in_force else "replaced"


def _shipped_line(in_force: bool) -> PolicyLine:
    state = "in_force" if in_force else "replaced"
    words, tone = STATE[state]
    ours = shipped()
    return PolicyLine(
        pk=None,
        revision=ours.policy.revision,
        mode=PolicySet.Mode.ENFORCE,
        state=state,
        state_words=words,
        tone=tone,
        digest=ours.digest,
        note="As shipped with the program.",
        effective_from=None,
        drafted_by="",
        drafted_at=None,
        approved_by="",
        approved_at=None,
        withdrawn_by="",
        withdrawn_because="",
        settings=settings_in_words(ours.policy),
    )
