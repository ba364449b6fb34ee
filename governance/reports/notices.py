"""The notices that released work has to carry, written from the catalogue's facts and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from governance.adapters import blobs
from governance.licensing.notices import LicenseReference, Material, Notice, background_removed, notice_for
from governance.licensing.terms import DutyKind
from governance.models import License, LicenseText, ModelVersion, Output, Release
from governance.policy.decision import Decision, Duty
from governance.policy.grants import Grant
from governance.reports.explanation import grants_of
from governance.rights.facts import made_under_verdict

KINDS = {DutyKind.ATTRIBUTE: "Attribution", DutyKind.INCLUDE_NOTICE: "Notice and licence text"}


@dataclass(frozen=True, slots=True)
class EnclosedText:
    """A licence text on record, to be passed on with the notice."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WrittenNotice:
    """A notice with the duty it fulfils. ``source``: the licence or right that asks for it."""

    kind: str
    title: str
    source: str
    license_id: str
    clause: str
    notice: Notice
    text: str
    enclosed: tuple[EnclosedText, ...] = ()


def notices_of_release(release: Release) -> tuple[WrittenNotice, ...]:
    """What has to stand with the file released; empty when no licence asks for a notice."""
    row = release.decision
    return notices_for(made_under_verdict(row), grants_of(row).values(), row.model)


def notices_of_output(output: Output) -> tuple[WrittenNotice, ...]:
    """What the decision asked for that the output was made under."""
    row = output.cutout.decision
    return notices_for(made_under_verdict(row), grants_of(row).values(), row.model) if row is not None else ()


def notices_for(made: Decision, grants: Iterable[Grant], model: ModelVersion) -> tuple[WrittenNotice, ...]:
    """The notices that fulfil the duties of a verdict, one for each licence and kind (at most two queries)."""
    asked = _asked(made.duties, {grant.ref: grant for grant in grants})
    if not asked:
        return ()
    names = {name for _, _, name in asked}
    licenses = License.objects.in_bulk(names)
    texts: dict[str, LicenseText] = {}
    for text in LicenseText.objects.filter(license__in=names).order_by("captured_on", "pk"):
        texts[text.license_id] = text
    return tuple(_written(duty, grant, licenses.get(name), name, texts.get(name), model) for duty, grant, name in asked)


def _asked(duties: Sequence[Duty], grants: dict[str, Grant]) -> list[tuple[Duty, Grant, str]]:
    """Each duty that a notice fulfils, with the licence of the reading that sets it."""
    found: dict[tuple[str, DutyKind], tuple[Duty, Grant, str]] = {}
    for duty in duties:
        grant = grants.get(duty.source)
        if duty.kind not in KINDS or grant is None:
            continue
        for reading in grant.readings:
            if any(term.duty is duty.kind for term in reading.terms):
                found.setdefault((reading.license_id, duty.kind), (duty, grant, reading.license_id))
    return list(found.values())


def _written(
    duty: Duty, grant: Grant, license_: License | None, name: str, text: LicenseText | None, model: ModelVersion
) -> WrittenNotice:
    enclosed = EnclosedText(f"{name}.txt", text.sha256) if text and duty.kind is DutyKind.INCLUDE_NOTICE else None
    reference = LicenseReference(
        license_id=name,
        name=license_.name if license_ else "",
        url=license_.text_url if license_ else "",
        text_file=enclosed.name if enclosed else "",
        text_sha256=enclosed.sha256 if enclosed else "",
    )
    material = Material(title=model.title, creator=model.provider, source_url=model.homepage)
    notice = notice_for(duty.kind, material, reference, (background_removed(model.title),))
    if notice is None:
        raise ValueError(f"No notice fulfils {duty.kind}.")
    return WrittenNotice(
        kind=duty.kind.value,
        title=KINDS[duty.kind],
        source=grant.title,
        license_id=name,
        clause=duty.clause,
        notice=notice,
        text=notice.as_text(),
        enclosed=(enclosed,) if enclosed else (),
    )


def as_file(notices: Sequence[WrittenNotice]) -> str:
    """All notices as one plain text, each licence text enclosed once at the end. Raises BlobDamaged."""
    parts = [f"{each.title} ({each.source})\n\n{each.text}\n" for each in notices]
    enclosed = dict.fromkeys(text for each in notices for text in each.enclosed)
    parts += [f"{text.name}\n\n{blobs.get(text.sha256).decode(errors='replace')}\n" for text in enclosed]
    return f"\n{'-' * 72}\n\n".join(parts)
