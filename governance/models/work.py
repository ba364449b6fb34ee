"""Whom the agency works for, on what, and where the pictures go."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.models.fields import recorded_at, sha256_field


class Ternary(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


class Client(models.Model):
    """Whom the agency works for. ``opaque_id`` stands for it in public records, which hold no names."""

    name = models.CharField(max_length=120, unique=True)
    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = recorded_at()

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """A piece of work for a client."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=120)
    billable = models.CharField(max_length=8, choices=Ternary.choices, default=Ternary.UNKNOWN)
    for_profit = models.CharField(
        "for-profit organisation", max_length=8, choices=Ternary.choices, default=Ternary.UNKNOWN
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = recorded_at()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "name"], name="project_name_once_per_client"),
            models.CheckConstraint(condition=models.Q(billable__in=Ternary.values), name="project_billable"),
            models.CheckConstraint(condition=models.Q(for_profit__in=Ternary.values), name="project_for_profit"),
        ]

    def __str__(self) -> str:
        return self.name


class TargetKind(models.TextChoices):
    ECOMMERCE_LISTING = "ecommerce_listing", "Web shop, product listing"
    MARKETING_SITE = "marketing_site", "Marketing site"
    PAID_ADS = "paid_ads", "Paid advertising"
    ORGANIC_SOCIAL = "organic_social", "Social media, unpaid"
    PRINT = "print", "Print"
    PACKAGING_POS = "packaging_pos", "Packaging and point of sale"
    BROADCAST_TV = "broadcast_tv", "Broadcast"
    OOH = "ooh", "Out of home"
    EMAIL = "email", "E-mail"
    INTERNAL_PRESENTATION = "internal_presentation", "Internal presentation or tool"
    PITCH_COMP = "pitch_comp", "Pitch or comp"
    EDITORIAL = "editorial", "Editorial"
    RESEARCH_BENCHMARK = "research_benchmark", "Research or benchmark"
    CLIENT_HANDOVER_FILES = "client_handover_files", "Files handed to the client"
    SAAS_FEATURE = "saas_feature", "Feature of an online service"
    MOBILE_APP_BUNDLE = "mobile_app_bundle", "Mobile app bundle"
    OPEN_SOURCE_RELEASE = "open_source_release", "Open-source release"
    DATASET_PUBLICATION = "dataset_publication", "Data set publication"
    AIR_GAPPED_INSTALL = "air_gapped_install", "Air-gapped installation"


class HostingMode(models.TextChoices):
    WE_SELF_HOST = "we_self_host", "Our own workers"
    CLIENT_SELF_HOST = "client_self_host", "The client's machines"
    VENDOR_API = "vendor_api", "Vendor's API"
    RESELLER_API = "reseller_api", "Reseller's API"
    ON_DEVICE = "on_device", "On the device"


class WeightsDistribution(models.TextChoices):
    NONE = "none", "Weights stay with us"
    INTERNAL = "internal", "Within our organisation"
    TO_CLIENT = "to_client", "To the client"
    PUBLIC = "public", "To the public"


class OutputDistribution(models.TextChoices):
    INTERNAL = "internal", "Stays inside"
    CLIENT = "client", "Goes to the client"
    PUBLIC = "public", "Shown to the public"


class DeploymentTarget(models.Model):
    """Where outputs go and under what facts. A corrected fact leaves a row in ``FactChange``; decisions keep theirs."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="targets")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=32, choices=TargetKind.choices)
    channel = models.CharField(max_length=60, blank=True)
    monetised = models.CharField(max_length=8, choices=Ternary.choices, default=Ternary.UNKNOWN)
    territories = ArrayField(models.CharField(max_length=5))
    hosting_mode = models.CharField(max_length=20, choices=HostingMode.choices, default=HostingMode.WE_SELF_HOST)
    output_distribution = models.CharField(
        max_length=10, choices=OutputDistribution.choices, default=OutputDistribution.PUBLIC
    )
    weights_distribution = models.CharField(
        max_length=10, choices=WeightsDistribution.choices, default=WeightsDistribution.NONE
    )
    valid_until = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = recorded_at()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="target_name_once_per_project"),
            models.CheckConstraint(condition=models.Q(kind__in=TargetKind.values), name="target_kind_known"),
            models.CheckConstraint(condition=models.Q(monetised__in=Ternary.values), name="target_monetised"),
            models.CheckConstraint(condition=~models.Q(territories=[]), name="target_has_territory"),
        ]

    def __str__(self) -> str:
        return self.name


class UseDetermination(models.Model):
    """An attributed act: what use a target is, on which facts. It holds only while those facts do."""

    class Result(models.TextChoices):
        COMMERCIAL = "commercial", "Commercial"
        NON_COMMERCIAL = "non_commercial", "Non-commercial"
        UNDETERMINED = "undetermined", "Undetermined"

    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, related_name="determinations")
    result = models.CharField(max_length=16, choices=Result.choices)
    rationale = models.TextField()
    facts_sha256 = sha256_field()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_by_role = models.CharField(max_length=20)
    signed_at = recorded_at()

    class Meta:
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result__in=["commercial", "non_commercial", "undetermined"]),
                name="determination_result_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(result="non_commercial") | models.Q(signed_by_role="legal"),
                name="non_commercial_is_signed_by_legal",
            ),
        ]
