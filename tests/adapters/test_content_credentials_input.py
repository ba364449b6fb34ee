"""What an output keeps of the credentials its input came with, and that no input can keep it from being signed."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from governance.adapters.certificates import CA
from governance.adapters.content_credentials import embed
from governance.adapters.content_credentials_input import ELSEWHERE, LOST, read_input
from governance.adapters.rights_signals import Signal, read_signals
from tests.adapters import rights_files
from tests.adapters.credential_files import (
    RECORD_ID,
    TYPES,
    active,
    credentials,
    cutout,
    made_from,
    own_certificates,
    photo,
    picture_in,
    store_of,
)
from tests.adapters.rights_files import MEDIA_TYPES, training_mining

FORBIDDEN = training_mining({"cawg.ai_inference": {"use": "notAllowed"}})


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    return own_certificates(settings, tmp_path / "keys")


def failures(ingredient: dict[str, object]) -> list[str]:
    results: dict[str, dict[str, list[dict[str, str]]]] = ingredient["validation_results"]  # type: ignore[assignment]
    return [status["code"] for status in results["activeManifest"]["failure"]]


def zeroed(data: bytes, offset: int, length: int) -> bytes:
    start = data.index(b"caBX") + offset
    return data[:start] + bytes(length) + data[start + length :]


def other_type(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 24)).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_the_manifest_of_the_input_is_kept_and_holds(kind: str, folder: Path) -> None:
    parent = rights_files.signed(kind, FORBIDDEN)
    label = store_of(parent, MEDIA_TYPES[kind])["active_manifest"]
    data = made_from(parent, MEDIA_TYPES[kind])
    store = store_of(data, "image/png", (folder / CA).read_bytes())
    assert store["validation_state"] == "Trusted"
    assert picture_in(data)["active_manifest"] == label
    assert "cawg.training-mining" in [one["label"] for one in store["manifests"][label]["assertions"]]


@pytest.mark.parametrize("kind", TYPES)
def test_it_is_kept_in_outputs_of_every_type(kind: str) -> None:
    assert len(store_of(made_from(rights_files.signed("JPEG"), "image/jpeg", kind), TYPES[kind])["manifests"]) == 2


def test_a_prohibition_in_the_input_is_still_read_from_the_output() -> None:
    found = read_signals(made_from(rights_files.signed("PNG", FORBIDDEN)), "image/png").signals
    assert Signal("cawg", "cawg.ai_inference", "notAllowed") in found


def test_an_output_of_ours_can_be_an_input_again(folder: Path) -> None:
    first = made_from(photo())
    second = embed(
        cutout("PNG", "chelsea.png"),
        "image/png",
        first,
        "image/png",
        credentials(record_id=RECORD_ID.replace("6", "7")),
    )
    store = store_of(second, "image/png", (folder / CA).read_bytes())
    assert (store["validation_state"], len(store["manifests"])) == ("Trusted", 2)
    assert failures(picture_in(second)) == []


def test_an_input_changed_since_it_was_signed_is_kept_and_called_so(folder: Path) -> None:
    parent = bytearray(rights_files.signed("PNG"))
    parent[parent.index(b"IDAT") + 12] ^= 1
    data = made_from(bytes(parent))
    assert store_of(data, "image/png", (folder / CA).read_bytes())["validation_state"] == "Trusted"
    assert "assertion.dataHash.mismatch" in failures(picture_in(data))


@pytest.mark.parametrize(("offset", "length"), [(4, 400), (400, 40), (900, 1), (1200, 300)])
def test_an_input_whose_manifest_is_damaged_does_not_keep_the_output_from_being_signed(
    folder: Path, offset: int, length: int
) -> None:
    data = made_from(zeroed(rights_files.signed("PNG"), offset, length))
    assert store_of(data, "image/png", (folder / CA).read_bytes())["validation_state"] == "Trusted"
    found = picture_in(data)
    assert found.get("description") == LOST or failures(found)


def test_wherever_the_manifest_of_an_input_is_damaged_the_output_is_signed(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parent, anchors = rights_files.signed("PNG"), (folder / CA).read_bytes()
    start = parent.index(b"caBX") + 4
    length = int.from_bytes(parent[start - 8 : start - 4])
    for at in range(start, start + length, 53):
        damaged = parent[:at] + bytes([parent[at] ^ 0xFF]) + parent[at + 1 :]
        store = store_of(made_from(damaged), "image/png", anchors)
        (found,) = [one for one in active(store)["ingredients"] if one["relationship"] == "parentOf"]
        assert store["validation_state"] == "Trusted"
        assert found.get("description") == LOST or failures(found)
    assert "The credentials of an input could not be kept" in caplog.text  # readable at first, refused when taken in


def test_credentials_that_are_lost_are_not_lost_in_silence() -> None:
    data = made_from(zeroed(rights_files.signed("PNG"), 4, 400))
    assert picture_in(data)["description"] == LOST


def test_credentials_where_no_reader_looks_are_called_lost() -> None:
    assert read_input(rights_files.signed("PNG").replace(b"caBX", b"caBy"), "image/png").note == LOST


def test_credentials_that_lie_elsewhere_are_not_fetched_and_their_address_is_not_passed_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        packet = rights_files.packet(attributes=f'dcterms:provenance="{address}"')
        data = made_from(rights_files.picture("JPEG", packet), "image/jpeg")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert picture_in(data)["description"] == ELSEWHERE
    assert address.encode() not in data


@pytest.mark.parametrize(
    ("parent", "parent_type"),
    [
        (photo(), "image/png"),
        (other_type("BMP"), "image/bmp"),
        (other_type("GIF"), "image/gif"),
        (other_type("JPEG"), "image/png"),
        (photo()[:500], "image/png"),
        (b"no picture at all", "image/jpeg"),
        (b"", "image/png"),
        (other_type("PNG"), "image/x-unheard-of"),
        (b"provenance of a picture, as text", "image/tiff"),
    ],
    ids=["unsigned", "BMP", "GIF", "misnamed", "cut short", "nonsense", "empty", "unknown type", "words"],
)
def test_an_input_without_credentials_is_named_all_the_same(folder: Path, parent: bytes, parent_type: str) -> None:
    data = made_from(parent, parent_type)
    store = store_of(data, "image/png", (folder / CA).read_bytes())
    assert (store["validation_state"], len(store["manifests"])) == ("Trusted", 1)
    found = picture_in(data)
    assert (found["title"], found["format"], found.get("description")) == ("picture", parent_type, None)


def test_an_input_says_in_c2pa_how_it_was_made() -> None:
    assert read_input(rights_files.signed("PNG"), "image/png").source_types == (rights_files.CAPTURE,)
