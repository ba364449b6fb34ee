"""What a sound record says, as labelled lines for people."""

from __future__ import annotations

from typing import TypeAlias

from governance.ledger.checkpoint import Checkpoint
from governance.provenance.canonical import timestamp
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement

Summary: TypeAlias = tuple[tuple[str, str], ...]

_GRANTS = {"license": "licence", "entitlement": "entitlement"}


def summarise(statement: Statement, index: int, checkpoint: Checkpoint) -> Summary:
    """Return (label, value) pairs; show them only when the whole verification was sound."""
    predicate = statement.predicate
    lines = [
        ("record", f"{predicate.record_id} ({predicate.kind})"),
        ("file", f"{statement.subject.media_type}, SHA-256 {statement.subject.sha256}"),
        ("issued at", f"{timestamp(predicate.issued_at)} (claimed: the issuer's word)"),
        ("not older", _bound(predicate.prev_checkpoint.size)),
        ("log", f"{checkpoint.origin}, entry {index} of {checkpoint.size}"),
    ]
    lines += _cutout(predicate) if isinstance(predicate, CutoutProvenance) else _event(predicate)
    return tuple(lines)


def _bound(quoted_size: int) -> str:
    if not quoted_size:
        return "it quotes the empty log, which proves nothing about its age"
    return f"than the checkpoint of size {quoted_size} it quotes; whether the log signed that, its audit tells"


def _cutout(predicate: CutoutProvenance) -> list[tuple[str, str]]:
    license_, decision, run = predicate.weights_license, predicate.decision, predicate.run
    return [
        ("model", f"{predicate.model.name} {predicate.model.version}"),
        ("weights", f"SHA-256 {predicate.model.weights_sha256}"),
        ("licence", f"{', '.join(license_.spdx_ids)} (text SHA-256 {license_.text_sha256 or 'not kept'})"),
        (
            "lineage",
            f"{predicate.lineage.entries} claims, manifest SHA-256 {predicate.lineage.manifest_sha256}",
        ),
        (
            "decision",
            f"{decision.outcome} at {decision.stage}, {timestamp(decision.decided_at)}, {decision.id}",
        ),
        ("relied on", "; ".join(f"{_GRANTS[grant.kind]} {grant.ref}" for grant in decision.grants)),
        ("rules", f"SHA-256 {decision.rule_set_digest}, evaluator {decision.evaluator_version}"),
        ("run", f"{run.profile}, {run.precision} on {run.device}, {run.engine}, code {run.code_revision}"),
    ]


def _event(predicate: LedgerEvent) -> list[tuple[str, str]]:
    return [(name, "not given" if value is None else str(value)) for name, value in predicate.details.items()]
