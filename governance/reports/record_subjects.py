"""What the log's entries are about: kinds in words, and our own rows with their pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse

_KINDS = {
    "acquisition": "Weights acquired",
    "alarm": "Alarm",
    "checkpoint-gap": "Gap between checkpoints",
    "claim": "Claim about training data",
    "clock-alarm": "Clock alarm",
    "contract": "Contract",
    "correction": "Correction",
    "cutout": "Output made",
    "decision": "Decision",
    "delivery": "Delivery",
    "determination": "Use and facts of a target",
    "directory": "Directory of clients",
    "entitlement": "Entitlement",
    "erasure": "Erasure",
    "hold": "Hold",
    "key-event": "Signing key",
    "permission": "Rights of a picture",
    "policy-set": "Policy revision",
    "quota": "Quota",
    "reading": "Licence reading or text",
    "release": "Release",
    "report": "Report handed out",
    "resolution": "Licence resolution",
    "restore": "Restored from a backup",
    "review": "Review",
    "revocation": "Revocation",
    "role": "Role",
    "source-type": "Source type",
    "waiver": "Waiver",
}
_TABLES = frozenset(apps.get_app_config("governance").models)
KIND_CHOICES = tuple(sorted(_KINDS.items(), key=lambda kind: kind[1]))


@dataclass(frozen=True, slots=True)
class Subject:
    """One of our rows: its name, and its page ('' for none)."""

    title: str
    url: str


def kind_words(kind: str) -> str:
    """As in "Output made"; a kind of a later edition by its own name."""
    return _KINDS.get(kind, kind)


def about_words(about: str) -> str:
    """The row an event is about, without asking for it: "entitlement 17"."""
    table, _, key = about.partition(":")
    name = str(apps.get_model("governance", table)._meta.verbose_name) if table in _TABLES else table
    return f"{name.replace('license', 'licence')} {key}"


def subject_of(about: str) -> Subject:
    """The row an event is about ("entitlement:17"), and where to read it now. A row that is gone has no page."""
    table, _, key = about.partition(":")
    find = _PAGES.get(table)
    if find is None:
        return Subject(about, "")
    row = apps.get_model("governance", table)._default_manager.filter(pk=key).first()
    return find(row) if row is not None else Subject(f"{about}, which is gone", "")


def _named(title: Callable[[Any], str], name: str, *arguments: str) -> Callable[[Any], Subject]:
    """A row called ``title`` whose page takes these attributes (dotted) as its arguments."""

    def find(row: Any) -> Subject:
        return Subject(title(row), reverse(name, args=[_attribute(row, path) for path in arguments]))

    return find


def _attribute(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name)
    return row


def _fact(row: Any) -> Subject:
    if row.target_id is not None:
        return Subject(f"A fact of {row.target}", reverse("target", args=[row.target_id]))
    return Subject(f"A fact of {row.project}", reverse("client-list"))


_PAGES: dict[str, Callable[[Any], Subject]] = {
    "alarm": _named(lambda row: f"Alarm {row.pk}", "ledger"),
    "asset": _named(lambda row: f"Picture {row.file_name}", "picture", "pk"),
    "assetterm": _named(lambda row: f"The licence of {row.asset.file_name}", "picture", "asset_id"),
    "cataloguesync": _named(lambda row: f"The catalogue of {row.as_of}", "model-list"),
    "claimcontradiction": _named(lambda row: f"What speaks against {row.claim_id}", "claim", "claim_id"),
    "claimreview": _named(lambda row: f"A review of {row.claim_id}", "claim", "claim_id"),
    "contract": _named(str, "contract", "ref"),
    "decision": _named(lambda row: f"Decision {row.pk}", "decision", "pk"),
    "declarationresolution": _named(lambda row: f"The licence of {row.model_id}", "model", "model_id"),
    "delivery": _named(lambda row: f"Delivery of output {row.release.output_id}", "output", "release.output_id"),
    "entitlement": _named(str, "entitlement", "ref"),
    "factchange": _fact,
    "hold": _named(str, "hold", "ref"),
    "inputpermission": _named(lambda row: f"PRM-{row.pk}", "picture", "asset_id"),
    "licenseencoding": _named(str, "license-reading", "license_id", "pk"),
    "licensetext": _named(lambda row: f"The text of {row.license_id}", "license", "license_id"),
    "output": _named(lambda row: f"Output {row.pk}", "output", "pk"),
    "policyset": _named(lambda row: f"Revision {row.revision}", "policy", "revision"),
    "quota": _named(lambda row: f"A quota of {row.entitlement}", "entitlement", "entitlement.ref"),
    "recordcorrection": _named(lambda row: f"What is wrong with record {row.record_id}", "record", "record_id"),
    "release": _named(lambda row: f"Release of output {row.output_id}", "output", "output_id"),
    "reviewcase": _named(str, "review", "ref"),
    "signingkey": _named(str, "ledger"),
    "sourcetypesetting": _named(str, "source-types"),
    "usedetermination": _named(lambda row: f"The use of {row.target}", "target", "target_id"),
    "waiver": _named(str, "waiver", "ref"),
    "weightsacquisition": _named(lambda row: f"Weights of {row.artifact.model_id}", "model", "artifact.model_id"),
}
