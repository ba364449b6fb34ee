"""Who may do what. Faces and services ask here; a view never holds a rule of its own.

A requester works for the clients granted; legal, licence admins and auditors see every client. What a user may not
see does not exist for them: the answer is "not found", never "forbidden".
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from governance.errors import NotAllowed
from governance.models import Client, Role, RoleGrant

User = AbstractBaseUser | AnonymousUser

_EVERYWHERE = frozenset({Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR})
_ACTS: dict[str, frozenset[str]] = {
    "client.create": frozenset({Role.LICENSE_ADMIN, Role.LEGAL}),
    "project.create": frozenset({Role.REQUESTER, Role.LEGAL}),
    "target.create": frozenset({Role.REQUESTER, Role.LEGAL}),
    "use.determine": frozenset({Role.LEGAL}),
    "asset.ingest": frozenset({Role.REQUESTER}),
    "job.request": frozenset({Role.REQUESTER}),
    "job.cancel": frozenset({Role.REQUESTER, Role.LEGAL}),
    "output.release": frozenset({Role.REQUESTER}),
    "output.download": frozenset({Role.REQUESTER, Role.LEGAL, Role.AUDITOR}),
    "entitlement.enter": frozenset({Role.LICENSE_ADMIN}),
    "entitlement.verify": frozenset({Role.LICENSE_ADMIN, Role.LEGAL}),
    "entitlement.end": frozenset({Role.LICENSE_ADMIN}),
    "contract.enter": frozenset({Role.LICENSE_ADMIN}),
    "quota.adjust": frozenset({Role.LICENSE_ADMIN}),
    "waiver.request": frozenset({Role.REQUESTER, Role.LEGAL}),
    "waiver.answer": frozenset({Role.LEGAL}),
    "waiver.revoke": frozenset({Role.LEGAL}),
    "hold.place": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "hold.lift": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "review.assign": frozenset({Role.LEGAL}),
    "review.decide": frozenset({Role.LEGAL}),
    "policy.draft": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "policy.approve": frozenset({Role.LEGAL}),
    "policy.withdraw": frozenset({Role.LEGAL}),
    "encoding.draft": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "encoding.approve": frozenset({Role.LEGAL}),
    "encoding.retire": frozenset({Role.LEGAL}),
    "license_text.record": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "resolution.record": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "resolution.approve": frozenset({Role.LEGAL}),
    "claim.contradict": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "claim.review": frozenset({Role.LEGAL}),
    "permission.record": frozenset({Role.REQUESTER, Role.LEGAL}),
    "permission.verify": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "asset_term.record": frozenset({Role.REQUESTER, Role.LEGAL}),
    "asset_term.extend": frozenset({Role.LEGAL}),
    "fact.restate": frozenset({Role.REQUESTER, Role.LEGAL}),
    "duty.act": frozenset({Role.REQUESTER, Role.LEGAL, Role.LICENSE_ADMIN}),
    "duty.oversee": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "agent.acknowledge": frozenset({Role.LICENSE_ADMIN}),
    "route.evaluate": frozenset({Role.REQUESTER, Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR}),
    "rights.read": frozenset({Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR}),
    "what_if.ask": frozenset({Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR}),
    "evidence.read": frozenset({Role.LICENSE_ADMIN, Role.LEGAL, Role.AUDITOR}),
    "audit.export": frozenset({Role.LEGAL, Role.AUDITOR}),
    "alarm.acknowledge": frozenset({Role.LEGAL, Role.LICENSE_ADMIN}),
    "record.correct": frozenset({Role.LEGAL}),
    "source_type.set": frozenset({Role.LEGAL}),
}
# What these do reaches every client: a role held for one client does not carry them. Of the other acts, those asked
# about without a client are offered to whoever may do them for some client; the service asks again with the client.
_ORGANISATION_WIDE = frozenset(
    {
        "client.create",
        "entitlement.enter",
        "entitlement.verify",
        "entitlement.end",
        "contract.enter",
        "quota.adjust",
        "policy.draft",
        "policy.approve",
        "policy.withdraw",
        "encoding.draft",
        "encoding.approve",
        "encoding.retire",
        "license_text.record",
        "resolution.record",
        "resolution.approve",
        "claim.contradict",
        "claim.review",
        "agent.acknowledge",
        "rights.read",
        "evidence.read",
        "alarm.acknowledge",
        "source_type.set",
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user is: roles held everywhere, and roles held for single clients."""

    everywhere: frozenset[str]
    by_client: dict[int, frozenset[str]]

    def roles(self, client_id: int | None = None) -> frozenset[str]:
        return self.everywhere | self.by_client.get(client_id or 0, frozenset())

    @property
    def any_roles(self) -> frozenset[str]:
        return self.everywhere.union(*self.by_client.values())


def standing(user: User) -> Standing:
    """The current roles of ``user`` (one query)."""
    everywhere: set[str] = set()
    by_client: dict[int, set[str]] = {}
    if user.is_authenticated and user.is_active:
        for role, client_id in RoleGrant.objects.current().filter(user_id=user.pk).values_list("role", "client_id"):
            if client_id is None:
                everywhere.add(role)
            else:
                by_client.setdefault(client_id, set()).add(role)
    return Standing(frozenset(everywhere), {key: frozenset(roles) for key, roles in by_client.items()})


def may(user: User, act: str, client_id: int | None = None) -> bool:
    """Whether ``user`` may do ``act`` (for the client, where the act concerns one)."""
    found = standing(user)
    if act in _ORGANISATION_WIDE:
        return bool(_ACTS[act] & found.everywhere)
    roles = found.roles(client_id) if client_id is not None else found.any_roles
    return bool(_ACTS[act] & roles)


def may_everywhere(user: User, act: str) -> bool:
    """Whether ``user`` may do ``act`` where it concerns no single client but all of them."""
    return bool(_ACTS[act] & standing(user).everywhere)


def may_about(user: User, act: str, client_id: int | None) -> bool:
    """Whether ``user`` may do ``act`` to a thing of this client; None: it is nobody's own, and concerns everybody."""
    return may_everywhere(user, act) if client_id is None else may(user, act, client_id)


def require(user: User, act: str, client_id: int | None = None) -> None:
    """Raise NotAllowed ``access.denied`` naming the roles that may, unless ``user`` may do ``act``."""
    if not may(user, act, client_id):
        raise _denied(act)


def require_about(user: User, act: str, client_id: int | None) -> None:
    """Raise NotAllowed ``access.denied`` unless ``may_about`` says yes."""
    if not may_about(user, act, client_id):
        raise _denied(act)


def _denied(act: str) -> NotAllowed:
    names = " or ".join(sorted(Role(role).label.lower() for role in _ACTS[act]))
    where = "every client" if act in _ORGANISATION_WIDE else "this client"
    return NotAllowed(
        f"Your account has no role for this ({act}); it needs {names}.",
        how_to_fix=f"Ask an administrator to grant the role for {where}.",
    )


def visible_clients(user: User) -> QuerySet[Client]:
    """The clients whose work ``user`` may see. Everything below a client is filtered through this."""
    found = standing(user)
    if found.everywhere & (_EVERYWHERE | {Role.REQUESTER}):
        return Client.objects.all()
    return Client.objects.filter(pk__in=list(found.by_client))
