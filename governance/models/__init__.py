"""Rows, constraints and querysets. No side effects: every write lives in ``governance.services``."""

from __future__ import annotations

from governance.models.accounts import Role, RoleGrant
from governance.models.catalogue import (
    CatalogueSync,
    Dataset,
    License,
    LicenseDeclaration,
    LicenseResolution,
    LineageClaim,
    ModelVersion,
    TrainingUse,
    WeightsAcquisition,
    WeightsArtifact,
)
from governance.models.jobs import Asset, Cutout, Job, Status
from governance.models.ledger import Checkpoint, PendingEntry, SequencedEntry, TreeNode, TreeState
from governance.models.outputs import Delivery, Output, ProvenanceRecord, Release
from governance.models.rights import Decision, Entitlement, EntitlementEnd, EntitlementVerification
from governance.models.work import (
    Client,
    DeploymentTarget,
    HostingMode,
    OutputDistribution,
    Project,
    TargetKind,
    Ternary,
    UseDetermination,
    WeightsDistribution,
)

__all__ = [
    "Asset",
    "CatalogueSync",
    "Checkpoint",
    "Client",
    "Cutout",
    "Dataset",
    "Decision",
    "Delivery",
    "DeploymentTarget",
    "Entitlement",
    "EntitlementEnd",
    "EntitlementVerification",
    "HostingMode",
    "Job",
    "License",
    "LicenseDeclaration",
    "LicenseResolution",
    "LineageClaim",
    "ModelVersion",
    "Output",
    "OutputDistribution",
    "PendingEntry",
    "Project",
    "ProvenanceRecord",
    "Release",
    "Role",
    "RoleGrant",
    "SequencedEntry",
    "Status",
    "TargetKind",
    "Ternary",
    "TrainingUse",
    "TreeNode",
    "TreeState",
    "UseDetermination",
    "WeightsAcquisition",
    "WeightsArtifact",
    "WeightsDistribution",
]
