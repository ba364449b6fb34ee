"""Notices that licences ask for, written from facts: who made what, from where, under which licence, what was changed.

Title, author, source, licence and changes are what CC BY 4.0, section 3(a)(1), asks for; copyright notice, licence text
and NOTICE file what MIT and Apache-2.0, section 4, ask for. What nobody stated is said to be not stated; nothing is
guessed. A notice thanks nobody and claims no endorsement (CC BY 4.0, section 2(a)(6)).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from governance.licensing.catalogue_shapes import License, LicenseTextEntry
from governance.licensing.terms import DutyKind

NOT_STATED = "not stated"
_DISCLAIMED_IN = {
    "CC-BY-4.0": "section 5",
    "CC-BY-NC-4.0": "section 5",
    "CC0-1.0": "section 4(b)",
    "MIT": "third paragraph",
    "Apache-2.0": "sections 7 and 8",
    "AGPL-3.0-only": "sections 15 and 16",
    "LicenseRef-OpenRAIL-M": "paragraphs 9 and 10",
}


@dataclass(frozen=True, slots=True)
class Material:
    """What is credited, as its licensor states it; "" where nothing is stated.

    ``copyright_notice`` and ``notice_file`` (the contents of a file NOTICE) are kept as they came.
    """

    title: str = ""
    creator: str = ""
    source_url: str = ""
    copyright_notice: str = ""
    notice_file: str = ""


@dataclass(frozen=True, slots=True)
class LicenseReference:
    """The licence a notice names; ``text_file`` and ``text_sha256`` where its text is enclosed."""

    license_id: str
    name: str
    url: str = ""
    text_file: str = ""
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One line: plain text, to be escaped where it is shown. ``href`` is an http(s) address, or ""."""

    label: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Its parts in reading order. A label begins a line of its own, and no fact can begin another one."""

    parts: tuple[Part, ...]

    def part(self, label: str) -> Part:
        """The part of that label. Raises KeyError."""
        for part in self.parts:
            if part.label == label:
                return part
        raise KeyError(label)

    def as_text(self) -> str:
        """One line for each part; further lines of a part are indented."""
        return "\n".join(_line(part) for part in self.parts)


def license_reference(license_: License, text: LicenseTextEntry | None = None) -> LicenseReference:
    """The catalogue's licence, with its shipped text where there is one."""
    enclosed = (text.file, text.sha256) if text is not None else ("", "")
    return LicenseReference(license_.slug, license_.name, license_.text_url, *enclosed)


def background_removed(model: str) -> str:
    """How a cutout differs from the picture it was made of."""
    return f"background removed with {_one_line(model) or 'a model that is not stated'}"


def attribution(material: Material, license_: LicenseReference, changes: tuple[str, ...] | None) -> Notice:
    """The notice for sharing a work. ``changes`` in words; () if it was not changed, None if that is not known."""
    return Notice(
        (
            _stated("Title", material.title),
            _stated("Creator", material.creator),
            _stated("Copyright notice", material.copyright_notice),
            _linked("Source", "", material.source_url),
            _linked("Licence", license_.name or license_.license_id, license_.url),
            Part("Changes", _changes(changes)),
            Part("Disclaimer", _disclaimer(license_)),
        )
    )


def redistribution(material: Material, license_: LicenseReference, changes: tuple[str, ...] | None) -> Notice:
    """The notice for passing on the files themselves: the attribution, the licence text and the NOTICE file."""
    text = (
        f"enclosed as {license_.text_file}, SHA-256 {license_.text_sha256}"
        if license_.text_file
        else _to_enclose(license_)
    )
    return Notice(
        (
            *attribution(material, license_, changes).parts,
            Part("Licence text", text),
            Part("Notices that came with it", _lines(material.notice_file) or NOT_STATED),
        )
    )


def notice_for(
    duty: DutyKind, material: Material, license_: LicenseReference, changes: tuple[str, ...] | None
) -> Notice | None:
    """The notice that fulfils a duty, or None for duties that no notice fulfils."""
    if duty is DutyKind.ATTRIBUTE:
        return attribution(material, license_, changes)
    if duty is DutyKind.INCLUDE_NOTICE:
        return redistribution(material, license_, changes)
    return None


def _changes(changes: tuple[str, ...] | None) -> str:
    if changes is None:
        return NOT_STATED
    return "; ".join(_one_line(change) for change in changes) or "none"


def _disclaimer(license_: LicenseReference) -> str:
    place = _DISCLAIMED_IN.get(license_.license_id)
    if place is None:
        return NOT_STATED
    return f"provided as is, without warranties: see {_one_line(license_.name or license_.license_id)}, {place}"


def _to_enclose(license_: LicenseReference) -> str:
    return f"to be enclosed: no copy of {_one_line(license_.name or license_.license_id)} is kept here"


def _stated(label: str, value: str) -> Part:
    return Part(label, _lines(value) or NOT_STATED)


def _linked(label: str, name: str, url: str) -> Part:
    address = _one_line(url)
    words = [word for word in (_one_line(name), address) if word]
    return Part(label, ", ".join(words) or NOT_STATED, _href(url))


def _href(url: str) -> str:
    """The address if a page may link it: http or https, with a host, in printable characters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    clean = url.isprintable() and " " not in url
    return url if clean and parts.scheme in ("http", "https") and parts.hostname else ""


def _line(part: Part) -> str:
    return f"{part.label}: " + part.text.replace("\n", "\n  ")


def _lines(text: str) -> str:
    return "\n".join(line for line in map(_one_line, text.splitlines()) if line)


def _one_line(text: str) -> str:
    """Without line breaks, controls and signs that turn the direction of text: they could forge other parts."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return " ".join("".join(sign for sign in kept if unicodedata.category(sign) != "Cf").split())
