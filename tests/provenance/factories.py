"""Plain functions that make valid values; a test changes the one thing it is about."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from governance.provenance.commitment import commit
from governance.provenance.cutout import CutoutProvenance, InputCommitment, Run
from governance.provenance.event import LedgerEvent
from governance.provenance.references import (
    CheckpointRef,
    DecisionRef,
    GrantRef,
    Lineage,
    ModelRef,
    WeightsLicense,
)
from governance.provenance.statement import Statement, Subject

ORIGIN = "ledger.example.com/prov-1"
OUTPUT = b"\x89PNG\r\n\x1a\n a delivered cutout"
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_record_key(seed: int = 7) -> ec.EllipticCurvePrivateKey:
    """A fixed P-256 key, so that failures repeat."""
    return ec.derive_private_key(seed, ec.SECP256R1())


def make_run(**changes: Any) -> Run:
    run = Run(
        profile="birefnet-1024/v1",
        precision="fp32",
        device="cpu",
        engine="local",
        code_revision="3f9c2ab",
        input_width=1024,
        input_height=1024,
        foreground="found",
        coverage_permille=412,
        torch_version="2.9.1+cpu",
        threads=2,
    )
    return replace(run, **changes)


def make_decision(**changes: Any) -> DecisionRef:
    decision = DecisionRef(
        id="0199a000-0000-7000-8000-0000000000d1",
        stage="dispatch",
        outcome="permit",
        facts_sha256=digest("facts"),
        rule_set_digest=digest("rules"),
        evaluator_version="1.0.0",
        grants=(GrantRef("license", "MIT"),),
        decided_at=datetime(2026, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC),
        decision_sha256=digest("decision"),
    )
    return replace(decision, **changes)


def make_predicate(**changes: Any) -> CutoutProvenance:
    predicate = CutoutProvenance(
        record_id="0199a000-0000-7000-8000-000000000001",
        job="0199a000-0000-7000-8000-0000000000a1",
        tenant="0199a000-0000-7000-8000-0000000000b1",
        issued_at=datetime(2026, 3, 1, 9, 0, 4, 123_456, tzinfo=UTC),
        prev_checkpoint=CheckpointRef(ORIGIN, 0, EMPTY_ROOT),
        model=ModelRef("birefnet-general", "1.0", digest("weights")),
        weights_license=WeightsLicense(("MIT",), digest("licence text")),
        lineage=Lineage(digest("lineage"), 5),
        decision=make_decision(),
        run=make_run(),
        inputs=(InputCommitment("picture", commit("picture", b"\x01" * 32, b"\x02" * 32)),),
        nonce=bytes(range(32)),
    )
    return replace(predicate, **changes)


def make_event(**changes: Any) -> LedgerEvent:
    event = LedgerEvent(
        record_id="0199a000-0000-7000-8000-000000000002",
        kind="report",
        issued_at=datetime(2026, 3, 2, tzinfo=UTC),
        prev_checkpoint=CheckpointRef(ORIGIN, 0, EMPTY_ROOT),
        details={"template": "audit/v1", "pages": 12, "supersedes": None},
        nonce=bytes(range(32)),
    )
    return replace(event, **changes)


def make_subject(**changes: Any) -> Subject:
    subject = Subject(
        name="urn:uuid:0199a000-0000-7000-8000-0000000000c1",
        sha256=hashlib.sha256(OUTPUT).hexdigest(),
        media_type="image/png",
    )
    return replace(subject, **changes)


def make_statement(**changes: Any) -> Statement:
    return Statement(subject=make_subject(), predicate=make_predicate(**changes))
