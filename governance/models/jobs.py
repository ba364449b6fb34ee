"""Pictures, jobs and cutouts. The row is the truth; the queue only carries its id."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from governance.models.fields import recorded_at, sha256_field
from governance.models.rights import Decision
from governance.models.work import Client, DeploymentTarget, HostingMode


class Asset(models.Model):
    """A picture as it was handed in: bytes by digest, and what the file says of itself."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="assets")
    sha256 = sha256_field(db_index=True)
    file_name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    mode = models.CharField(max_length=12)
    bits = models.PositiveSmallIntegerField()
    orientation = models.PositiveSmallIntegerField()
    profile = models.CharField(max_length=120, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = recorded_at()

    def __str__(self) -> str:
        return self.file_name


class Status(models.TextChoices):
    REFUSED = "refused", "Refused"
    HELD = "held", "Held"
    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Made"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


# The one table of moves, for cutouts and (folded over them) for jobs. A move that is not here is refused.
TRANSITIONS: dict[str, frozenset[str]] = {
    Status.HELD: frozenset({Status.QUEUED, Status.REFUSED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.RUNNING, Status.HELD, Status.REFUSED, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.SUCCEEDED, Status.FAILED, Status.QUEUED, Status.HELD, Status.REFUSED}),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.REFUSED: frozenset(),
    Status.SUCCEEDED: frozenset(),
    Status.CANCELLED: frozenset(),
}
OPEN = (Status.QUEUED, Status.RUNNING)


class Job(models.Model):
    """A submission of pictures for one target by one route. Its state is that of its cutouts."""

    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, related_name="jobs")
    model = models.ForeignKey("governance.ModelVersion", on_delete=models.PROTECT, related_name="jobs")
    weights_sha256 = sha256_field(blank=True)
    hosting_mode = models.CharField(max_length=20, choices=HostingMode.choices)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    requested_at = recorded_at()
    # Whose form was sent twice; what somebody else sends says nothing about it.
    idempotency_key = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["requested_by", "idempotency_key"], name="job_once_per_submission"),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk}"


class CutoutQuerySet(models.QuerySet["Cutout"]):
    def queued(self) -> CutoutQuerySet:
        return self.filter(status=Status.QUEUED)

    def running(self) -> CutoutQuerySet:
        return self.filter(status=Status.RUNNING)

    def move(self, origin: str, to: str, **values: object) -> int:
        """Compare-and-set the status; returns how many rows were still in ``origin``.

        Raises KeyError/ValueError for a move the table does not know: that is a bug, never a race.
        """
        if to not in TRANSITIONS[origin]:
            raise ValueError(f"No move from {origin} to {to}.")
        return self.filter(status=origin).update(status=to, **values)


class Cutout(models.Model):
    """One picture of a job. ``attempt`` is the fencing token: only the latest claimant may record a result."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="cutouts")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="cutouts")
    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices)
    attempt = models.PositiveIntegerField(default=0)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="+")
    enqueued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)

    objects: ClassVar[CutoutQuerySet] = CutoutQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "asset"], name="cutout_once_per_job_and_asset"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="cutout_status_known"),
        ]
        indexes = [models.Index(fields=["status", "enqueued_at"], name="cutout_status_enqueued")]
