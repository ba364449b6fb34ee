"""The tables of models, their weights and the files beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing import catalogue_models as models
from governance.licensing import catalogue_words as words
from governance.licensing.catalogue_keys import (
    ADDRESS_OR_NONE,
    DAY_OR_NONE,
    EVIDENCE,
    MODEL,
    SIZE_OR_NONE,
    SLUG,
    TEXT,
    TEXT_OR_NONE,
)
from governance.licensing.catalogue_parse import Key, Shape, choice, flag, https, md5, nested, reference, sha256, single

_HOSTING = Shape(
    models.Hosting,
    {
        "mode": Key(choice(words.HostingMode)),
        "provider": Key(reference("party"), default=None),
        "endpoint": TEXT_OR_NONE,
        "summary": TEXT,
        **EVIDENCE,
    },
)
_LIMITATION = Shape(models.Limitation, {"text": TEXT, **EVIDENCE})
_OCCURRENCE = Shape(
    models.Occurrence,
    {
        "place": TEXT,
        "filename": TEXT,
        "url": ADDRESS_OR_NONE,
        "revision": TEXT_OR_NONE,
        "access": Key(choice(words.Access)),
        **EVIDENCE,
    },
)
_DERIVATION = Shape(
    models.Derivation,
    {
        "kind": Key(choice(words.DerivationKind)),
        "parent": Key(reference("weights")),
        "note": TEXT,
        **EVIDENCE,
    },
)
_CARRIED_TEXT = Shape(
    models.CarriedText,
    {"path": TEXT, "sha256": Key(sha256), "license": Key(reference("license")), "note": TEXT},
)
MODEL_TABLES: Final[Mapping[str, Shape]] = {
    "family": Shape(
        models.Family,
        {
            "slug": SLUG,
            "title": TEXT,
            "provider": Key(reference("party")),
            "task": TEXT,
            "homepage": Key(https),
            **EVIDENCE,
        },
    ),
    "model": Shape(
        models.ModelVersion,
        {
            "slug": SLUG,
            "family": Key(reference("family")),
            "version": TEXT,
            "title": TEXT,
            "architecture": TEXT,
            "released_on": DAY_OR_NONE,
            "first_seen_on": DAY_OR_NONE,
            "homepage": Key(https),
            "intended_use": TEXT,
            "lineage_completeness": Key(choice(words.Completeness)),
            "lineage_note": TEXT,
            "runnable_here": Key(flag),
            "obtain_command": TEXT_OR_NONE,
            "obtain_note": TEXT,
            **EVIDENCE,
            "hosting": Key(nested(_HOSTING)),
            "limitations": Key(nested(_LIMITATION)),
        },
    ),
    "weights": Shape(
        models.Weights,
        {
            "sha256": Key(sha256),
            "model": MODEL,
            "filename": TEXT,
            "format": Key(choice(words.WeightsFormat)),
            "precision": Key(choice(words.Precision)),
            "size": SIZE_OR_NONE,
            "md5": Key(md5, default=""),
            "note": TEXT_OR_NONE,
            **EVIDENCE,
            "occurrences": Key(nested(_OCCURRENCE), default=()),
            "derived_from": Key(single(_DERIVATION), default=None),
        },
        identity="sha256",
    ),
    "file": Shape(
        models.SupportingFile,
        {
            "slug": SLUG,
            "model": MODEL,
            "sha256": Key(sha256),
            "filename": TEXT,
            "role": Key(choice(words.FileRole)),
            "size": SIZE_OR_NONE,
            "revision": TEXT_OR_NONE,
            "note": TEXT_OR_NONE,
            **EVIDENCE,
        },
    ),
    "acquisition": Shape(
        models.Acquisition,
        {
            "slug": SLUG,
            "model": MODEL,
            "kind": Key(choice(words.AcquisitionKind)),
            "command": TEXT_OR_NONE,
            "package": TEXT_OR_NONE,
            "package_version": TEXT_OR_NONE,
            "package_sha256": Key(sha256, default=""),
            "member": TEXT_OR_NONE,
            "yields": Key(reference("weights"), default=None),
            "converted_to": Key(reference("weights"), default=None),
            "note": TEXT,
            **EVIDENCE,
            "texts": Key(nested(_CARRIED_TEXT), default=()),
        },
    ),
}
