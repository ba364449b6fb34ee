"""Pictures in the credentials an input came with show what was cut away: none is passed on, and every word is."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path

import c2pa
import pytest
from PIL import Image
from pytest_django import Settings

from governance.adapters.certificates import CA, CHAIN, KEY
from governance.adapters.content_credentials_input import LOST, read_input
from tests.adapters import rights_files
from tests.adapters.credential_files import (
    actions,
    active,
    cutout,
    made_from,
    own_certificates,
    photo,
    picture_in,
    store_of,
    with_thumbnails,
)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    return own_certificates(settings, tmp_path / "keys")


def chain_and_key(folder: Path) -> tuple[bytes, bytes]:
    return (folder / CHAIN).read_bytes(), (folder / KEY).read_bytes()


def thumbnails(data: bytes, media_type: str) -> list[object]:
    store = store_of(data, media_type)
    holders = [one for found in store["manifests"].values() for one in (found, *found.get("ingredients", ()))]
    return [one["thumbnail"] for one in holders if one.get("thumbnail")]


@pytest.mark.parametrize("generations", [1, 2, 3])
def test_thumbnails_in_the_inputs_manifests_do_not_show_what_was_cut_away(folder: Path, generations: int) -> None:
    parent = with_thumbnails(photo(), "image/png", *chain_and_key(folder))
    for _ in range(generations - 1):
        parent = with_thumbnails(photo(), "image/png", *chain_and_key(folder), made_from=[parent])
    assert len(thumbnails(parent, "image/png")) >= generations
    data = made_from(parent)
    store = store_of(data, "image/png", (folder / CA).read_bytes())
    assert (store["validation_state"], len(store["manifests"])) == ("Trusted", generations + 1)
    assert thumbnails(data, "image/png") == []
    assert b"\xff\xd8\xff" not in data  # the picture in a thumbnail is JPEG
    assert len(data) < len(cutout("PNG")) + 20_000 * (generations + 1)


def preview() -> bytes:
    """What was cut away, small."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(photo())) as opened:
        opened.convert("RGB").resize((64, 48)).save(stream, "JPEG")
    return stream.getvalue()


NOTE = {"label": "com.example.note", "data": {"told": "Coffee by the harbour."}}
IN_BASE64 = base64.b64encode(preview()).decode()
PREVIEWS: dict[str, tuple[str, object]] = {
    "base64": ("com.example.preview", {"jpeg": IN_BASE64}),
    "url-safe": ("com.example.preview", {"jpeg": base64.urlsafe_b64encode(preview()).decode()}),
    "data URI": ("com.example.preview", {"shown": {"as": f"data:image/jpeg;base64,{IN_BASE64}"}}),
    "lines": ("com.example.preview", {"jpeg": base64.encodebytes(preview()).decode()}),
    "pieces": ("com.example.preview", {"jpeg": [IN_BASE64[at : at + 30] for at in range(0, len(IN_BASE64), 30)]}),
    "hexadecimal": ("com.example.preview", {"jpeg": preview().hex()}),
    "numbers": ("com.example.preview", {"jpeg": list(preview())}),
    "packed": ("com.example.preview", {"packed": base64.b64encode(zlib.compress(preview())).decode()}),
    "SVG": ("com.example.preview", {"svg": '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'}),
    "XMP": ("stds.exif", {"xmp:Thumbnails": [{"xmpGImg:image": IN_BASE64}]}),
    "a defined label": ("cawg.metadata", {"@context": {"dc": "http://purl.org/dc/elements/1.1/"}, "dc:x": IN_BASE64}),
}


@pytest.mark.parametrize("kind", ["Json", "Cbor"])
@pytest.mark.parametrize(("label", "content"), PREVIEWS.values(), ids=PREVIEWS)
def test_a_picture_in_any_other_assertion_of_the_input_is_taken_out(
    folder: Path, label: str, content: object, kind: str
) -> None:
    parent = rights_files.signed("PNG", NOTE, {"label": label, "kind": kind, "data": content})
    data = made_from(parent)
    store = store_of(data, "image/png", (folder / CA).read_bytes())
    assert (store["validation_state"], len(store["manifests"])) == ("Trusted", 2)
    kept = [one["label"] for one in store["manifests"][picture_in(data)["active_manifest"]]["assertions"]]
    assert sorted(kept) == ["c2pa.actions.v2", "com.example.note"]
    assert next(iter(active(store)["redactions"])).endswith(f"/c2pa.assertions/{label}")


WORDS = {
    "author": ("stds.schema-org.CreativeWork", {"@type": "CreativeWork", "author": [{"name": "Jo Ng, Harbour St"}]}),
    "place": ("stds.exif", {"exif:GPSLatitude": "36,43.2N", "exif:GPSLongitude": "4,25.1W"}),
    "digests": ("com.example.digests", {"of": ["ab" * 64, base64.b64encode(bytes(range(32))).decode()]}),
    "prose": ("com.example.story", {"told": "A long day at the harbour, and nothing but coffee.\n" * 40}),
    "numbers": ("com.example.lens", {"length": 50, "stops": ["2", "2.8", "4"], "zoom": False}),
}


@pytest.mark.parametrize(("label", "content"), WORDS.values(), ids=WORDS)
def test_what_the_credentials_of_the_input_say_in_words_stays(label: str, content: object) -> None:
    data = made_from(rights_files.signed("PNG", {"label": label, "data": content}))
    store = store_of(data, "image/png")
    kept = {one["label"]: one["data"] for one in store["manifests"][picture_in(data)["active_manifest"]]["assertions"]}
    assert kept[label] == content
    assert "redactions" not in active(store)


def with_icon(version: int, chain: bytes, key: bytes) -> bytes:
    """A picture whose manifest points at one: in a data box before C2PA 2.0, then in an assertion."""
    definition = {
        "claim_version": version,
        "claim_generator_info": [{"name": "Another", "icon": {"format": "image/jpeg", "identifier": "icon"}}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [rights_files.CREATED]}}],
    }
    info, result = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None), io.BytesIO()
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}}) as context,
        c2pa.Builder(definition, context) as builder,
    ):
        builder.add_resource("icon", io.BytesIO(preview()))
        builder.sign(signer, "image/png", io.BytesIO(rights_files.picture("PNG")), result)
    return result.getvalue()


@pytest.mark.parametrize("version", [1, 2], ids=["data box", "icon"])
def test_a_picture_that_the_manifest_of_the_input_points_at_takes_the_manifest_with_it(
    folder: Path, version: int
) -> None:
    parent = with_icon(version, *chain_and_key(folder))
    data = made_from(parent)
    store = store_of(data, "image/png", (folder / CA).read_bytes())
    assert (preview() in parent, preview() in data) == (True, False)
    assert (store["validation_state"], len(store["manifests"])) == ("Trusted", 1)
    assert picture_in(data)["description"] == LOST


def test_so_does_one_in_an_assertion_that_cannot_be_taken_out(caplog: pytest.LogCaptureFixture) -> None:
    step = {"action": "c2pa.edited", "parameters": {"com.example.before": IN_BASE64}}
    parent = rights_files.signed("PNG", {"label": "c2pa.actions.v2", "data": {"actions": [step]}})
    found = read_input(parent, "image/png")
    assert (found.data, found.note, found.source_types) == (b"", LOST, (rights_files.CAPTURE,))
    assert "holds a picture and cannot be taken out" in caplog.text


def test_every_thumbnail_taken_out_is_accounted_for(folder: Path) -> None:
    parent = with_thumbnails(photo(), "image/png", *chain_and_key(folder))
    store = store_of(made_from(parent), "image/png")
    steps = [step for step in actions(store) if step["action"] == "c2pa.redacted"]
    assert [step["reason"] for step in steps] == ["localhost.clearcut.shows-what-was-cut-away"]
    assert [step["parameters"]["redacted"] for step in steps] == active(store)["redactions"]
