"""Readings held against the texts they were read from: what an encoding quotes must stand there, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.licensing.catalogue_shapes import LicenseTextEntry
from governance.licensing.encodings import EncodingRefused
from governance.licensing.terms import Encoding

# Editions of one text differ in their marks, not in their words.
_MARKS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": " "})


def check_readings(encodings: Iterable[Encoding], texts: Iterable[tuple[LicenseTextEntry, bytes]]) -> None:
    """Each ``text_sha256`` is that of a shipped text of the same licence, and holds every word quoted.

    ``texts`` are entries with their bytes, as ``catalogue_texts.text_bytes`` gives them. Raises EncodingRefused.
    """
    by_digest = {entry.sha256: (entry, content) for entry, content in texts}
    for encoding in encodings:
        if encoding.text_sha256 is not None:
            _check_reading(encoding, by_digest)


def missing_quotes(encoding: Encoding, content: bytes) -> tuple[str, ...]:
    """Where a quotation is not in the text: clause and quotation of each such term. Layout does not count."""
    words = _plain(content.decode("utf-8"))
    strange = [term for term in encoding.terms if term.quote and _plain(term.quote) not in words]
    return tuple(dict.fromkeys(f"{term.clause_ref}: {term.quote}" for term in strange))


@dataclass(frozen=True, slots=True)
class Passage:
    """Words as they stand in a text, between those around them."""

    before: str
    words: str
    after: str


def passage_of(quote: str, content: bytes, around: int = 160) -> Passage | None:
    """Where a text says ``quote`` first, with about ``around`` characters on either side; None where it does not."""
    text, words = _plain(content.decode("utf-8")), _plain(quote)
    at = text.find(words) if words else -1
    if at < 0:
        return None
    start, end = max(at - around, 0), at + len(words)
    before, after = text[start:at], text[end : end + around]
    if start:
        before = f"… {before.partition(' ')[2]}"
    if end + around < len(text):
        after = f"{after.rpartition(' ')[0]} …"
    return Passage(before, words, after)


def _check_reading(encoding: Encoding, texts: Mapping[str, tuple[LicenseTextEntry, bytes]]) -> None:
    name = encoding.license_id
    entry, content = texts.get(str(encoding.text_sha256), (None, b""))
    if entry is None or entry.license != name:
        raise EncodingRefused(
            f"{name}: text_sha256: found {encoding.text_sha256}; expected the digest of a shipped text of {name}.",
            how_to_fix="Name the text that was read, or leave text_sha256 out.",
        )
    strange = missing_quotes(encoding, content)
    if strange:
        raise EncodingRefused(
            f"{name}: quote: found {strange[0]!r}; expected words that stand in the text.",
            how_to_fix="Quote the text as it stands, or say it in the paraphrase.",
        )


def _plain(text: str) -> str:
    return " ".join(text.translate(_MARKS).split())
