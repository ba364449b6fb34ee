"""Content credentials in outputs: what they state, that they hold, and everything they must not give away."""

from __future__ import annotations

import io
import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pytest_django import Settings

from governance.adapters.certificates import CA
from governance.adapters.content_credentials import embed
from governance.adapters.rights_containers import blocks
from governance.adapters.rights_xmp import properties
from inference import exports_tiff
from tests.adapters import rights_files
from tests.adapters.credential_files import (
    DECISION,
    RECORD_ID,
    TYPES,
    WEIGHTS,
    actions,
    active,
    credentials,
    cutout,
    own_certificates,
    photo,
    pixels,
    store_of,
)

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MM = "{http://ns.adobe.com/xap/1.0/mm/}"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    return own_certificates(settings, tmp_path / "keys")


def signed(kind: str = "PNG", parent: bytes | None = None, **changes: object) -> bytes:
    parent = photo() if parent is None else parent
    return embed(cutout(kind), TYPES[kind], parent, "image/png", credentials(**changes))


def xmp_of(data: bytes, media_type: str) -> dict[str, str]:
    (packet,) = [block.data for block in blocks(data, media_type) if block.kind == "xmp"]
    return {"/".join(path): value for path, value in properties(packet)}


@pytest.mark.parametrize("kind", TYPES)
def test_whoever_holds_our_authority_trusts_the_output(kind: str, folder: Path) -> None:
    store = store_of(signed(kind), TYPES[kind], (folder / CA).read_bytes())
    assert (store["validation_state"], store.get("validation_status")) == ("Trusted", None)


@pytest.mark.parametrize("kind", TYPES)
def test_no_pixel_changes_transparent_ones_included(kind: str) -> None:
    assert pixels(signed(kind)) == pixels(cutout(kind))


def test_for_others_the_output_is_intact_by_somebody_unknown() -> None:
    store = store_of(signed(), "image/png")
    assert store["validation_state"] == "Valid"
    assert [status["code"] for status in store["validation_status"]] == ["signingCredential.untrusted"]


@pytest.mark.parametrize("kind", TYPES)
def test_one_changed_byte_of_the_picture_breaks_the_seal(kind: str, folder: Path) -> None:
    data = bytearray(signed(kind))
    at = data.index(cutout(kind)[-2000:-1900])
    data[at + 50] ^= 1
    store = store_of(bytes(data), TYPES[kind], (folder / CA).read_bytes())
    assert store["validation_state"] == "Invalid"
    assert "assertion.dataHash.mismatch" in [status["code"] for status in store["validation_status"]]


def test_another_record_put_into_the_manifest_breaks_the_seal(folder: Path) -> None:
    data = signed().replace(DECISION.encode(), b"ee" * 32)
    assert store_of(data, "image/png", (folder / CA).read_bytes())["validation_state"] == "Invalid"


def test_it_was_opened_and_then_edited_and_nothing_else_happened() -> None:
    store = store_of(signed(), "image/png")
    (found,) = [one["data"] for one in active(store)["assertions"] if one["label"] == "c2pa.actions.v2"]
    assert [step["action"] for step in found["actions"]] == ["c2pa.opened", "c2pa.edited"]
    assert found["allActionsIncluded"] is True


def test_the_step_names_the_source_type_the_software_and_the_model() -> None:
    edited = actions(store_of(signed(), "image/png"))[1]
    assert edited["digitalSourceType"] == IPTC + "algorithmicallyEnhanced"
    assert edited["softwareAgent"]["name"] == "Clearcut"
    assert edited["softwareAgent"]["version"]
    assert edited["when"] == "2026-11-20T08:30:00Z"
    assert edited["parameters"]["localhost.clearcut.model"] == {
        "name": "BiRefNet general",
        "version": "2024-07",
        "weights_sha256": WEIGHTS,
        "weights_licenses": ["MIT", "LicenseRef-two & <three>"],
        "engine": "local-torch/transformers-5.0",
    }


def test_the_steps_point_at_the_picture_and_at_the_model() -> None:
    store = store_of(signed(), "image/png")
    pointed = [step["parameters"]["ingredients"][0]["url"].rsplit("/", 1)[-1] for step in actions(store)]
    by_label = {one["label"]: one["relationship"] for one in active(store)["ingredients"]}
    assert [by_label[label] for label in pointed] == ["parentOf", "inputTo"]


def test_the_model_was_put_into_the_step_and_is_known_by_its_weights() -> None:
    model = active(store_of(signed(), "image/png"))["ingredients"][1]
    assert (model["title"], model["relationship"]) == ("BiRefNet general", "inputTo")
    assert model["data_types"] == [{"type": "c2pa.types.model.pytorch", "version": "2024-07"}]
    assert model["instance_id"] == f"sha256:{WEIGHTS}"
    assert model["metadata"]["localhost.clearcut.weights"]["sha256"] == WEIGHTS


@pytest.mark.parametrize(
    ("engine", "kind"), [("onnxruntime/1.23", "c2pa.types.model.onnx"), ("remote/1", "c2pa.types.model")]
)
def test_the_kind_of_model_follows_the_engine(engine: str, kind: str) -> None:
    model = active(store_of(signed(engine=engine), "image/png"))["ingredients"][1]
    assert model["data_types"][0]["type"] == kind


def test_our_own_assertion_holds_the_record_and_the_decisions_digest_alone() -> None:
    found = [
        one for one in active(store_of(signed(), "image/png"))["assertions"] if one["label"].startswith("localhost.")
    ]
    assert [(one["label"], one["data"]) for one in found] == [
        ("localhost.clearcut.record", {"record_id": RECORD_ID, "decision_sha256": DECISION})
    ]


def test_the_picture_is_called_nothing_and_its_ids_say_nothing() -> None:
    parent = active(store_of(signed(), "image/png"))["ingredients"][0]
    assert parent["title"] == "picture"
    assert parent["instance_id"].removeprefix("xmp.iid:") not in ("", RECORD_ID)


@pytest.mark.parametrize("kind", TYPES)
def test_there_is_no_thumbnail_of_anything(kind: str) -> None:
    data = signed(kind)
    found = active(store_of(data, TYPES[kind]))
    assert [holder.get("thumbnail") for holder in (found, *found["ingredients"])] == [None, None, None]
    assert b"c2pa.thumbnail" not in data


def named_parent(kind: str) -> bytes:
    """A picture that names its client wherever metadata has room."""
    name = "ACME-Spring-Campaign"
    attributes = (
        f'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmpMM:DocumentID="{name}" xmpMM:InstanceID="{name}" '
        f'photoshop:Credit="{name}" dcterms:provenance="http://127.0.0.1:9/{name}.c2pa"'
    )
    exif = Image.Exif()
    exif[33432] = name
    options: dict[str, object] = {"exif": exif}
    packet = rights_files.packet(attributes=attributes)
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Title", f"{name}.png")
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet.decode())
    else:
        options["xmp"] = packet
    stream = io.BytesIO()
    Image.new("RGB", (32, 24)).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("parent_kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("kind", TYPES)
def test_nothing_that_names_a_client_or_a_file_gets_into_the_output(kind: str, parent_kind: str) -> None:
    parent = named_parent(parent_kind)
    assert b"ACME" in parent
    data = embed(cutout(kind), TYPES[kind], parent, TYPES[parent_kind], credentials())
    assert b"ACME" not in data
    assert not [name for name in (b"coffee", b".png", os.getcwd().encode(), b"PRIVATE KEY") if name in data]


@pytest.mark.parametrize("kind", TYPES)
def test_the_xmp_says_what_the_manifest_says(kind: str) -> None:
    data = signed(kind)
    found = active(store_of(data, TYPES[kind]))
    xmp = xmp_of(data, TYPES[kind])
    assert xmp["Iptc4xmpExt:DigitalSourceType"] == actions(store_of(data, TYPES[kind]))[1]["digitalSourceType"]
    assert xmp[f"{MM}InstanceID"] == found["instance_id"]
    assert [value for name, value in xmp.items() if name.startswith(f"{MM}DerivedFrom")] == [
        found["ingredients"][0]["instance_id"]
    ]


def test_the_xmp_has_these_properties_and_no_others() -> None:
    xmp = xmp_of(signed(), "image/png")
    assert {name.rsplit("}", 1)[-1] for name in xmp} == {
        "CreatorTool",
        "DocumentID",
        "InstanceID",
        "instanceID",
        "Iptc4xmpExt:DigitalSourceType",
        "action",
        "softwareAgent",
        "parameters",
        "when",
    }
    assert xmp[f"{MM}DocumentID"] == f"xmp.did:{RECORD_ID}"
    assert xmp[f"{MM}History/{EVENT}parameters"] == "BiRefNet general 2024-07"


def test_the_xmp_is_xml_whatever_the_model_is_called() -> None:
    title = 'A <model> & its "friends" \x00\x1b\''
    data = signed(model_title=title)
    (packet,) = [block.data for block in blocks(data, "image/png") if block.kind == "xmp"]
    ElementTree.fromstring(packet)
    assert 'A <model> & its "friends" \'' in xmp_of(data, "image/png")[f"{MM}History/{EVENT}parameters"]


def test_a_cutout_is_not_passed_off_as_generated() -> None:
    assert b"AISystem" not in signed()


@pytest.mark.parametrize("term", ["compositeSynthetic", "compositeWithTrainedAlgorithmicMedia"])
def test_where_legal_calls_the_act_generative_the_system_is_named(term: str) -> None:
    data = signed(digital_source_type=term)
    xmp = xmp_of(data, "image/png")
    assert xmp["Iptc4xmpExt:DigitalSourceType"] == IPTC + term
    assert xmp["Iptc4xmpExt:AISystemUsed"] == "BiRefNet general"
    assert xmp["Iptc4xmpExt:AISystemVersionUsed"] == "2024-07"
    assert actions(store_of(data, "image/png"))[1]["digitalSourceType"] == IPTC + term


def test_a_generated_input_stays_generated_in_the_xmp() -> None:
    packet = rights_files.packet(attributes=f'Iptc4xmpExt:DigitalSourceType="{IPTC}trainedAlgorithmicMedia"')
    data = signed(parent=rights_files.picture("PNG", packet))
    assert xmp_of(data, "image/png")["Iptc4xmpExt:DigitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert actions(store_of(data, "image/png"))[1]["digitalSourceType"] == IPTC + "algorithmicallyEnhanced"
    assert b"AISystem" not in data


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_our_own_tiff_keeps_its_samples(dtype: type[np.uint8], folder: Path) -> None:
    samples = np.random.default_rng(1).integers(0, 255, (40, 30, 4)).astype(dtype)
    before = exports_tiff.encode(samples, profile=b"a colour profile")
    after = embed(before, "image/tiff", photo(), "image/png", credentials())
    assert store_of(after, "image/tiff", (folder / CA).read_bytes())["validation_state"] == "Trusted"
    assert before[8:-200] in after


def test_a_tiff_with_wide_pointers_is_signed_too(folder: Path) -> None:
    stream = io.BytesIO()
    Image.linear_gradient("L").save(stream, "TIFF", big_tiff=True)
    after = embed(stream.getvalue(), "image/tiff", photo(), "image/png", credentials())
    assert store_of(after, "image/tiff", (folder / CA).read_bytes())["validation_state"] == "Trusted"
    assert pixels(after) == pixels(stream.getvalue())
