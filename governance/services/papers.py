"""The papers an act rests on, and the short texts people enter with them: checked alike wherever they come in."""

from __future__ import annotations

from collections.abc import Sequence

from governance.adapters import blobs
from governance.errors import RequestError


def keep_papers(files: Sequence[bytes]) -> list[str]:
    """Put the files into the blob store; their SHA-256 digests, in order."""
    return [blobs.put(file) for file in files]


def check_papers(noun: str, files: Sequence[bytes]) -> None:
    """Raise RequestError ``<noun>.no_evidence`` unless there are papers, none of them empty."""
    if not files or not all(files):
        article = "an" if noun[0] in "aeiou" else "a"
        raise RequestError(
            f"No evidence file given; {article} {noun} rests on a paper.",
            how_to_fix="Attach the contract or the order confirmation.",
            code=f"{noun}.no_evidence",
        )


def check_text(noun: str, field: str, text: str, longest: int) -> None:
    """Raise RequestError ``<noun>.<field>`` for a text that is blank or longer than its column."""
    length = len(text.strip())
    if not 0 < length <= longest:
        got = f"{length} characters" if length else "none"
        raise RequestError(
            f"{field.replace('_', ' ').capitalize()}: got {got}; expected 1 to {longest} characters.",
            how_to_fix="Write it as the paper does." if not length else "Shorten it.",
            code=f"{noun}.{field}",
        )
