"""Where statements lie in a file besides XMP and C2PA: Exif, IPTC, texts of a PNG; and files that say nothing."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from governance.adapters.rights_signals import READER, READER_VERSION, Signal, SignalReading, read_signals
from tests.adapters.rights_files import (
    MEDIA_TYPES,
    iim,
    jpeg_beginning_with,
    packet,
    photoshop,
    picture,
    png_ending_with,
    signed,
    training_mining,
)
from tests.inference.making import heic, make_chunk

SAYING_HEIC = heic("rights")
NOTICE = iim(caption=b"A view", copyright="© Ä".encode(), credit=b"Agency", instructions=b"No AI")
FROM_NOTICE = (
    Signal("iptc", "iptc:CopyrightNotice", "© Ä"),
    Signal("iptc", "iptc:Credit", "Agency"),
    Signal("iptc", "iptc:SpecialInstructions", "No AI"),
)


def exif_block(notice: str = "(c) Example") -> bytes:
    exif = Image.Exif()
    exif[33432] = notice.encode()
    return exif.tobytes()


@pytest.mark.parametrize("kind", [*MEDIA_TYPES, "BMP"])
def test_a_picture_that_says_nothing_gives_no_signal_and_no_problem(kind: str) -> None:
    media_type = MEDIA_TYPES.get(kind, "image/bmp")
    assert read_signals(picture(kind), media_type) == SignalReading(READER, READER_VERSION, (), ())


def test_a_reading_names_the_libraries_it_rests_on() -> None:
    assert "c2pa-python 0.38.1" in READER_VERSION


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_it_reads_the_copyright_in_exif(kind: str) -> None:
    data = picture(kind, exif=exif_block())
    assert read_signals(data, MEDIA_TYPES[kind]).signals == (Signal("exif", "exif:Copyright", "(c) Example"),)


def test_photographer_and_editor_in_exif_are_two_statements() -> None:
    data = picture("JPEG", exif=exif_block("© A\0© B\0"))
    assert [found.value for found in read_signals(data, "image/jpeg").signals] == ["© A", "© B"]


def test_it_reads_what_a_heic_says() -> None:
    reading = read_signals(SAYING_HEIC, "image/heic")
    assert reading.problems == ()
    assert [(found.source, found.property, found.value) for found in reading.signals] == [
        ("exif", "exif:Copyright", "© Example"),
        ("xmp", "plus:DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
    ]


def test_it_reads_iptc_in_a_jpeg_even_where_photoshop_split_it() -> None:
    whole, head = photoshop(0x0404, NOTICE), b"Photoshop 3.0\0"
    data = jpeg_beginning_with((0xED, head + whole[:40]), (0xED, head + whole[40:]))
    assert set(read_signals(data, "image/jpeg").signals) == set(FROM_NOTICE)


def test_it_reads_the_address_of_the_copyright_statement() -> None:
    resources = photoshop(0x03ED, b"\0" * 7) + photoshop(0x040B, b"https://example.com/c")
    data = jpeg_beginning_with((0xED, b"Photoshop 3.0\0" + resources))
    assert read_signals(data, "image/jpeg").signals == (
        Signal("iptc", "photoshop:CopyrightURL", "https://example.com/c"),
    )


@pytest.mark.parametrize("info", [{33723: NOTICE}, {34377: photoshop(0x0404, NOTICE)}], ids=["IIM", "Photoshop"])
def test_it_reads_iptc_in_a_tiff(info: dict[int, bytes]) -> None:
    assert set(read_signals(picture("TIFF", tiffinfo=info), "image/tiff").signals) == set(FROM_NOTICE)


def test_it_reads_iptc_in_latin_1() -> None:
    data = jpeg_beginning_with((0xED, b"Photoshop 3.0\0" + photoshop(0x0404, iim(credit="Müller".encode("latin-1")))))
    assert [found.value for found in read_signals(data, "image/jpeg").signals] == ["Müller"]


def test_it_reads_xmp_behind_the_picture_of_a_png() -> None:
    late = make_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet(attributes='dc:rights="late"'))
    assert read_signals(png_ending_with(late), "image/png").signals == (Signal("xmp", "dc:rights", "late"),)


def test_it_reads_packed_xmp_in_a_png() -> None:
    text = zlib.compress(packet(attributes='dc:rights="packed"'))
    data = png_ending_with(make_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + text))
    assert read_signals(data, "image/png").signals == (Signal("xmp", "dc:rights", "packed"),)


def test_it_reads_the_profiles_imagemagick_puts_into_a_png() -> None:
    raw = photoshop(0x0404, iim(credit=b"Agency"))
    text = f"\niptc\n{len(raw):8d}\n{raw.hex()}\n".encode()
    data = png_ending_with(make_chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text)))
    assert read_signals(data, "image/png").signals == (Signal("iptc", "iptc:Credit", "Agency"),)


def test_it_reads_the_texts_of_a_png_that_speak_of_rights() -> None:
    data = png_ending_with(
        make_chunk(b"tEXt", b"Copyright\0\xa9 A"),
        make_chunk(b"iTXt", b"License\0\0\0en\0Licence\0" + "CC BY-NC 4.0 – nein".encode()),
        make_chunk(b"tEXt", b"Software\0A camera"),
    )
    assert read_signals(data, "image/png").signals == (
        Signal("png", "png:Copyright", "© A"),
        Signal("png", "png:License", "CC BY-NC 4.0 – nein"),
    )


DAMAGED = {
    "a box of a HEIC longer than the file": (
        SAYING_HEIC.replace(b"\x00\x00\x01\xe1meta", b"\x7f\xff\xff\xffmeta"),
        "image/heic",
        "xmp",
        "a box claims",
    ),
    "an item of a HEIC that lies outside it": (
        SAYING_HEIC.replace(b"\x00\x00\x01\x53", b"\x7f\xff\xff\xff"),
        "image/heic",
        "xmp",
        "an item claims bytes 593 to 2147484240 of 932",
    ),
    "XMP in a HEIC under another type": (
        SAYING_HEIC.replace(b"Exif", b"Exit", 1).replace(b"application/rdf+xml", b"application/rdf\x94xml"),
        "image/heic",
        "xmp",
        "cannot be found in its place",
    ),
    "XMP in a PNG under another keyword": (
        picture("PNG", packet()).replace(b"XML:com.adobe.xmp", b"XML:com.adobe.xmq"),
        "image/png",
        "xmp",
        "cannot be found in its place",
    ),
    "a PNG text that unpacks without end": (
        png_ending_with(make_chunk(b"zTXt", b"Copyright\0\0" + zlib.compress(b"\0" * 20_000_000))),
        "image/png",
        "xmp",
        "more than 16777216 bytes",
    ),
    "a chunk of a WebP longer than the file": (
        picture("WEBP", packet()) + b"XMP \xff\xff\xff\x7f",
        "image/webp",
        "xmp",
        "claims 2147483647 bytes",
    ),
    "an Exif block that is none": (jpeg_beginning_with((0xE1, b"Exif\0\0nothing")), "image/jpeg", "exif", "as TIFF"),
    "an Exif block cut short": (
        jpeg_beginning_with((0xE1, exif_block()[:12])),
        "image/jpeg",
        "exif",
        "requires a buffer",
    ),
    "an Exif notice outside its block": (
        jpeg_beginning_with((0xE1, exif_block("x" * 40)[:-20])),
        "image/jpeg",
        "exif",
        "tag 33432 claims",
    ),
    "resources of Photoshop cut short": (
        jpeg_beginning_with((0xED, b"Photoshop 3.0\0" + photoshop(0x0404, NOTICE)[:-9])),
        "image/jpeg",
        "iptc",
        "0404 claims",
    ),
    "an IPTC notice cut short": (
        picture("TIFF", tiffinfo={33723: NOTICE[:-3]}),
        "image/tiff",
        "iptc",
        "2:40 runs past",
    ),
}


@pytest.mark.parametrize(("data", "media_type", "source", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_metadata_that_cannot_be_read_is_a_problem_and_a_signal(
    data: bytes, media_type: str, source: str, reason: str
) -> None:
    reading = read_signals(data, media_type)
    assert [(found.source, found.property) for found in reading.signals] == [(source, "unreadable")]
    assert reason in reading.problems[0]


def test_statements_before_the_damage_are_kept() -> None:
    cut = packet(attributes='dc:rights="© A"')
    data = jpeg_beginning_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + cut))
    at = data.index(b"\xff\xdb")
    reading = read_signals(data[:at] + b"\xff\xe1\xff\xff", "image/jpeg")
    assert [found.property for found in reading.signals] == ["unreadable", "dc:rights"]


SAMPLES = [
    (signed("PNG", training_mining({"cawg.ai_inference": {"use": "notAllowed"}})), "image/png"),
    (picture("TIFF", packet(attributes='dc:rights="x"')), "image/tiff"),
    (SAYING_HEIC, "image/heic"),
    (picture("WEBP", packet(attributes='dc:rights="x"'), exif=exif_block()), "image/webp"),
    (jpeg_beginning_with((0xED, b"Photoshop 3.0\0" + photoshop(0x0404, NOTICE)), (0xE1, exif_block())), "image/jpeg"),
]


@given(st.sampled_from(SAMPLES), st.data())
def test_no_damage_to_a_file_is_ever_raised(sample: tuple[bytes, str], data: st.DataObject) -> None:
    whole, media_type = bytearray(sample[0]), sample[1]
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(1, len(whole)))
    reading = read_signals(bytes(whole[:end]), media_type)
    assert all(len(found.property) and "\0" not in found.value for found in reading.signals)
    assert bool(reading.problems) or not any(found.property == "unreadable" for found in reading.signals)


def test_the_signals_of_one_file_come_from_all_its_parts() -> None:
    data = picture("JPEG", packet(attributes='dc:rights="© A"'), exif=exif_block())
    assert {found.source for found in read_signals(data, "image/jpeg").signals} == {"exif", "xmp"}
