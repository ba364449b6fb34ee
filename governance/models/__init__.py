"""Rows, constraints and querysets. No side effects: every write lives in ``governance.services``."""

from __future__ import annotations

from governance.models.accounts import Role, RoleGrant
from governance.models.alarms import Alarm, AlarmAcknowledgement
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
from governance.models.contracts import Contract, Quota, QuotaEntry
from governance.models.corrections import RecordCorrection
from governance.models.duties import AgentAcknowledgement, Duty, DutyAct
from governance.models.facts import FactChange
from governance.models.inputs import AssetTerm, InputPermission, PermissionVerification, RightsReading, RightsSignal
from governance.models.jobs import Asset, Cutout, Job, Status
from governance.models.ledger import Checkpoint, PendingEntry, SequencedEntry, TreeNode, TreeState
from governance.models.licenses import (
    DeclarationResolution,
    EncodingApproval,
    EncodingRetirement,
    LicenseEncoding,
    LicenseText,
    ResolutionApproval,
)
from governance.models.lineage import ClaimContradiction, ClaimReview
from governance.models.outputs import Delivery, Output, ProvenanceRecord, Release
from governance.models.policies import (
    PolicySet,
    PolicySetApproval,
    PolicySetWithdrawal,
    Sweep,
    SweepChange,
    TrialVerdict,
)
from governance.models.relief import Hold, HoldLift, Waiver, WaiverAnswer, WaiverRevocation, WaiverUse
from governance.models.reports import Report
from governance.models.reviews import ReviewAssignment, ReviewCase, ReviewOutcome
from governance.models.rights import Decision, Entitlement, EntitlementEnd, EntitlementVerification, GrantSet
from governance.models.signing_keys import SigningKey
from governance.models.source_types import SourceTypeSetting
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
    "AgentAcknowledgement",
    "Alarm",
    "AlarmAcknowledgement",
    "Asset",
    "AssetTerm",
    "CatalogueSync",
    "Checkpoint",
    "ClaimContradiction",
    "ClaimReview",
    "Client",
    "Contract",
    "Cutout",
    "Dataset",
    "Decision",
    "DeclarationResolution",
    "Delivery",
    "DeploymentTarget",
    "Duty",
    "DutyAct",
    "EncodingApproval",
    "EncodingRetirement",
    "Entitlement",
    "EntitlementEnd",
    "EntitlementVerification",
    "FactChange",
    "GrantSet",
    "Hold",
    "HoldLift",
    "HostingMode",
    "InputPermission",
    "Job",
    "License",
    "LicenseDeclaration",
    "LicenseEncoding",
    "LicenseResolution",
    "LicenseText",
    "LineageClaim",
    "ModelVersion",
    "Output",
    "OutputDistribution",
    "PendingEntry",
    "PermissionVerification",
    "PolicySet",
    "PolicySetApproval",
    "PolicySetWithdrawal",
    "Project",
    "ProvenanceRecord",
    "Quota",
    "QuotaEntry",
    "RecordCorrection",
    "Release",
    "Report",
    "ResolutionApproval",
    "ReviewAssignment",
    "ReviewCase",
    "ReviewOutcome",
    "RightsReading",
    "RightsSignal",
    "Role",
    "RoleGrant",
    "SequencedEntry",
    "SigningKey",
    "SourceTypeSetting",
    "Status",
    "Sweep",
    "SweepChange",
    "TargetKind",
    "Ternary",
    "TrainingUse",
    "TreeNode",
    "TreeState",
    "TrialVerdict",
    "UseDetermination",
    "Waiver",
    "WaiverAnswer",
    "WaiverRevocation",
    "WaiverUse",
    "WeightsAcquisition",
    "WeightsArtifact",
    "WeightsDistribution",
]
