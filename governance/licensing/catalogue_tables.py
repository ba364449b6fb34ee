"""The tables of the catalogue: which keys each has, how each is read, what each refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing import catalogue_models as models
from governance.licensing import catalogue_shapes as shapes
from governance.licensing import catalogue_words as words
from governance.licensing.catalogue_parse import (
    Key,
    Shape,
    choice,
    day,
    flag,
    https,
    md5,
    nested,
    reference,
    references,
    sha256,
    single,
    slug,
    text,
    whole,
)

_SLUG = Key(slug)
_TEXT = Key(text)
_TEXT_OR_NONE = Key(text, default="")
_ADDRESS_OR_NONE = Key(https, default="")
_DAY_OR_NONE = Key(day, default=None)
_SIZE_OR_NONE = Key(whole, default=None)
_MODEL = Key(reference("model"))
_EVIDENCE: Final[Mapping[str, Key]] = {
    "mark": Key(choice(words.Mark)),
    "sources": Key(references("source")),
}

_HOSTING = Shape(
    models.Hosting,
    {
        "mode": Key(choice(words.HostingMode)),
        "provider": Key(reference("party"), default=None),
        "endpoint": _TEXT_OR_NONE,
        "summary": _TEXT,
        **_EVIDENCE,
    },
)
_LIMITATION = Shape(models.Limitation, {"text": _TEXT, **_EVIDENCE})
_OCCURRENCE = Shape(
    models.Occurrence,
    {
        "place": _TEXT,
        "filename": _TEXT,
        "url": _ADDRESS_OR_NONE,
        "revision": _TEXT_OR_NONE,
        "access": Key(choice(words.Access)),
        **_EVIDENCE,
    },
)
_DERIVATION = Shape(
    models.Derivation,
    {
        "kind": Key(choice(words.DerivationKind)),
        "parent": Key(reference("weights")),
        "note": _TEXT,
        **_EVIDENCE,
    },
)
_CARRIED_TEXT = Shape(
    models.CarriedText,
    {"path": _TEXT, "sha256": Key(sha256), "license": Key(reference("license")), "note": _TEXT},
)
_COUNTER = Shape(shapes.CounterEvidence, {"text": _TEXT, **_EVIDENCE})

_MODEL_TABLES: Final[Mapping[str, Shape]] = {
    "family": Shape(
        models.Family,
        {
            "slug": _SLUG,
            "title": _TEXT,
            "provider": Key(reference("party")),
            "task": _TEXT,
            "homepage": Key(https),
            **_EVIDENCE,
        },
    ),
    "model": Shape(
        models.ModelVersion,
        {
            "slug": _SLUG,
            "family": Key(reference("family")),
            "version": _TEXT,
            "title": _TEXT,
            "architecture": _TEXT,
            "released_on": _DAY_OR_NONE,
            "first_seen_on": _DAY_OR_NONE,
            "homepage": Key(https),
            "intended_use": _TEXT,
            "lineage_completeness": Key(choice(words.Completeness)),
            "lineage_note": _TEXT,
            "runnable_here": Key(flag),
            "obtain_command": _TEXT_OR_NONE,
            "obtain_note": _TEXT,
            **_EVIDENCE,
            "hosting": Key(nested(_HOSTING)),
            "limitations": Key(nested(_LIMITATION)),
        },
    ),
    "weights": Shape(
        models.Weights,
        {
            "sha256": Key(sha256),
            "model": _MODEL,
            "filename": _TEXT,
            "format": Key(choice(words.WeightsFormat)),
            "precision": Key(choice(words.Precision)),
            "size": _SIZE_OR_NONE,
            "md5": Key(md5, default=""),
            "note": _TEXT_OR_NONE,
            **_EVIDENCE,
            "occurrences": Key(nested(_OCCURRENCE), default=()),
            "derived_from": Key(single(_DERIVATION), default=None),
        },
        identity="sha256",
    ),
    "file": Shape(
        models.SupportingFile,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "sha256": Key(sha256),
            "filename": _TEXT,
            "role": Key(choice(words.FileRole)),
            "size": _SIZE_OR_NONE,
            "revision": _TEXT_OR_NONE,
            "note": _TEXT_OR_NONE,
            **_EVIDENCE,
        },
    ),
    "acquisition": Shape(
        models.Acquisition,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "kind": Key(choice(words.AcquisitionKind)),
            "command": _TEXT_OR_NONE,
            "package": _TEXT_OR_NONE,
            "package_version": _TEXT_OR_NONE,
            "package_sha256": Key(sha256, default=""),
            "member": _TEXT_OR_NONE,
            "yields": Key(reference("weights"), default=None),
            "converted_to": Key(reference("weights"), default=None),
            "note": _TEXT,
            **_EVIDENCE,
            "texts": Key(nested(_CARRIED_TEXT), default=()),
        },
    ),
}

_RIGHTS_TABLES: Final[Mapping[str, Shape]] = {
    "source": Shape(
        shapes.Source,
        {
            "slug": _SLUG,
            "kind": Key(choice(words.SourceKind)),
            "title": _TEXT,
            "url": _ADDRESS_OR_NONE,
            "revision": _TEXT_OR_NONE,
            "dated": _DAY_OR_NONE,
            "note": _TEXT_OR_NONE,
        },
    ),
    "party": Shape(
        shapes.Party,
        {
            "slug": _SLUG,
            "name": _TEXT,
            "kind": Key(choice(words.PartyKind)),
            "homepage": _ADDRESS_OR_NONE,
            "sources": Key(references("source")),
        },
    ),
    "license": Shape(
        shapes.License,
        {
            "slug": _SLUG,
            "name": _TEXT,
            "category": Key(choice(words.LicenseCategory)),
            "steward": Key(reference("party"), default=None),
            "text_url": _ADDRESS_OR_NONE,
            "note": _TEXT_OR_NONE,
            **_EVIDENCE,
        },
    ),
    "declaration": Shape(
        shapes.LicenseDeclaration,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "subject": Key(choice(words.DeclarationSubject)),
            "license": Key(reference("license")),
            "declared_by": Key(reference("party")),
            "rank": Key(choice(words.DeclarationRank)),
            "statement": _TEXT,
            "revision": _TEXT_OR_NONE,
            "stated_on": _DAY_OR_NONE,
            "status": Key(choice(words.DeclarationStatus)),
            "reason": _TEXT,
            **_EVIDENCE,
        },
    ),
    "resolution": Shape(
        shapes.LicenseResolution,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "subject": Key(choice(words.DeclarationSubject)),
            "license": Key(reference("license")),
            "status": Key(choice(words.ResolutionStatus)),
            "reason": _TEXT,
            "rests_on": Key(references("declaration"), default=()),
            "conflicts_with": Key(references("declaration"), default=()),
            **_EVIDENCE,
        },
    ),
}

_DATA_TABLES: Final[Mapping[str, Shape]] = {
    "data_set": Shape(
        shapes.DataSet,
        {
            "slug": _SLUG,
            "name": _TEXT,
            "steward": Key(reference("party"), default=None),
            "homepage": _ADDRESS_OR_NONE,
            "terms": Key(choice(words.TermsClass)),
            "license": Key(reference("license"), default=None),
            "summary": _TEXT,
            "size_note": _TEXT_OR_NONE,
            **_EVIDENCE,
        },
    ),
    "training_use": Shape(
        shapes.TrainingUse,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "data_set": Key(reference("data_set")),
            "subset": _TEXT_OR_NONE,
            "role": Key(choice(words.TrainingRole)),
            "standing": Key(choice(words.Standing)),
            "evidence_level": Key(choice(words.EvidenceLevel)),
            "note": _TEXT_OR_NONE,
            **_EVIDENCE,
        },
    ),
    "claim": Shape(
        shapes.LineageClaim,
        {
            "slug": _SLUG,
            "model": _MODEL,
            "predicate": Key(choice(words.Predicate)),
            "value": _TEXT,
            "claimant": Key(reference("party")),
            "stated_on": _DAY_OR_NONE,
            "evidence_level": Key(choice(words.EvidenceLevel)),
            "status": Key(choice(words.ClaimStatus)),
            "reason": _TEXT,
            **_EVIDENCE,
            "counter": Key(nested(_COUNTER), default=()),
        },
    ),
    "open_point": Shape(
        shapes.OpenPoint,
        {
            "slug": _SLUG,
            "model": Key(reference("model"), default=None),
            "question": _TEXT,
            **_EVIDENCE,
        },
    ),
}

TABLES: Final[Mapping[str, Shape]] = {**_RIGHTS_TABLES, **_MODEL_TABLES, **_DATA_TABLES}
