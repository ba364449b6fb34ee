"""The kinds of key that many tables of the catalogue share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.licensing import catalogue_words as words
from governance.licensing.catalogue_parse import Key, choice, day, https, reference, references, slug, text, whole

SLUG: Final = Key(slug)
TEXT: Final = Key(text)
TEXT_OR_NONE: Final = Key(text, default="")
ADDRESS_OR_NONE: Final = Key(https, default="")
DAY_OR_NONE: Final = Key(day, default=None)
SIZE_OR_NONE: Final = Key(whole, default=None)
MODEL: Final = Key(reference("model"))
EVIDENCE: Final[Mapping[str, Key]] = {
    "mark": Key(choice(words.Mark)),
    "sources": Key(references("source")),
}
