"""Who may do what: roles granted to Django's own users."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from governance.models.fields import recorded_at


class Role(models.TextChoices):
    REQUESTER = "requester", "Requester"
    LEGAL = "legal", "Legal"
    LICENSE_ADMIN = "license_admin", "Licence admin"
    AUDITOR = "auditor", "Auditor"


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def current(self) -> RoleGrantQuerySet:
        return self.filter(ended_at__isnull=True)


class RoleGrant(models.Model):
    """A role, for one client or (``client`` empty) for the whole organisation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    client = models.ForeignKey("governance.Client", on_delete=models.PROTECT, null=True, blank=True)
    granted_at = recorded_at()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="role_grant_role_known"),
            models.UniqueConstraint(
                fields=["user", "role", "client"],
                condition=models.Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="role_grant_once",
            ),
        ]
