"""Licences: which reading counts, from which text, and every revision of it with who stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet

from governance.adapters import blobs
from governance.licensing.terms import Encoding
from governance.models import License, LicenseEncoding, LicenseText
from governance.policy.phrases import word
from governance.reports.catalogue_shapes import State
from governance.reports.license_terms import Clause, clauses_of
from governance.rights.readings import effective, read_body, standings

_COUNTS = State("Counts", "permit")
_NO_READING = State("Not read", "deny")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A text on record; its bytes are in the store."""

    pk: int
    sha256: str
    language: str
    source: str
    revision: str
    captured_on: date
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One reading and what became of it. ``drafted_by`` is empty for those of the catalogue, whose file names roles."""

    pk: int
    revision: int
    origin: str
    from_catalogue: bool
    title: str
    state: State
    counts: bool
    rationale: str
    drafted_by: str
    drafted_at: datetime
    approved_by: str
    approved_at: datetime | None
    retired_by: str
    retired_at: datetime | None
    retired_reason: str

    @property
    def waits(self) -> bool:
        """For another person's approval."""
        return not self.from_catalogue and self.approved_at is None and self.retired_at is None


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """One licence in the list. ``reading``: the revision that counts, in words; empty when none does."""

    slug: str
    name: str
    category: str
    reading: str
    state: State
    texts: int
    waiting: int


@dataclass(frozen=True, slots=True)
class LicensePage:
    """A licence with one of its readings opened; ``shown`` and ``encoding`` are None where nobody has read it.

    ``text`` is the text the reading was read from, or else the newest on record, as people read it.
    """

    slug: str
    name: str
    category: str
    steward: str
    note: str
    text_url: str
    shown: Revision | None
    encoding: Encoding | None
    clauses: tuple[Clause, ...]
    revisions: tuple[Revision, ...]
    texts: tuple[TextLine, ...]
    text: str
    text_read: TextLine | None


def license_list() -> tuple[LicenseRow, ...]:
    """Every licence by name. The number of queries does not depend on how many there are."""
    counting = {license_id: row.revision for license_id, row in effective(standings()).items()}
    waiting = dict(
        LicenseEncoding.objects.filter(origin=LicenseEncoding.Origin.ORGANISATION, approval=None, retirement=None)
        .values_list("license_id")
        .annotate(found=Count("pk"))
        .order_by()
    )
    rows = License.objects.annotate(text_count=Count("texts")).order_by("name")
    return tuple(
        LicenseRow(
            slug=row.slug,
            name=row.name,
            category=word(row.category),
            reading=f"Revision {counting[row.slug]}" if row.slug in counting else "",
            state=_COUNTS if row.slug in counting else _NO_READING,
            texts=row.text_count,  # type: ignore[attr-defined]
            waiting=waiting.get(row.slug, 0),
        )
        for row in rows
    )


def license_page(slug: str, revision: int | None = None) -> LicensePage | None:
    """A licence with the reading whose key is ``revision``, or else the one that counts; None when there is none."""
    row = License.objects.filter(slug=slug).first()
    rows = list(_encodings().filter(license=slug))
    counting = effective(standings()).get(slug)
    wanted = revision if revision is not None else counting.pk if counting else None
    shown = next((each for each in rows if each.pk == wanted), None)
    if row is None or (revision is not None and shown is None):
        return None
    texts = list(LicenseText.objects.filter(license=slug).select_related("recorded_by").order_by("-captured_on", "-pk"))
    encoding = read_body(shown.body) if shown else None
    text = _text_for(encoding, texts)
    content = blobs.get(text.sha256) if text else None
    named = bool(encoding and text and encoding.text_sha256 == text.sha256)
    return LicensePage(
        slug=row.slug,
        name=row.name,
        category=word(row.category),
        steward=row.steward,
        note=row.note,
        text_url=row.text_url if row.text_url.startswith(("https://", "http://")) else "",
        shown=_revision(shown, counting.pk if counting else None) if shown else None,
        encoding=encoding,
        clauses=clauses_of(encoding, content if named else None) if encoding else (),
        revisions=tuple(_revision(each, counting.pk if counting else None) for each in rows),
        texts=tuple(_text(each) for each in texts),
        text=content.decode("utf-8") if content is not None else "",
        text_read=_text(text) if text and named else None,
    )


def _encodings() -> QuerySet[LicenseEncoding]:
    people = ("drafted_by", "approval__approved_by", "retirement__retired_by")
    return LicenseEncoding.objects.select_related(*people).order_by("-revision", "-pk")


def _text_for(encoding: Encoding | None, texts: list[LicenseText]) -> LicenseText | None:
    read = next((text for text in texts if encoding and text.sha256 == encoding.text_sha256), None)
    return read or next(iter(texts), None)


def _revision(row: LicenseEncoding, counting: int | None) -> Revision:
    approval, retirement = getattr(row, "approval", None), getattr(row, "retirement", None)
    shipped = row.origin == LicenseEncoding.Origin.CATALOGUE
    encoding = read_body(row.body)
    return Revision(
        pk=row.pk,
        revision=row.revision,
        origin=row.get_origin_display(),
        from_catalogue=shipped,
        title=encoding.title,
        state=_state(row, counting),
        counts=row.pk == counting,
        rationale=row.rationale,
        drafted_by=row.drafted_by.get_username() if row.drafted_by else encoding.encoded_by,
        drafted_at=row.drafted_at,
        approved_by=encoding.approved_by if shipped else approval.approved_by.get_username() if approval else "",
        approved_at=row.drafted_at if shipped else approval.approved_at if approval else None,
        retired_by=retirement.retired_by.get_username() if retirement else "",
        retired_at=retirement.retired_at if retirement else None,
        retired_reason=retirement.reason if retirement else "",
    )


def _state(row: LicenseEncoding, counting: int | None) -> State:
    if row.pk == counting:
        return _COUNTS
    if hasattr(row, "retirement"):
        return State("Retired", "neutral")
    if row.origin == LicenseEncoding.Origin.ORGANISATION and not hasattr(row, "approval"):
        return State("Waits for approval", "review")
    return State("Replaced", "neutral")


def _text(row: LicenseText) -> TextLine:
    return TextLine(
        pk=row.pk,
        sha256=row.sha256,
        language=row.language,
        source=row.source,
        revision=row.revision,
        captured_on=row.captured_on,
        recorded_by=row.recorded_by.get_username() if row.recorded_by else "the catalogue",
    )
