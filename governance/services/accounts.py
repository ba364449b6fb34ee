"""Users and the roles they hold."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from governance.errors import RequestError
from governance.models import Client, Role, RoleGrant
from governance.services.entries import record_event


def add_user(username: str, password: str | None) -> User:
    """Create an account, or give the one there is a new password. Without one nobody signs in until one is set.

    Raises RequestError ``password.weak``; then nothing is changed.
    """
    if password is not None:
        _check_password(password)
    user, created = User.objects.get_or_create(username=username)
    # The same password again changes nothing: a new hash of it would sign the user out everywhere.
    if created or (password is not None and not user.check_password(password)):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def grant_role(user: User, role: str, client: Client | None = None) -> RoleGrant:
    """Give ``user`` a role for one client, or for every client. Giving it twice changes nothing."""
    if role not in Role.values:
        raise RequestError(f"Unknown role {role!r}; expected one of {', '.join(Role.values)}.", code="role.unknown")
    with transaction.atomic():
        grant, created = RoleGrant.objects.current().get_or_create(user=user, role=role, client=client)
        if created:
            record_event("role", "granted", grant, client_id=grant.client_id, details={"role": role})
    return grant


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as problem:
        raise RequestError(
            " ".join(problem.messages), how_to_fix="Choose a longer, less common one.", code="password.weak"
        ) from problem


def end_role(grant: RoleGrant) -> None:
    """Take a role away; that it was held stays on record."""
    with transaction.atomic():
        if RoleGrant.objects.current().filter(pk=grant.pk).update(ended_at=timezone.now()):
            record_event("role", "ended", grant, client_id=grant.client_id, details={"role": grant.role})
