"""Notices in the older IPTC format (IIM 4.2), which Photoshop keeps among its image resources."""

from __future__ import annotations

from collections.abc import Iterator

from governance.adapters.rights_reading import Part, as_text, signal

_IIM_RESOURCE = 0x0404
_URL_RESOURCE = 0x040B  # the address of the copyright statement
_NOTICES = {
    (2, 40): "iptc:SpecialInstructions",
    (2, 110): "iptc:Credit",
    (2, 115): "iptc:Source",
    (2, 116): "iptc:CopyrightNotice",
}
_MARKER = 0x1C


def read_photoshop(data: bytes) -> Part:
    """The notices among Photoshop's image resources. Raises ValueError where these are cut short."""
    found = Part()
    for number, content in _resources(data):
        if number == _IIM_RESOURCE:
            found = Part(found.signals + read_iim(content).signals)
        elif number == _URL_RESOURCE and content.strip(b"\0 "):
            found = Part((*found.signals, signal("iptc", "photoshop:CopyrightURL", as_text(content))))
    return found


def read_iim(data: bytes) -> Part:
    """The notices of one IIM record. Raises ValueError where it is cut short."""
    return Part(
        tuple(
            signal("iptc", _NOTICES[dataset], as_text(value))
            for dataset, value in _datasets(data)
            if dataset in _NOTICES and value.strip(b"\0 ")
        )
    )


def _resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Adobe Photoshop file formats, image resource blocks: signature, number, padded name, padded content."""
    at = 0
    while data[at : at + 4] in (b"8BIM", b"MeSa", b"PHUT", b"DCSR", b"AgHg"):
        number = int.from_bytes(data[at + 4 : at + 6])
        after_name = at + 6 + (data[at + 6 : at + 7] or b"\0")[0] + 1
        after_name += (after_name - at) % 2
        length = int.from_bytes(data[after_name : after_name + 4])
        start = after_name + 4
        if start + length > len(data):
            raise ValueError(f"image resource {number:04X} claims {length} bytes, {len(data) - start} are left")
        yield number, data[start : start + length]
        at = start + length + length % 2


def _datasets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """IIM 4.2, 1.5 and 1.6: marker, record, data set, length; a set top bit announces a longer length."""
    at = 0
    while at + 5 <= len(data) and data[at] == _MARKER:
        length, start = int.from_bytes(data[at + 3 : at + 5]), at + 5
        if length & 0x8000:
            start += length & 0x7FFF
            length = int.from_bytes(data[at + 5 : start])
        if start + length > len(data):
            raise ValueError(f"data set {data[at + 1]}:{data[at + 2]} runs past the end")
        yield (data[at + 1], data[at + 2]), data[start : start + length]
        at = start + length
