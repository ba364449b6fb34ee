"""What a record points at: a checkpoint, a model's weights, their licence and lineage, the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.provenance.canonical import JSON, timestamp
from governance.provenance.errors import MalformedStatement
from governance.provenance.fields import (
    Fields,
    check_one_of,
    check_range,
    check_sha256,
    check_token,
    check_uuid,
    check_when,
)

# A preview decides nothing, and a review or a denial allows nothing: neither can stand behind an output.
STAGES = frozenset({"submit", "dispatch", "release"})
OUTCOMES = frozenset({"permit", "duties"})
GRANT_KINDS = frozenset({"license", "entitlement"})


@dataclass(frozen=True, slots=True)
class CheckpointRef:
    """A signed checkpoint by its content: log origin, number of leaves, RFC 6962 root in hex."""

    origin: str
    size: int
    root: str

    def __post_init__(self) -> None:
        check_token(self.origin, "prev_checkpoint.origin")
        check_range(self.size, "prev_checkpoint.size", 0)
        check_sha256(self.root, "prev_checkpoint.root")

    def as_json(self) -> dict[str, JSON]:
        return {"origin": self.origin, "size": self.size, "root": self.root}

    @classmethod
    def read(cls, fields: Fields) -> CheckpointRef:
        return cls(origin=fields.text("origin"), size=fields.integer("size"), root=fields.text("root"))


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that ran; ``weights_sha256`` is the digest of the very bytes that were loaded."""

    name: str
    version: str
    weights_sha256: str

    def __post_init__(self) -> None:
        check_token(self.name, "model.name")
        check_token(self.version, "model.version")
        check_sha256(self.weights_sha256, "model.weights_sha256")

    def as_json(self) -> dict[str, JSON]:
        return {"name": self.name, "version": self.version, "weights_sha256": self.weights_sha256}

    @classmethod
    def read(cls, fields: Fields) -> ModelRef:
        return cls(fields.text("name"), fields.text("version"), fields.text("weights_sha256"))


@dataclass(frozen=True, slots=True)
class WeightsLicense:
    """SPDX ids or LicenseRefs of the weights, and the digest of the text that came with them, if any."""

    spdx_ids: tuple[str, ...]
    text_sha256: str | None

    def __post_init__(self) -> None:
        if not self.spdx_ids:
            raise MalformedStatement("Got no licence id at weights_license.spdx_ids, expected at least one.")
        for spdx_id in self.spdx_ids:
            check_token(spdx_id, "weights_license.spdx_ids")
        if self.text_sha256 is not None:
            check_sha256(self.text_sha256, "weights_license.text_sha256")

    def as_json(self) -> dict[str, JSON]:
        return {"spdx_ids": list(self.spdx_ids), "text_sha256": self.text_sha256}

    @classmethod
    def read(cls, fields: Fields) -> WeightsLicense:
        return cls(spdx_ids=fields.texts("spdx_ids"), text_sha256=fields.text_or_none("text_sha256"))


@dataclass(frozen=True, slots=True)
class Lineage:
    """The training-data claims as they stood: digest of their manifest and how many there were."""

    manifest_sha256: str
    entries: int

    def __post_init__(self) -> None:
        check_sha256(self.manifest_sha256, "lineage.manifest_sha256")
        check_range(self.entries, "lineage.entries", 0)

    def as_json(self) -> dict[str, JSON]:
        return {"manifest_sha256": self.manifest_sha256, "entries": self.entries}

    @classmethod
    def read(cls, fields: Fields) -> Lineage:
        return cls(fields.text("manifest_sha256"), fields.integer("entries"))


@dataclass(frozen=True, slots=True)
class GrantRef:
    """A grant relied upon: a public licence by its id, an entitlement only by UUID or salted commitment."""

    kind: str
    ref: str

    def __post_init__(self) -> None:
        check_one_of(self.kind, "decision.grants.kind", GRANT_KINDS)
        if self.kind == "license":
            check_token(self.ref, "decision.grants.ref")
        elif len(self.ref) == 64:
            check_sha256(self.ref, "decision.grants.ref")
        else:
            # A contract number in the clear would tell the world what the agency bought.
            check_uuid(self.ref, "decision.grants.ref")

    def as_json(self) -> dict[str, JSON]:
        return {"kind": self.kind, "ref": self.ref}

    @classmethod
    def read(cls, fields: Fields) -> GrantRef:
        return cls(kind=fields.text("kind"), ref=fields.text("ref"))


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """The decision that allowed the run: opaque id, digests of what it was given and of what it said."""

    id: str
    stage: str
    outcome: str
    facts_sha256: str
    rule_set_digest: str
    evaluator_version: str
    grants: tuple[GrantRef, ...]
    decided_at: datetime
    decision_sha256: str

    def __post_init__(self) -> None:
        check_uuid(self.id, "decision.id")
        check_one_of(self.stage, "decision.stage", STAGES)
        check_one_of(self.outcome, "decision.outcome", OUTCOMES)
        check_sha256(self.facts_sha256, "decision.facts_sha256")
        check_sha256(self.rule_set_digest, "decision.rule_set_digest")
        check_token(self.evaluator_version, "decision.evaluator_version")
        check_when(self.decided_at, "decision.decided_at")
        check_sha256(self.decision_sha256, "decision.decision_sha256")
        if not self.grants:
            raise MalformedStatement("Got no grant at decision.grants, expected the right the run relied on.")

    def as_json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "stage": self.stage,
            "outcome": self.outcome,
            "facts_sha256": self.facts_sha256,
            "rule_set_digest": self.rule_set_digest,
            "evaluator_version": self.evaluator_version,
            "grants": [grant.as_json() for grant in self.grants],
            "decided_at": timestamp(self.decided_at),
            "decision_sha256": self.decision_sha256,
        }

    @classmethod
    def read(cls, fields: Fields) -> DecisionRef:
        return cls(
            id=fields.text("id"),
            stage=fields.text("stage"),
            outcome=fields.text("outcome"),
            facts_sha256=fields.text("facts_sha256"),
            rule_set_digest=fields.text("rule_set_digest"),
            evaluator_version=fields.text("evaluator_version"),
            grants=fields.objects("grants", GrantRef.read),
            decided_at=fields.when("decided_at"),
            decision_sha256=fields.text("decision_sha256"),
        )
