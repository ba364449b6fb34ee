"""What a decision obliges us to, opened when it is relied upon, and what was done about it. Nothing is edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from governance.access import User, require_about
from governance.errors import RequestError
from governance.licensing.periods import PeriodKind, period_of
from governance.licensing.terms import DutyKind
from governance.licensing.time_zones import time_zone
from governance.models import Duty, DutyAct, Entitlement, Quota, Release
from governance.policy.decision import Decision
from governance.policy.decision import Duty as Owed
from governance.rights.duties import ON_EXPIRY, SETTLED, duties_at
from governance.rights.facts import made_under_verdict
from governance.rights.grants import Version, effective_versions, ends_at
from governance.services.papers import keep_papers
from governance.services.words import check_words

# Ours: within this time of a release, or of the end of a period, the proof has to be on record. A contract that asks
# for it sooner says so in its clause.
TIME_TO_PROVE = timedelta(days=14)
MAX_NOTE = 4000
_PER_RELEASE = frozenset(
    {
        DutyKind.ATTRIBUTE,
        DutyKind.INCLUDE_NOTICE,
        DutyKind.SHARE_ALIKE,
        DutyKind.PASS_THROUGH_TERMS,
        DutyKind.DISCLOSE_AI,
        DutyKind.OBTAIN_CONSENT,
    }
)
_PER_PERIOD = frozenset({DutyKind.REPORT_USAGE, DutyKind.PAY})
# The shortest period counts where a contract has several.
_PERIODS = (PeriodKind.CALENDAR_MONTH, PeriodKind.CONTRACT_YEAR, PeriodKind.TERM)
_WEIGHTS = {
    Entitlement.WeightsSurvival.DELETE: "Delete every copy of the weights when {ref} ends.",
    Entitlement.WeightsSurvival.RETURN: "Return the weights when {ref} ends, and keep no copy.",
}
_OUTPUTS = {
    Entitlement.Survival.UNTIL_END: "Take the outputs made under {ref} out of use when it ends, and delete them.",
    Entitlement.Survival.WIND_DOWN: "Take the outputs made under {ref} out of use by the last day to wind down.",
}


def open_release_duties(made: Decision, release: Release) -> None:
    """Open what releasing a file obliges us to under this decision, and what having made it did under its own."""
    made_at, made_under = release.output.created_at, release.output.cutout.decision
    open_duties(made, release, made_at)
    if made_under is not None:
        open_duties(made_under_verdict(made_under), at=made_at)


def open_duties(made: Decision, release: Release | None = None, at: datetime | None = None) -> None:
    """Open what a decision obliges us to: with ``release`` what concerns the released file, and always what concerns
    the purchased rights relied upon. Opening again changes nothing.

    ``at``: when the work was done that relies on it; left out, now. No query where nothing is owed.
    """
    if not made.outcome.allows:
        return
    moment = at or timezone.now()
    refs = [ref for ref in made.relied_upon if ref.startswith("ENT-")]
    rights = {each.row.ref: each for each in effective_versions(moment, refs)} if refs else {}
    owed = [*made.duties, *(duty for each in rights.values() for duty in _from_survival(each.row))]
    rows: list[Duty] = []
    for each in _once_per_kind(owed):
        right = rights.get(each.source)
        if right is None or each.kind in _PER_RELEASE:
            rows.extend(_of_release(each, release, right))
        else:
            rows.extend(_of_right(each, right, moment))
    if rows:
        Duty.objects.bulk_create(_without_pending(rows), ignore_conflicts=True)


def _from_survival(row: Entitlement) -> Iterable[Owed]:
    """What the terms of the end of a right oblige to, whatever its reading says of it."""
    for kind, text, field in (
        (DutyKind.DELETE_WEIGHTS_ON_EXPIRY, _WEIGHTS.get(row.weights_survival), "what becomes of weights"),
        (DutyKind.DELETE_OUTPUTS_ON_EXPIRY, _OUTPUTS.get(row.output_survival), "what becomes of outputs"),
    ):
        if text:
            yield Owed(kind, text.format(ref=row.ref), row.ref, f"{row}, {field} at its end")


def _once_per_kind(owed: Iterable[Owed]) -> Iterable[Owed]:
    """One duty for each source and kind: clauses that ask for the same kind of thing are met together."""
    together: dict[tuple[str, DutyKind], list[Owed]] = {}
    for each in owed:
        together.setdefault((each.source, each.kind), []).append(each)
    for (source, kind), parts in together.items():
        texts = dict.fromkeys(part.text for part in parts)
        clauses = dict.fromkeys(part.clause for part in parts if part.clause)
        yield Owed(kind, "\n".join(texts), source, "\n".join(clauses))


def _of_release(owed: Owed, release: Release | None, right: Version | None) -> Iterable[Duty]:
    if release is None:
        return
    yield Duty(
        kind=owed.kind.value,
        text=owed.text,
        clause=owed.clause,
        source=owed.source,
        subject=f"OUT-{release.output_id}",
        period_key=f"TGT-{release.target_id}",
        entitlement=right.row if right else None,
        release=release,
        client_id=release.target.project.client_id,
        # What is only to be kept is never late.
        due_at=release.released_at + TIME_TO_PROVE if owed.kind in _PER_RELEASE else None,
    )


@dataclass(frozen=True, slots=True)
class _Due:
    key: str
    at: datetime | None


def _of_right(owed: Owed, right: Version, moment: datetime) -> Iterable[Duty]:
    """One for the period or the term. Where the licensor's own agent reports, nobody has to report by hand."""
    if owed.kind is DutyKind.REPORT_USAGE and right.row.agent_required:
        return
    due = _due(owed.kind, right, moment)
    yield Duty(
        kind=owed.kind.value,
        text=owed.text,
        clause=owed.clause,
        source=owed.source,
        subject=right.row.ref,
        period_key=due.key,
        entitlement=right.row,
        due_at=due.at,
    )


def _due(kind: DutyKind, right: Version, moment: datetime) -> _Due:
    row, end = right.row, ends_at(right.row, right.end)
    if kind in _PER_PERIOD:
        when = max(moment, row.valid_from)
        period = period_of(when, _period_kind(row), row.valid_from, time_zone(row.time_zone), row.valid_until)
        closes = min(period.ends, end) if period.ends else end
        return _Due(period.key, closes + TIME_TO_PROVE)
    if kind in ON_EXPIRY:
        winding_down = kind is DutyKind.DELETE_OUTPUTS_ON_EXPIRY
        return _Due(f"v{row.version}", end + timedelta(days=row.wind_down_days if winding_down else 0))
    return _Due(f"v{row.version}", None)


def _period_kind(row: Entitlement) -> PeriodKind:
    counted = set(Quota.objects.filter(entitlement=row).values_list("period", flat=True))
    return next((kind for kind in _PERIODS if kind in counted), PeriodKind.CALENDAR_MONTH)


def _without_pending(rows: list[Duty]) -> list[Duty]:
    """Without what waits already: a renewed right ends once, however many versions were relied upon."""
    ending = [row for row in rows if row.kind in ON_EXPIRY and row.release is None]
    if not ending:
        return rows
    known = Duty.objects.filter(kind__in=ON_EXPIRY, release=None, subject__in={row.subject for row in ending})
    waiting = set(duties_at(known, timezone.now()).exclude(stands__in=SETTLED).values_list("source", "kind", "subject"))
    return [row for row in rows if row not in ending or (row.source, row.kind, row.subject) not in waiting]


def act(actor: User, duty: Duty, state: str, note: str, evidence: tuple[bytes, ...] = ()) -> DutyAct:
    """Say that a duty was met (with its proof), escalate it, dismiss it, or open it again.

    What concerns one client is for the people of that client; what concerns a purchased right, and to dismiss any,
    is for legal and licence admins. Raises NotAllowed or RequestError.
    """
    check_words("duty_state", [state], DutyAct.State.values)
    _require(actor, duty, state)
    _check_move(duty, state)
    if not 0 < len(note.strip()) <= MAX_NOTE:
        raise RequestError(
            f"Got a note of {len(note.strip())} characters; expected 1 to {MAX_NOTE}.",
            how_to_fix="Say what was done, or why it need not be.",
            code="duty.note",
        )
    if not all(evidence) or (state == DutyAct.State.FULFILLED and not evidence):
        raise RequestError(
            "No proof given; a duty that was met has its proof on record.",
            how_to_fix="Attach a screenshot, the report that was sent, or the protocol of the deletion.",
            code="duty.no_evidence",
        )
    return DutyAct.objects.create(
        duty=duty,
        state=state,
        note=note.strip(),
        evidence_sha256s=keep_papers(evidence),
        acted_by_id=actor.pk,
    )


def _require(actor: User, duty: Duty, state: str) -> None:
    if duty.client_id is None or state == DutyAct.State.NOT_APPLICABLE:
        require_about(actor, "duty.oversee", duty.client_id)
    else:
        require_about(actor, "duty.act", duty.client_id)


# Which acts each state of a duty takes, by what was said of it last.
_MOVES: Mapping[str, tuple[str, ...]] = {
    "": (DutyAct.State.FULFILLED, DutyAct.State.NOT_APPLICABLE, DutyAct.State.ESCALATED),
    DutyAct.State.REOPENED: (DutyAct.State.FULFILLED, DutyAct.State.NOT_APPLICABLE, DutyAct.State.ESCALATED),
    DutyAct.State.ESCALATED: (DutyAct.State.FULFILLED, DutyAct.State.NOT_APPLICABLE, DutyAct.State.REOPENED),
    DutyAct.State.FULFILLED: (DutyAct.State.REOPENED,),
    DutyAct.State.NOT_APPLICABLE: (DutyAct.State.REOPENED,),
}


def possible_acts(duty: Duty) -> tuple[str, ...]:
    """What can be said of the duty next (one query)."""
    said = duty.acts.order_by("-pk").values_list("state", flat=True).first()
    return _MOVES[said or ""]


def _check_move(duty: Duty, state: str) -> None:
    possible = possible_acts(duty)
    if state not in possible:
        words = " or ".join(DutyAct.State(each).label.lower() for each in possible)
        raise RequestError(
            f"The duty cannot be said to be {DutyAct.State(state).label.lower()!r} now; expected {words}.",
            how_to_fix="Open it again first." if possible == (DutyAct.State.REOPENED,) else "Choose one of these.",
            code="duty.state",
        )
