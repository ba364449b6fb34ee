"""The tables of training data, claims about it, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing import catalogue_shapes as shapes
from governance.licensing import catalogue_words as words
from governance.licensing.catalogue_keys import ADDRESS_OR_NONE, DAY_OR_NONE, EVIDENCE, MODEL, SLUG, TEXT, TEXT_OR_NONE
from governance.licensing.catalogue_parse import Key, Shape, choice, nested, reference

_COUNTER = Shape(shapes.CounterEvidence, {"text": TEXT, **EVIDENCE})


DATA_TABLES: Final[Mapping[str, Shape]] = {
    "data_set": Shape(
        shapes.DataSet,
        {
            "slug": SLUG,
            "name": TEXT,
            "steward": Key(reference("party"), default=None),
            "homepage": ADDRESS_OR_NONE,
            "terms": Key(choice(words.TermsClass)),
            "license": Key(reference("license"), default=None),
            "summary": TEXT,
            "size_note": TEXT_OR_NONE,
            **EVIDENCE,
        },
    ),
    "training_use": Shape(
        shapes.TrainingUse,
        {
            "slug": SLUG,
            "model": MODEL,
            "data_set": Key(reference("data_set")),
            "subset": TEXT_OR_NONE,
            "role": Key(choice(words.TrainingRole)),
            "standing": Key(choice(words.Standing)),
            "evidence_level": Key(choice(words.EvidenceLevel)),
            "note": TEXT_OR_NONE,
            **EVIDENCE,
        },
    ),
    "claim": Shape(
        shapes.LineageClaim,
        {
            "slug": SLUG,
            "model": MODEL,
            "predicate": Key(choice(words.Predicate)),
            "value": TEXT,
            "claimant": Key(reference("party")),
            "stated_on": DAY_OR_NONE,
            "evidence_level": Key(choice(words.EvidenceLevel)),
            "status": Key(choice(words.ClaimStatus)),
            "reason": TEXT,
            **EVIDENCE,
            "counter": Key(nested(_COUNTER), default=()),
        },
    ),
    "open_point": Shape(
        shapes.OpenPoint,
        {
            "slug": SLUG,
            "model": Key(reference("model"), default=None),
            "question": TEXT,
            **EVIDENCE,
        },
    ),
}
