"""The paper behind purchased rights, and the ledger of what of them is used up. Append-only."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from governance.models.fields import evidence_field, person, recorded_at


class ContractQuerySet(models.QuerySet["Contract"]):
    def latest_versions(self) -> ContractQuerySet:
        """The newest version of each contract."""
        newest = Contract.objects.filter(ref=models.OuterRef("ref")).order_by("-version").values("pk")[:1]
        return self.filter(pk=models.Subquery(newest))


class Contract(models.Model):
    """One version of a contract as recorded: an amendment is a new version with its own papers."""

    ref = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    licensor = models.CharField(max_length=120)
    licensee = models.CharField(max_length=120)
    affiliates = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    reference = models.CharField("the paper's own number", max_length=120)
    signed_on = models.DateField()
    governing_law = models.CharField(max_length=80, blank=True)
    notice_days = models.PositiveIntegerField(null=True)
    auto_renews = models.BooleanField(null=True)
    evidence_sha256s = evidence_field()
    entered_by = person()
    entered_at = recorded_at()

    objects = ContractQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ref", "version"], name="contract_version_once"),
            models.CheckConstraint(condition=~Q(evidence_sha256s=[]), name="contract_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} v{self.version}"


class Quota(models.Model):
    """How much of an entitlement version may be used in each period, counted in its stated time zone."""

    class Unit(models.TextChoices):
        OUTPUT = "output", "Outputs"
        JOB = "job", "Jobs"
        API_CALL = "api_call", "API calls"

    class Period(models.TextChoices):
        CALENDAR_MONTH = "calendar_month", "Per calendar month"
        CONTRACT_YEAR = "contract_year", "Per contract year"
        TERM = "term", "For the whole term"

    class Overage(models.TextChoices):
        BLOCK = "block", "Stop at the limit"
        ALLOW_AND_REPORT = "allow_and_report", "Go on and report"
        ASK = "ask", "Ask a person"

    entitlement = models.ForeignKey("governance.Entitlement", on_delete=models.PROTECT, related_name="quotas")
    unit = models.CharField(max_length=10, choices=Unit.choices)
    period = models.CharField(max_length=16, choices=Period.choices)
    limit = models.PositiveIntegerField()
    overage = models.CharField(max_length=18, choices=Overage.choices, default=Overage.BLOCK)
    entered_at = recorded_at()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "unit", "period"], name="quota_once"),
            models.CheckConstraint(condition=Q(limit__gt=0), name="quota_above_zero"),
        ]


class QuotaEntry(models.Model):
    """One line of the quota ledger. What is used in a period is the sum of ``amount``.

    ``reserve`` adds, ``commit`` (0) and ``void`` (takes back) settle exactly one reserve, ``adjust`` corrects with a
    second person's approval. The database refuses a reserve that would pass the limit of a quota that blocks.
    """

    class Kind(models.TextChoices):
        RESERVE = "reserve", "Reserved"
        COMMIT = "commit", "Used"
        VOID = "void", "Given back"
        ADJUST = "adjust", "Corrected"

    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="entries")
    period_key = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.IntegerField()
    cutout = models.ForeignKey("governance.Cutout", on_delete=models.PROTECT, null=True, related_name="quota_entries")
    attempt = models.PositiveIntegerField(null=True)
    settles = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="settlement")
    note = models.TextField(blank=True)
    entered_by = person(null=True)
    approved_by = person(null=True)
    entered_at = recorded_at()

    class Meta:
        indexes = [models.Index(fields=["quota", "period_key"], include=["amount"], name="quota_entry_period")]
        constraints = [
            models.UniqueConstraint(
                fields=["quota", "cutout", "attempt"],
                condition=Q(kind="reserve"),
                name="quota_reserved_once_per_attempt",
            ),
            models.CheckConstraint(
                condition=Q(kind="reserve", amount__gt=0, cutout__isnull=False, attempt__isnull=False, settles=None)
                | Q(kind="commit", amount=0, settles__isnull=False)
                | Q(kind="void", amount__lt=0, settles__isnull=False)
                | (
                    Q(kind="adjust", settles=None, entered_by__isnull=False, approved_by__isnull=False)
                    & ~Q(amount=0)
                    & ~Q(note="")
                    & ~Q(entered_by=F("approved_by"))
                ),
                name="quota_entry_shape",
            ),
        ]
