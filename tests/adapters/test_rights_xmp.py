"""XMP: statements in each form a writer may choose, kept raw; and packets that are damaged or meant to do harm."""

from __future__ import annotations

import hashlib
import struct

import pytest

from governance.adapters.rights_reading import MAX_BLOCK, MAX_NAME, MAX_SIGNALS, MAX_VALUE
from governance.adapters.rights_signals import Signal, SignalReading, read_signals
from tests.adapters.rights_files import MEDIA_TYPES, VOCABULARY, jpeg_beginning_with, packet, picture

UNREADABLE = Signal("xmp", "unreadable", "unreadable")
RETOUCH = f"{VOCABULARY}AL-RET"


def reading_of(xmp: bytes) -> SignalReading:
    return read_signals(picture("JPEG", xmp), "image/jpeg")


def said(xmp: bytes) -> list[tuple[str, str]]:
    """Property and value of each signal from a packet without problems."""
    reading = reading_of(xmp)
    assert reading.problems == ()
    assert {found.source for found in reading.signals} <= {"xmp"}
    return [(found.property, found.value) for found in reading.signals]


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_it_finds_the_packet_in_every_type_that_carries_one(kind: str) -> None:
    data = picture(kind, packet(attributes='plus:ModelReleaseStatus="MR-LMR"'))
    assert read_signals(data, MEDIA_TYPES[kind]).signals == (Signal("xmp", "plus:ModelReleaseStatus", "MR-LMR"),)


FORMS = {
    "attribute": packet(attributes=f'plus:ImageAlterationConstraints="{RETOUCH}"'),
    "element": packet(f"<plus:ImageAlterationConstraints>{RETOUCH}</plus:ImageAlterationConstraints>"),
    "resource": packet(f'<plus:ImageAlterationConstraints rdf:resource="{RETOUCH}"/>'),
    "bag": packet(
        "<plus:ImageAlterationConstraints><rdf:Bag>"
        f"<rdf:li>{RETOUCH}</rdf:li></rdf:Bag></plus:ImageAlterationConstraints>"
    ),
    "bag of resources": packet(
        "<plus:ImageAlterationConstraints><rdf:Bag>"
        f'<rdf:li rdf:resource="{RETOUCH}"/></rdf:Bag></plus:ImageAlterationConstraints>'
    ),
    "qualified": packet(
        '<plus:ImageAlterationConstraints rdf:parseType="Resource">'
        f"<rdf:value>{RETOUCH}</rdf:value></plus:ImageAlterationConstraints>"
    ),
    "other prefix": packet(attributes=f'plus:ImageAlterationConstraints="{RETOUCH}"').replace(b"plus:", b"XMP-plus:"),
    "without wrapper": packet(attributes=f'plus:ImageAlterationConstraints="{RETOUCH}"')
    .replace(b'<x:xmpmeta xmlns:x="adobe:ns:meta/">', b"")
    .replace(b"</x:xmpmeta>", b""),
}


@pytest.mark.parametrize("xmp", FORMS.values(), ids=FORMS)
def test_it_reads_every_form_rdf_has_for_one_value(xmp: bytes) -> None:
    xmp = xmp.replace(b"xmlns:plus", b"xmlns:XMP-plus") if b"XMP-plus:" in xmp else xmp
    assert said(xmp) == [("plus:ImageAlterationConstraints", RETOUCH)]


def test_every_item_of_a_list_is_a_signal() -> None:
    items = "".join(f"<rdf:li>{code}</rdf:li>" for code in ("AL-RET", "AL-MRG", "AL-CRP"))
    listed = packet(f"<plus:ImageAlterationConstraints><rdf:Seq>{items}</rdf:Seq></plus:ImageAlterationConstraints>")
    assert [value for _, value in said(listed)] == ["AL-RET", "AL-MRG", "AL-CRP"]


def test_every_language_of_a_text_is_kept() -> None:
    terms = (
        '<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">No AI</rdf:li>'
        '<rdf:li xml:lang="de">Keine KI</rdf:li></rdf:Alt></xmpRights:UsageTerms>'
    )
    assert said(packet(terms)) == [("xmpRights:UsageTerms", "No AI"), ("xmpRights:UsageTerms", "Keine KI")]


def test_the_parts_of_a_structure_are_kept_with_the_way_to_them() -> None:
    licensor = (
        "<plus:Licensor><rdf:Bag>"
        '<rdf:li rdf:parseType="Resource"><plus:LicensorName>A</plus:LicensorName></rdf:li>'
        "<rdf:li><rdf:Description><plus:LicensorName>B</plus:LicensorName></rdf:Description></rdf:li>"
        '<rdf:li plus:LicensorName="C"/>'
        "</rdf:Bag></plus:Licensor>"
    )
    assert said(packet(licensor)) == [("plus:Licensor/plus:LicensorName", name) for name in "ABC"]


@pytest.mark.parametrize(
    "name",
    [
        "plus:ModelReleaseStatus",
        "plus:PropertyReleaseStatus",
        "plus:DataMining",
        "plus:OtherConstraints",
        "plus:LicenseEndDate",
        "xmpRights:WebStatement",
        "xmpRights:Marked",
        "dc:rights",
        "photoshop:Credit",
        "Iptc4xmpExt:DigitalSourceType",
    ],
)
def test_it_keeps_every_property_that_speaks_of_rights(name: str) -> None:
    assert said(packet(attributes=f'{name}="as it stands"')) == [(name, "as it stands")]


def test_a_statement_in_a_vocabulary_nobody_knows_is_kept_under_its_full_name() -> None:
    assert said(packet(attributes='acme:NoTrainingPermission="yes" acme:Brightness="3"')) == [
        ("{http://example.com/acme/}NoTrainingPermission", "yes")
    ]


def test_what_does_not_speak_of_rights_is_left_out() -> None:
    assert said(packet("<dc:title>Right of way</dc:title>", 'dc:format="image/jpeg" photoshop:City="Licence"')) == []


def test_the_same_statement_twice_is_one_signal() -> None:
    assert said(packet("<dc:rights>© A</dc:rights>", 'dc:rights="© A"')) == [("dc:rights", "© A")]


def test_a_value_keeps_its_wording_without_what_no_database_holds() -> None:
    assert said(packet(attributes='dc:rights="  No ‘AI’ — nie, 決して  "')) == [("dc:rights", "No ‘AI’ — nie, 決して")]


def test_a_value_without_end_is_cut_and_says_so() -> None:
    ((_, value),) = said(packet(attributes=f'dc:rights="{"x" * (MAX_VALUE + 1)}"'))
    assert value.endswith(f"x… ({MAX_VALUE + 1} characters in all)")


def test_of_a_name_without_end_the_end_is_kept() -> None:
    parts = [f"<plus:Part{number}>" for number in range(30)]
    nested = "".join(parts) + "AL-RET" + "".join(reversed(parts)).replace("<", "</")
    ((name, value),) = said(packet(nested))
    assert (name[0], name[-24:], len(name), value) == ("…", "/plus:Part28/plus:Part29", MAX_NAME, "AL-RET")


def test_a_packet_in_utf_16_is_read() -> None:
    plain = packet(attributes='dc:rights="© A"').decode().replace("\ufeff", "")
    assert said(plain.encode("utf-16")) == [("dc:rights", "© A")]


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><x>&d;</x>"""
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
DEEP = packet("<dc:title>" + "<dc:a>" * 70 + "</dc:a>" * 70 + "</dc:title>")
DAMAGED = {
    "entities in entities": (ENTITIES, "DTDForbidden"),
    "a file of this machine": (OUTSIDE, "DTDForbidden"),
    "cut in the middle": (packet(attributes='plus:DataMining="x"')[:-300], "unclosed token"),
    "not XML": (b"plus:ImageAlterationConstraints=AL-RET", "invalid token"),
    "XML that is no XMP": (b"<svg/>", "holds no RDF"),
    "nothing": (b"", "no element found"),
    "a thousand levels": (DEEP, "inside each other"),
}


@pytest.mark.parametrize(("xmp", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_packet_that_cannot_be_read_is_never_taken_for_silence(xmp: bytes, reason: str) -> None:
    reading = read_signals(jpeg_beginning_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)), "image/jpeg")
    assert reading.signals == (UNREADABLE,)
    assert reading.problems[0].startswith("The XMP packet cannot be read: ")
    assert reason in reading.problems[0]


def test_a_packet_of_countless_elements_is_unreadable() -> None:
    reading = read_signals(picture("WEBP", packet("<dc:a/>" * 50_001)), "image/webp")
    assert (reading.signals, "50000 elements" in reading.problems[0]) == ((UNREADABLE,), True)


def test_a_packet_larger_than_any_real_one_is_unreadable() -> None:
    reading = read_signals(picture("WEBP", packet() + b" " * MAX_BLOCK), "image/webp")
    assert (reading.signals, f"at most {MAX_BLOCK}" in reading.problems[0]) == ((UNREADABLE,), True)


def test_more_statements_than_are_kept_are_not_taken_for_all() -> None:
    items = "".join(f"<rdf:li>{number}</rdf:li>" for number in range(MAX_SIGNALS + 1))
    reading = read_signals(picture("WEBP", packet(f"<dc:rights><rdf:Bag>{items}</rdf:Bag></dc:rights>")), "image/webp")
    assert len(reading.signals) == MAX_SIGNALS + 1
    assert reading.signals[-1] == UNREADABLE
    assert reading.problems == (f"The file makes {MAX_SIGNALS + 1} statements; {MAX_SIGNALS} are kept.",)


def test_what_a_damaged_packet_hides_does_not_hide_the_others() -> None:
    sound = packet(attributes='dc:rights="© A"')
    marker = b"http://ns.adobe.com/xap/1.0/\0"
    reading = read_signals(jpeg_beginning_with((0xE1, marker + sound[:300]), (0xE1, marker + sound)), "image/jpeg")
    assert reading.signals == (UNREADABLE, Signal("xmp", "dc:rights", "© A"))


def extended(packet_: bytes, pieces: list[bytes]) -> bytes:
    """A JPEG whose XMP goes on in further segments (XMP part 3, 1.1.3.1), with only ``pieces`` of it there."""
    guid = hashlib.md5(packet_, usedforsecurity=False).hexdigest().upper().encode()
    main = packet(attributes=f'xmpNote:HasExtendedXMP="{guid.decode()}"')
    segments = [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main)]
    for piece in pieces:
        head = guid + struct.pack(">II", len(packet_), packet_.index(piece))
        segments.append((0xE1, b"http://ns.adobe.com/xmp/extension/\0" + head + piece))
    return jpeg_beginning_with(*segments)


EXTENSION = packet(attributes='plus:DataMining="DMI-PROHIBITED"')


def test_it_reads_xmp_that_goes_on_in_further_segments_in_any_order() -> None:
    reading = read_signals(extended(EXTENSION, [EXTENSION[500:], EXTENSION[:500]]), "image/jpeg")
    assert reading.signals == (Signal("xmp", "plus:DataMining", "DMI-PROHIBITED"),)
    assert reading.problems == ()


def test_a_missing_piece_of_long_xmp_is_unreadable() -> None:
    reading = read_signals(extended(EXTENSION, [EXTENSION[:500]]), "image/jpeg")
    assert UNREADABLE in reading.signals
    assert "500 of" in reading.problems[0]


def test_xmp_that_goes_on_where_nothing_is_left_is_unreadable() -> None:
    reading = read_signals(extended(EXTENSION, []), "image/jpeg")
    assert reading.signals == (UNREADABLE,)
    assert "names an extension that is not in the file" in reading.problems[0]
