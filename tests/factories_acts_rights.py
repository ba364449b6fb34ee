"""Acts on what we bought and on our own rules, each ready to be done."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from governance.models import Quota
from governance.services.contracts import ContractTerms, enter_contract
from governance.services.entitlement_terms import Grant, QuotaTerms
from governance.services.entitlements import end_entitlement, enter_entitlement, verify_entitlement
from governance.services.facts import restate_project, restate_target
from governance.services.holds import lift_hold, place_hold
from governance.services.policies import PolicyDraft, approve_policy, draft_policy, withdraw_policy
from governance.services.quotas import adjust
from governance.services.waivers import answer_waiver, request_waiver, revoke_waiver
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import (
    make_contract,
    make_entitlement,
    make_target,
)
from tests.factories_acts import PAPER, WHY, Act, Prepare
from tests.factories_relief import make_hold, make_waiver, waiver_request


def _contract_entered(cast: Cast) -> Act:
    terms = ContractTerms(
        title="Frame agreement on cutting out",
        licensor="Bria Artificial Intelligence",
        licensee="The agency of the north",
        reference="BR-2026-0017",
        signed_on=date(2026, 1, 15),
        affiliates=("The agency of the south",),
        governing_law="Israel",
        notice_days=30,
        auto_renews=True,
    )
    return lambda: enter_contract(cast.admin, terms, (PAPER,))


def _entitlement_entered(cast: Cast) -> Act:
    contract = make_contract(cast)
    now = timezone.now()
    grant = Grant(
        title="Self-host licence for the north",
        licensor="Bria Artificial Intelligence",
        contract_reference="BR-2026-0017/3",
        contract=contract.ref,
        model="rmbg-2.0",
        valid_from=now,
        valid_until=now.replace(year=now.year + 1),
        time_zone="Europe/Madrid",
        territories=("AT", "DE"),
        hosting_modes=("we_self_host",),
        channels=("web", "the Sunday flyer"),
        clients=(cast.client.pk,),
        quotas=(QuotaTerms("output", "calendar_month", 4250), QuotaTerms("job", "term", 9)),
    )
    return lambda: enter_entitlement(cast.admin, grant, (PAPER,))


def _entitlement_verified(cast: Cast) -> Act:
    row = make_entitlement(cast, verified=False)
    return lambda: verify_entitlement(cast.second_admin, row)


def _entitlement_ended(cast: Cast) -> Act:
    row = make_entitlement(cast)
    make_entitlement(cast, ref=row.ref)
    return lambda: end_entitlement(cast.admin, row.ref, timezone.now(), WHY)


def _determined(cast: Cast) -> Act:
    target = make_target(cast)
    return lambda: determine_use(cast.legal, target, "non_commercial", WHY)


def _facts_restated(cast: Cast) -> Act:
    project, target = make_target(cast).project, make_target(cast)
    changes = {"territories": ("CH",), "valid_until": date(2027, 3, 31), "channel": "the Sunday flyer"}
    restate_project(cast.owner, project, billable="no", for_profit="no", reason=WHY)
    return lambda: restate_target(cast.owner, target, changes, WHY)


def _quota_adjusted(cast: Cast) -> Act:
    quota = Quota.objects.get(entitlement=make_entitlement(cast, quotas=(QuotaTerms("output", "term", 10),)))
    return lambda: adjust(cast.admin, cast.second_admin, quota, timezone.now(), 3, WHY)


def _hold_placed(cast: Cast) -> Act:
    return lambda: place_hold(cast.legal, "client", f"CLI-{cast.other_client.pk}", WHY, date(2099, 1, 1))


def _hold_lifted(cast: Cast) -> Act:
    hold = make_hold(cast, "client", f"CLI-{cast.other_client.pk}")
    return lambda: lift_hold(cast.admin, hold, WHY)


def _waiver_requested(cast: Cast) -> Act:
    asked = waiver_request(cast, reason=WHY, safeguards="A second look by Ms Abernathy.")
    return lambda: request_waiver(cast.owner, asked)


def _waiver_answered(cast: Cast) -> Act:
    waiver = make_waiver(cast, approved=None)
    return lambda: answer_waiver(cast.legal, waiver, approved=True, note=WHY)


def _waiver_declined(cast: Cast) -> Act:
    waiver = make_waiver(cast, approved=None)
    return lambda: answer_waiver(cast.legal, waiver, approved=False, note=WHY)


def _waiver_revoked(cast: Cast) -> Act:
    waiver = make_waiver(cast)
    return lambda: revoke_waiver(cast.legal, waiver, WHY)


def _policy_drafted(cast: Cast) -> Act:
    return lambda: draft_policy(cast.legal, PolicyDraft(timezone.now(), WHY))


def _policy_approved(cast: Cast) -> Act:
    row = draft_policy(cast.legal, PolicyDraft(timezone.now(), WHY))
    return lambda: approve_policy(cast.second_legal, row)


def _policy_withdrawn(cast: Cast) -> Act:
    row = draft_policy(cast.legal, PolicyDraft(timezone.now(), WHY))
    return lambda: withdraw_policy(cast.second_legal, row, WHY)


RIGHTS: dict[tuple[str, str], Prepare] = {
    ("contract", "entered"): _contract_entered,
    ("entitlement", "entered"): _entitlement_entered,
    ("entitlement", "verified"): _entitlement_verified,
    ("entitlement", "ended"): _entitlement_ended,
    ("determination", "determined"): _determined,
    ("determination", "restated"): _facts_restated,
    ("quota", "adjusted"): _quota_adjusted,
    ("hold", "placed"): _hold_placed,
    ("hold", "lifted"): _hold_lifted,
    ("waiver", "requested"): _waiver_requested,
    ("waiver", "approved"): _waiver_answered,
    ("waiver", "declined"): _waiver_declined,
    ("waiver", "revoked"): _waiver_revoked,
    ("policy-set", "drafted"): _policy_drafted,
    ("policy-set", "approved"): _policy_approved,
    ("policy-set", "withdrawn"): _policy_withdrawn,
}
