"""The tables of sources, parties, licences, their texts and what is declared under them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing import catalogue_shapes as shapes
from governance.licensing import catalogue_words as words
from governance.licensing.catalogue_keys import ADDRESS_OR_NONE, DAY_OR_NONE, EVIDENCE, MODEL, SLUG, TEXT, TEXT_OR_NONE
from governance.licensing.catalogue_parse import (
    Key,
    Shape,
    choice,
    day,
    language,
    reference,
    references,
    sha256,
    text_file,
    whole,
)

RIGHTS_TABLES: Final[Mapping[str, Shape]] = {
    "source": Shape(
        shapes.Source,
        {
            "slug": SLUG,
            "kind": Key(choice(words.SourceKind)),
            "title": TEXT,
            "url": ADDRESS_OR_NONE,
            "revision": TEXT_OR_NONE,
            "dated": DAY_OR_NONE,
            "note": TEXT_OR_NONE,
        },
    ),
    "party": Shape(
        shapes.Party,
        {
            "slug": SLUG,
            "name": TEXT,
            "kind": Key(choice(words.PartyKind)),
            "homepage": ADDRESS_OR_NONE,
            "sources": Key(references("source")),
        },
    ),
    "license": Shape(
        shapes.License,
        {
            "slug": SLUG,
            "name": TEXT,
            "category": Key(choice(words.LicenseCategory)),
            "steward": Key(reference("party"), default=None),
            "text_url": ADDRESS_OR_NONE,
            "note": TEXT_OR_NONE,
            **EVIDENCE,
        },
    ),
    "license_text": Shape(
        shapes.LicenseTextEntry,
        {
            "slug": SLUG,
            "license": Key(reference("license")),
            "file": Key(text_file),
            "sha256": Key(sha256),
            "size": Key(whole),
            "language": Key(language),
            "source": TEXT,
            "revision": TEXT,
            "captured_on": Key(day),
            "permission": TEXT,
            "note": TEXT_OR_NONE,
            **EVIDENCE,
        },
    ),
    "declaration": Shape(
        shapes.LicenseDeclaration,
        {
            "slug": SLUG,
            "model": MODEL,
            "subject": Key(choice(words.DeclarationSubject)),
            "license": Key(reference("license")),
            "declared_by": Key(reference("party")),
            "rank": Key(choice(words.DeclarationRank)),
            "statement": TEXT,
            "revision": TEXT_OR_NONE,
            "stated_on": DAY_OR_NONE,
            "status": Key(choice(words.DeclarationStatus)),
            "reason": TEXT,
            **EVIDENCE,
        },
    ),
    "resolution": Shape(
        shapes.LicenseResolution,
        {
            "slug": SLUG,
            "model": MODEL,
            "subject": Key(choice(words.DeclarationSubject)),
            "license": Key(reference("license")),
            "status": Key(choice(words.ResolutionStatus)),
            "reason": TEXT,
            "rests_on": Key(references("declaration"), default=()),
            "conflicts_with": Key(references("declaration"), default=()),
            **EVIDENCE,
        },
    ),
}
