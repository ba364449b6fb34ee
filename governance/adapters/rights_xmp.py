"""Rights statements in an XMP packet (XMP part 1, ISO 16684-1): PLUS, IPTC, Dublin Core, Creative Commons and others.

The packet comes from a stranger: document types and entities are refused, size, depth and number of elements are
limited.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser

from governance.adapters.rights_reading import MAX_BLOCK, Part, Signal, combined, signal, unreadable
from governance.adapters.rights_words import name_of, speaks_of_rights

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_CONTAINERS = (f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt")
_ROOTS = ("{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xapmeta")
# Some writers leave the prefix of these out.
_RESOURCE = (f"{_RDF}resource", "resource")
_SYNTAX = ("about", "resource", "ID", "nodeID", "parseType", "datatype")

_MOST_ELEMENTS = 50_000
_DEEPEST = 64

_HAS_EXTENSION = "xmpNote:HasExtendedXMP"
_PROVENANCE = "dcterms:provenance"

Path = tuple[str, ...]


def read_xmp(packet: bytes, extensions: frozenset[str] = frozenset()) -> Part:
    """The rights statements of one packet, in its order.

    ``extensions``: digests of the extended packets that were found next to it. One that the packet names and that
    is not there may have held statements, and is reported. Raises what the parser raises on a damaged packet.
    """
    signals: list[Signal] = []
    missing: list[Part] = []
    for path, value in properties(packet):
        if path[-1] == _HAS_EXTENSION and value not in extensions:
            missing.append(unreadable("xmp", f"The XMP packet names an extension that is not in the file: {value}"))
        elif path[-1] == _PROVENANCE and not value.startswith("self#"):
            signals.append(signal("c2pa", "c2pa.remote_manifest", value))
        elif any(speaks_of_rights(name) for name in path):
            signals.append(signal("xmp", "/".join(path), value))
    return combined([Part(tuple(signals)), *missing])


def properties(packet: bytes) -> Iterator[tuple[Path, str]]:
    """Each simple value of a packet with the names that lead to it; raises what the parser raises."""
    return _properties(_parsed(packet))


class _Bounded(TreeBuilder):
    """Builds the tree as long as it stays within what any real packet needs."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = self.depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self.elements += 1
        self.depth += 1
        if self.elements > _MOST_ELEMENTS or self.depth > _DEEPEST:
            raise ValueError(f"more than {_MOST_ELEMENTS} elements, or more than {_DEEPEST} inside each other")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        return super().end(tag)


def _parsed(packet: bytes) -> Element:
    if len(packet) > MAX_BLOCK:
        raise ValueError(f"the packet has {len(packet)} bytes; at most {MAX_BLOCK} are read")
    encoding = None  # as the packet says, UTF-8 if it does not
    if packet.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        packet, encoding = packet.decode("utf-16").encode(), "utf-8"
    parser = DefusedXMLParser(target=_Bounded(), encoding=encoding, forbid_dtd=True)
    parser.feed(packet.strip(b"\0 \t\r\n"))
    root: Element = parser.close()
    return root


def _properties(root: Element) -> Iterator[tuple[Path, str]]:
    """Each simple value with the names that lead to it."""
    found = [root] if root.tag == f"{_RDF}RDF" else root.findall(f".//{_RDF}RDF")
    if not found and root.tag not in _ROOTS:
        raise ValueError("the packet holds no RDF")
    for rdf in found:
        for node in rdf:
            yield from _node(node, ())


def _node(node: Element, path: Path) -> Iterator[tuple[Path, str]]:
    """A description: properties as attributes, and as elements."""
    yield from _attributes(node, path)
    for child in node:
        yield from _content(child, (*path, _name(child.tag)))


def _content(element: Element, path: Path) -> Iterator[tuple[Path, str]]:
    """What a property or an item holds: a text, an address, a list, or a structure in any of its three forms."""
    yield from _attributes(element, path)
    if element.text and element.text.strip():
        yield path, element.text
    for child in element:
        if child.tag in _CONTAINERS:
            for item in child:
                yield from _content(item, path)
        elif child.tag == f"{_RDF}Description":
            yield from _node(child, path)
        elif child.tag == f"{_RDF}value":
            yield from _content(child, path)
        else:
            yield from _content(child, (*path, _name(child.tag)))


def _attributes(element: Element, path: Path) -> Iterator[tuple[Path, str]]:
    for key, value in element.attrib.items():
        if not value.strip() or key.startswith(_XML):
            continue
        if path and (key in _RESOURCE or key == f"{_RDF}value"):
            yield path, value
        elif not key.startswith(_RDF) and key not in _SYNTAX:
            yield (*path, _name(key)), value


def _name(tag: str) -> str:
    namespace, _, local = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return name_of(namespace, local)
