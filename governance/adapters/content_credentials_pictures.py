"""Which assertions of a manifest store hold pictures, which may show what was cut away.

The input's manifests are kept in an output for what they say in words: who made the picture, when, where, with what,
and what may be done with it. All that stays, as the input's own public statement. What goes is whatever is no text
(thumbnails, icons, embedded files), whatever holds a picture in an encoding (base64, hexadecimal, numbers, SVG), and
in assertions of labels that no standard defines also what cannot be told from one: long encoded data of any kind.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

# Assertions are defined by C2PA, by CAWG or with the name of another standard; and some are ours.
_DEFINED = ("c2pa.", "cawg.", "stds.", "localhost.clearcut.")
# C2PA 2.2, 6.8: actions and hard bindings are never redacted; and without its ingredients a manifest has no past.
_NEEDED = ("c2pa.actions", "c2pa.hash.", "c2pa.ingredient")
BOXES = b"c2pa.databoxes"  # where manifests before C2PA 2.0 keep files; the library takes none of them out
_NO_TEXT = "<omitted>"  # how the library shows what is neither CBOR nor JSON

_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF.{4}WEBP|II\*\0|MM\0\*|ftyp(?:avi|hei|hev|mif|msf|jxl)|jP  \r\n"
    rb"|\xff\x4f\xff\x51|JXL \r\n|(?i:<svg|data:image/)",
    re.DOTALL,
)
_BASE64, _HEX = re.compile(r"[A-Za-z0-9+/_-]{32,}"), re.compile(r"[0-9A-Fa-f]{64,}")
_LINE_ENDS = re.compile(r"\s*[\r\n]+\s*")
_LONGEST_DIGEST, _MOST_ENCODED = 128, 256  # characters: of a SHA-512 in hexadecimal; of what may pass for text
_FEWEST_NUMBERS = 16


def assertions_with_pictures(store: dict[str, Any]) -> tuple[str, ...]:
    """The addresses of the assertions to take out of a detailed store (``read_store(…, detailed=True)``).

    Raises ValueError if a picture lies where none can be taken out.
    """
    return tuple(sorted(address for label, each in store.get("manifests", {}).items() for address in _of(label, each)))


def _of(label: str, manifest: dict[str, Any]) -> Iterator[str]:
    rest = {name: part for name, part in manifest.items() if name != "assertion_store"}
    if _holds_picture(rest) or BOXES.decode() in json.dumps(manifest):
        raise ValueError(f"the manifest {label} holds a picture outside of its assertions")
    for name, content in manifest.get("assertion_store", {}).items():
        if _is_file(content) or _holds_picture(content) or (not name.startswith(_DEFINED) and _encoded(content)):
            if name.startswith(_NEEDED):
                raise ValueError(f"{name} of {label} holds a picture and cannot be taken out")
            yield f"self#jumbf=/c2pa/{label}/c2pa.assertions/{name}"


def _is_file(content: object) -> bool:
    return isinstance(content, str) and content.startswith(_NO_TEXT)


def _holds_picture(content: object) -> bool:
    return any(_PICTURE.search(each) for text in _texts(content) for each in _readings(text)) or any(
        _PICTURE.search(each) for each in _numbers(content)
    )


def _encoded(content: object) -> bool:
    """Whether there is more encoded data than digests and signatures of one thing need."""
    long = sum(len(run) for text in _texts(content) for run in _BASE64.findall(text) if len(run) > _LONGEST_DIGEST)
    return long + sum(map(len, _numbers(content))) > _MOST_ENCODED


def _texts(content: object) -> Iterator[str]:
    """Every text in it, lines joined; and the texts of a list as one, for what was cut into pieces."""
    if isinstance(content, str):
        yield _LINE_ENDS.sub("", content)
    elif isinstance(content, dict):
        for name, inner in content.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(content, list):
        yield "".join(inner for inner in content if isinstance(inner, str))
        for inner in content:
            yield from _texts(inner)


def _readings(text: str) -> Iterator[bytes]:
    """The bytes that a text can stand for."""
    yield text.encode()
    for run in _BASE64.findall(text):
        for start in range(4):  # it may follow upon a word
            part = run[start:]
            yield base64.b64decode(part[: len(part) // 4 * 4], b"-_" if {"-", "_"} & set(part) else None)
    for run in _HEX.findall(text):
        for start in range(2):
            part = run[start:]
            yield bytes.fromhex(part[: len(part) // 2 * 2])


def _numbers(content: object) -> Iterator[bytes]:
    """Bytes spelled as lists of numbers."""
    if isinstance(content, dict):
        for inner in content.values():
            yield from _numbers(inner)
    elif isinstance(content, list):
        bytes_only = all(isinstance(each, int) and 0 <= each < 256 for each in content)
        if bytes_only and len(content) >= _FEWEST_NUMBERS:
            yield bytes(content)
        else:
            for inner in content:
                yield from _numbers(inner)
