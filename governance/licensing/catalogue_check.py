"""What must hold between the entries of the catalogue, beyond each being well formed on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from governance.licensing.catalogue_contents import Catalogue
from governance.licensing.catalogue_parse import CatalogueError
from governance.licensing.catalogue_words import (
    AcquisitionKind,
    ClaimStatus,
    DeclarationStatus,
    DeclarationSubject,
    ResolutionStatus,
)


def check(catalogue: Catalogue) -> None:
    """Raises :class:`CatalogueError` for the first thing that does not fit together."""
    _dates(catalogue)
    _texts(catalogue)
    _resolutions(catalogue)
    _one_resolution_each(catalogue)
    _claims(catalogue)
    _derivations(catalogue)
    _acquisitions(catalogue)


def _wrong(entry: str, key: str, got: object, expected: str) -> CatalogueError:
    return CatalogueError(
        f"catalogue, {entry}, key {key!r}: got {got!r}, expected {expected}.",
        how_to_fix="Correct the entry; nothing of the catalogue is used until all of it reads.",
    )


def _dated(catalogue: Catalogue) -> Iterator[tuple[str, str, date | None]]:
    for source in catalogue.sources:
        yield f"source {source.slug}", "dated", source.dated
    for text in catalogue.license_texts:
        yield f"license_text {text.slug}", "captured_on", text.captured_on
    for declaration in catalogue.declarations:
        yield f"declaration {declaration.slug}", "stated_on", declaration.stated_on
    for claim in catalogue.claims:
        yield f"claim {claim.slug}", "stated_on", claim.stated_on
    for model in catalogue.models:
        yield f"model {model.slug}", "released_on", model.released_on
        yield f"model {model.slug}", "first_seen_on", model.first_seen_on


def _dates(catalogue: Catalogue) -> None:
    for entry, key, day in _dated(catalogue):
        if day is not None and day > catalogue.as_of:
            raise _wrong(entry, key, day.isoformat(), f"a date not after {catalogue.as_of}, the catalogue's own")


def _texts(catalogue: Catalogue) -> None:
    for entry in catalogue.license_texts:
        if entry.file != f"{entry.license}.txt":
            raise _wrong(
                f"license_text {entry.slug}", "file", entry.file, f"{entry.license}.txt, the licence's own name"
            )


def _resolutions(catalogue: Catalogue) -> None:
    declarations = {declaration.slug: declaration for declaration in catalogue.declarations}
    for resolution in catalogue.resolutions:
        entry = f"resolution {resolution.slug}"
        for slug in (*resolution.rests_on, *resolution.conflicts_with):
            if declarations[slug].model != resolution.model:
                raise _wrong(entry, "rests_on", slug, f"declarations about {resolution.model}")
            if declarations[slug].subject is not resolution.subject:
                raise _wrong(entry, "rests_on", slug, f"declarations about the {resolution.subject}")
        if bool(resolution.rests_on) is (resolution.status is ResolutionStatus.UNRESOLVED):
            raise _wrong(entry, "rests_on", resolution.rests_on, "declarations, or none if unresolved")
        for slug in resolution.rests_on:
            if declarations[slug].status is not DeclarationStatus.ACCEPTED:
                raise _wrong(entry, "rests_on", slug, "accepted declarations only")
        for slug in resolution.conflicts_with:
            if declarations[slug].status is DeclarationStatus.ACCEPTED:
                raise _wrong(entry, "conflicts_with", slug, "declarations that are not accepted")


def _one_resolution_each(catalogue: Catalogue) -> None:
    per_subject = Counter((resolution.model, resolution.subject) for resolution in catalogue.resolutions)
    for (model, subject), count in per_subject.items():
        if count > 1:
            raise _wrong(f"model {model}", "resolution", f"{count} for its {subject}", "one")
    for version in catalogue.models:
        if not per_subject[version.slug, DeclarationSubject.WEIGHTS]:
            raise _wrong(f"model {version.slug}", "resolution", "none for its weights", "one")


def _claims(catalogue: Catalogue) -> None:
    for claim in catalogue.claims:
        if claim.status is ClaimStatus.CONTRADICTED and not claim.counter:
            raise _wrong(f"claim {claim.slug}", "counter", "nothing", "the evidence that contradicts the claim")


def _derivations(catalogue: Catalogue) -> None:
    parents = {weights.sha256: weights.derived_from.parent for weights in catalogue.weights if weights.derived_from}
    for child in parents:
        seen = {child}
        ancestor = parents[child]
        while True:
            if ancestor in seen:
                raise _wrong(f"weights {child}", "derived_from.parent", ancestor, "no file among its own ancestors")
            if ancestor not in parents:
                break
            seen.add(ancestor)
            ancestor = parents[ancestor]


def _acquisitions(catalogue: Catalogue) -> None:
    model_of = {weights.sha256: weights.model for weights in catalogue.weights}
    for way in catalogue.acquisitions:
        entry = f"acquisition {way.slug}"
        package = {
            "package": way.package,
            "package_version": way.package_version,
            "package_sha256": way.package_sha256,
            "member": way.member,
            "yields": way.yields or "",
        }
        packaged = way.kind in (AcquisitionKind.PYTHON_WHEEL, AcquisitionKind.NPM_PACKAGE)
        for key, value in package.items():
            if packaged and not value:
                raise _wrong(entry, key, "nothing", "a value: a package is pinned down to the file inside it")
            if not packaged and key.startswith("package") and value:
                raise _wrong(entry, key, value, f"nothing for kind {way.kind}")
        for key, digest in (("yields", way.yields), ("converted_to", way.converted_to)):
            if digest is not None and model_of[digest] != way.model:
                raise _wrong(entry, key, digest, f"weights of {way.model}")
