"""What a waiver may be asked for: one rule of our own, a time that ends, uses that can be counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.errors import RequestError
from governance.models import Client, DeploymentTarget, ModelVersion, Project, Waiver, WeightsArtifact
from governance.policy.decision import Layer
from governance.policy.ruleset import STANDARD

# What is needed for longer is no exception: then the rule, or what it asks for, has to change.
LONGEST = timedelta(days=180)
# Today's date has begun at most 38 hours ago, somewhere; further back it would excuse work that nobody had waived.
REACH_BACK = timedelta(days=2)
MOST_USES = 1_000_000


@dataclass(frozen=True, slots=True)
class WaiverRequest:
    """What is asked for. ``place`` is the scope; ``model`` and ``weights_sha256`` narrow it, None and empty do not.

    ``starts_at`` inclusive, ``ends_at`` exclusive. ``renews``: the waiver this one follows.
    """

    rule_code: str
    place: DeploymentTarget | Project | Client
    reason: str
    starts_at: datetime
    ends_at: datetime
    safeguards: str = ""
    model: ModelVersion | None = None
    weights_sha256: str = ""
    max_uses: int | None = None
    renews: Waiver | None = None


def check_terms(asked: WaiverRequest, now: datetime) -> None:
    """Raise RequestError naming the first thing that does not fit: rule, time, uses or weights."""
    _check_rule(asked.rule_code)
    _check_time(asked, now)
    _check_uses(asked.max_uses)
    _check_weights(asked)


def _check_rule(code: str) -> None:
    known = {rule.code: rule for rule in STANDARD.rules}
    rule = known.get(code)
    waivable = ", ".join(rule.code for rule in STANDARD.rules if rule.waivable)
    if rule is None:
        raise RequestError(
            f"Unknown rule {code!r}; expected one of {waivable}.",
            how_to_fix="Take the code from the decision.",
            code="waiver.rule_unknown",
        )
    if rule.waivable:
        return
    if rule.layer in (Layer.THIRD_PARTY_RIGHT, Layer.INPUT_RIGHT):
        raise RequestError(
            f"{code} ({rule.title}) guards a third party's right, which is not ours to waive.",
            how_to_fix="Record an entitlement or a permission that covers the use, or take another route.",
            code="waiver.not_waivable",
        )
    raise RequestError(
        f"{code} ({rule.title}) cannot be waived; those that can are {waivable}.",
        how_to_fix=rule.how_to_fix,
        code="waiver.not_waivable",
    )


def _check_time(asked: WaiverRequest, now: datetime) -> None:
    start, end = asked.starts_at, asked.ends_at
    if end <= start:
        raise RequestError(
            f"The end ({end:%Y-%m-%d %H:%M}) is not after the start ({start:%Y-%m-%d %H:%M}).",
            how_to_fix="Correct the start or the end.",
            code="waiver.dates",
        )
    if end <= now:
        raise RequestError(f"The end ({end:%Y-%m-%d %H:%M}) has passed.", code="waiver.over")
    if start < now - REACH_BACK:
        raise RequestError(
            f"The start ({start:%Y-%m-%d %H:%M}) has passed; a waiver does not reach back.",
            how_to_fix="Let it start today.",
            code="waiver.starts_in_past",
        )
    if end - start > LONGEST:
        raise RequestError(
            f"The waiver would last {(end - start).days} days; expected at most {LONGEST.days}.",
            how_to_fix="Choose an earlier end; it can be renewed with another approval.",
            code="waiver.too_long",
        )


def _check_uses(max_uses: int | None) -> None:
    if max_uses is not None and not 0 < max_uses <= MOST_USES:
        raise RequestError(
            f"Got {max_uses} as the most uses; expected 1 to {MOST_USES:,}, or none for no limit.",
            code="waiver.uses",
        )


def _check_weights(asked: WaiverRequest) -> None:
    if not asked.weights_sha256:
        return
    found = WeightsArtifact.objects.filter(sha256=asked.weights_sha256).first()
    if found is None or (asked.model is not None and found.model_id != asked.model.pk):
        whose = f" of {asked.model.title}" if asked.model is not None else ""
        raise RequestError(
            f"No weights file{whose} with SHA-256 {asked.weights_sha256} is on record.",
            how_to_fix="Take the digest from the model's page.",
            code="waiver.weights_unknown",
        )


def check_renewal(asked: WaiverRequest) -> None:
    """Raise RequestError unless it renews an approved waiver of the same rule and scope that nothing renews yet."""
    former = asked.renews
    if former is None:
        return
    place = former.target or former.project or former.client
    if former.rule_code != asked.rule_code or place != asked.place:
        raise RequestError(
            f"{former} is about {former.rule_code} in another scope; a renewal keeps both.",
            how_to_fix="Ask for a new waiver instead.",
            code="waiver.renews_other",
        )
    if not is_approved(former) or hasattr(former, "revocation"):
        raise RequestError(
            f"{former} is not an approved waiver that could be renewed.",
            how_to_fix="Ask for a new waiver instead.",
            code="waiver.not_renewable",
        )
    standing = former.renewals.exclude(answer__approved=False).exclude(revocation__isnull=False).first()
    if standing is not None:
        raise RequestError(f"{former} is renewed by {standing} already.", code="waiver.renewed")


def is_approved(waiver: Waiver) -> bool:
    """Whether somebody said yes; its time, its uses and a revocation are another matter."""
    return hasattr(waiver, "answer") and waiver.answer.approved
