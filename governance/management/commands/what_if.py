from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.models import Entitlement, LineageClaim, PolicySet
from governance.policy.hypothesis import ClaimContradicted, EntitlementEnds, HoldPlaced, Hypothesis, OtherPolicy
from governance.policy.phrases import count_of
from governance.policy.relief import Hold, HoldScope
from governance.reports.chain import VERDICT_WORDS
from governance.reports.what_if import WhatIf, standing_decisions, what_if_over
from governance.rights.organisation import as_policy


class Command(BaseCommand):
    help = "Which jobs, outputs and deliveries would be judged otherwise, if…? Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        ends = kinds.add_parser("entitlement", help="an entitlement ended")
        ends.add_argument("ref", help="such as ENT-0017")
        policy = kinds.add_parser("policy", help="a policy revision were in force")
        policy.add_argument("revision", type=int)
        claim = kinds.add_parser("claim", help="a claim about a model's training data were contradicted")
        claim.add_argument("model")
        claim.add_argument("--counter", default="What is claimed is not so.")
        hold = kinds.add_parser("hold", help="something were put on hold")
        hold.add_argument("scope", choices=[scope.value for scope in HoldScope])
        hold.add_argument("ref", nargs="?", default="")
        for kind in (ends, policy, claim, hold):
            kind.add_argument("--at", type=datetime.fromisoformat, help="the moment asked about; left out: now")
            kind.add_argument("--then", action="store_true", help="each decision at its own time instead")

    def handle(self, *, at: datetime | None, then: bool, **options: Any) -> None:
        if at is not None and at.tzinfo is None:
            raise CommandError(f"The time {at} has no zone; write it as 2027-01-31T00:00:00+01:00.")
        moment = at or timezone.now()
        self._write(what_if_over(standing_decisions(), _hypothesis(options, moment), None if then else moment))

    def _write(self, answer: WhatIf) -> None:
        self.stdout.write(
            f"{count_of(answer.examined, 'decision')} judged again: {answer.changed} would change, "
            f"in {count_of(answer.jobs, 'job')} with {count_of(answer.outputs, 'output')}; "
            f"{count_of(answer.releases, 'release')}, handed over {count_of(answer.deliveries, 'time')}."
        )
        for each in answer.shown:
            where = f"decision {each.decision}" + (f" (job {each.job})" if each.job else "")
            before, after = VERDICT_WORDS[each.before], VERDICT_WORDS[each.after].lower()
            self.stdout.write(f"  {where}: {before}, would be {after}. {each.summary}")
        if answer.more:
            self.stdout.write(f"  and {answer.more} more")


def _hypothesis(options: dict[str, Any], at: datetime) -> Hypothesis:
    match options["kind"]:
        case "entitlement":
            if not Entitlement.objects.filter(ref=options["ref"]).exists():
                raise CommandError(f"There is no entitlement {options['ref']!r}.")
            return EntitlementEnds(options["ref"], at)
        case "claim":
            if not LineageClaim.objects.filter(model=options["model"]).exists():
                raise CommandError(f"No claim is on record about a model {options['model']!r}.")
            return ClaimContradicted(options["model"], "What is claimed of the training data", options["counter"])
        case "hold":
            ref = options["ref"]
            return HoldPlaced(Hold("HLD-SUPPOSED", HoldScope(options["scope"]), ref, "supposed", "USR-0", at))
    row = PolicySet.objects.filter(revision=options["revision"]).first()
    if row is None:
        raise CommandError(f"There is no policy revision {options['revision']}.")
    return OtherPolicy(as_policy(row).policy)
