"""The predicate of a cutout: what was made from what, by which weights, under which licence and decision.

Public artefacts hold no client name, contract number, file name or price: only opaque identifiers and salted
commitments. Values are checked when built as well as when read back, so a bad record cannot be signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, timestamp
from governance.provenance.errors import MalformedStatement
from governance.provenance.fields import (
    Fields,
    check_field,
    check_nonce,
    check_one_of,
    check_range,
    check_sha256,
    check_token,
    check_uuid,
    check_when,
)
from governance.provenance.references import CheckpointRef, DecisionRef, Lineage, ModelRef, WeightsLicense

PREDICATE_TYPE = "urn:clearcut:predicate:cutout-provenance:v1"
KIND = "cutout"
FOREGROUND = frozenset({"found", "none", "full"})


@dataclass(frozen=True, slots=True)
class Run:
    """How the pixels were computed. Sizes: pixels of the network's input; coverage: permille of the picture.

    ``profile`` names the pre- and post-processing; ``engine`` and ``device`` the code and machine kind.
    """

    profile: str
    precision: str
    device: str
    engine: str
    code_revision: str
    input_width: int
    input_height: int
    foreground: str
    coverage_permille: int
    torch_version: str | None
    threads: int | None

    def __post_init__(self) -> None:
        for name in ("profile", "precision", "device", "engine", "code_revision"):
            check_token(getattr(self, name), f"run.{name}")
        check_range(self.input_width, "run.input_width", 1)
        check_range(self.input_height, "run.input_height", 1)
        check_one_of(self.foreground, "run.foreground", FOREGROUND)
        check_range(self.coverage_permille, "run.coverage_permille", 0, 1000)
        if self.torch_version is not None:
            check_token(self.torch_version, "run.torch_version")
        if self.threads is not None:
            check_range(self.threads, "run.threads", 1)

    def as_json(self) -> dict[str, JSON]:
        return {
            "profile": self.profile,
            "precision": self.precision,
            "device": self.device,
            "engine": self.engine,
            "code_revision": self.code_revision,
            "input_width": self.input_width,
            "input_height": self.input_height,
            "foreground": self.foreground,
            "coverage_permille": self.coverage_permille,
            "torch_version": self.torch_version,
            "threads": self.threads,
        }

    @classmethod
    def read(cls, fields: Fields) -> Run:
        return cls(
            profile=fields.text("profile"),
            precision=fields.text("precision"),
            device=fields.text("device"),
            engine=fields.text("engine"),
            code_revision=fields.text("code_revision"),
            input_width=fields.integer("input_width"),
            input_height=fields.integer("input_height"),
            foreground=fields.text("foreground"),
            coverage_permille=fields.integer("coverage_permille"),
            torch_version=fields.text_or_none("torch_version"),
            threads=fields.integer_or_none("threads"),
        )


@dataclass(frozen=True, slots=True)
class InputCommitment:
    """A salted commitment (see commitment.py) to one fact about the input, such as the picture's SHA-256."""

    field: str
    commitment: str

    def __post_init__(self) -> None:
        check_field(self.field, "inputs.field")
        check_sha256(self.commitment, "inputs.commitment")

    def as_json(self) -> dict[str, JSON]:
        return {"field": self.field, "commitment": self.commitment}

    @classmethod
    def read(cls, fields: Fields) -> InputCommitment:
        return cls(field=fields.text("field"), commitment=fields.text("commitment"))


@dataclass(frozen=True, slots=True)
class CutoutProvenance:
    """The provenance of one output. ``job`` and ``tenant`` are opaque UUIDs; ``nonce`` is 32 random bytes.

    ``prev_checkpoint`` is the newest signed checkpoint known when the record was made: nobody could have
    quoted it earlier, so it bounds the time from below. Raises MalformedStatement when built from bad values.
    """

    record_id: str
    job: str
    tenant: str
    issued_at: datetime
    prev_checkpoint: CheckpointRef
    model: ModelRef
    weights_license: WeightsLicense
    lineage: Lineage
    decision: DecisionRef
    run: Run
    inputs: tuple[InputCommitment, ...]
    nonce: bytes

    def __post_init__(self) -> None:
        check_uuid(self.record_id, "record_id")
        check_uuid(self.job, "job")
        check_uuid(self.tenant, "tenant")
        check_when(self.issued_at, "issued_at")
        check_nonce(self.nonce)
        names = [item.field for item in self.inputs]
        if len(set(names)) != len(names):
            raise MalformedStatement(f"Got input fields {names}, expected each field once.")
        if "picture" not in names:
            raise MalformedStatement(f"Got input fields {names}, expected a commitment to the 'picture'.")
        if self.decision.decided_at > self.issued_at:
            raise MalformedStatement(
                f"Got a decision of {timestamp(self.decision.decided_at)} in a record issued at "
                f"{timestamp(self.issued_at)}, expected the decision first."
            )

    @property
    def kind(self) -> str:
        """What sort of record this is, as in LedgerEvent."""
        return KIND

    def as_json(self) -> dict[str, JSON]:
        return {
            "kind": self.kind,
            "record_id": self.record_id,
            "job": self.job,
            "tenant": self.tenant,
            "issued_at": timestamp(self.issued_at),
            "prev_checkpoint": self.prev_checkpoint.as_json(),
            "model": self.model.as_json(),
            "weights_license": self.weights_license.as_json(),
            "lineage": self.lineage.as_json(),
            "decision": self.decision.as_json(),
            "run": self.run.as_json(),
            "inputs": [item.as_json() for item in self.inputs],
            "nonce": base64_strict.encode(self.nonce),
        }

    @classmethod
    def read(cls, fields: Fields) -> CutoutProvenance:
        fields.constant("kind", KIND)
        return cls(
            record_id=fields.text("record_id"),
            job=fields.text("job"),
            tenant=fields.text("tenant"),
            issued_at=fields.when("issued_at"),
            prev_checkpoint=fields.object("prev_checkpoint", CheckpointRef.read),
            model=fields.object("model", ModelRef.read),
            weights_license=fields.object("weights_license", WeightsLicense.read),
            lineage=fields.object("lineage", Lineage.read),
            decision=fields.object("decision", DecisionRef.read),
            run=fields.object("run", Run.read),
            inputs=fields.objects("inputs", InputCommitment.read),
            nonce=fields.base64("nonce"),
        )
