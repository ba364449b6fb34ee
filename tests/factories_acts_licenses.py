"""Acts on licences, readings and the catalogue, each ready to be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.conf import settings

from governance.licensing.catalogue import load_catalogue
from governance.services.catalogue import sync_catalogue
from governance.services.catalogue_readings import Shipped, read_shipped, sync_readings
from governance.services.claims import contradict, review_claim
from governance.services.encodings import approve_encoding, draft_encoding, retire_encoding
from governance.services.license_texts import Captured, record_text
from governance.services.resolutions import approve_resolution, record_resolution
from tests.conftest import Cast
from tests.factories import (
    model,
)
from tests.factories_acts import PAPER, WHY, Act, Prepare
from tests.factories_licenses import (
    claim,
    license_row,
    make_encoding,
    make_resolution,
    reading_text,
)


def _reading_drafted(cast: Cast) -> Act:
    text = reading_text()
    return lambda: draft_encoding(cast.admin, license_row(), text, WHY)


def _reading_approved(cast: Cast) -> Act:
    row = make_encoding(cast, approved=False)
    return lambda: approve_encoding(cast.legal, row)


def _reading_retired(cast: Cast) -> Act:
    row = make_encoding(cast)
    return lambda: retire_encoding(cast.legal, row, WHY)


def _text_recorded(cast: Cast) -> Act:
    captured = Captured("https://example.org/terms", date(2026, 11, 2), "v3")
    return lambda: record_text(cast.admin, license_row(), b"You may use it on Tuesdays.", captured)


def _edition_taken_in(cast: Cast) -> Act:
    edition = load_catalogue(settings.CATALOGUE_DIR)
    edition = replace(edition, claims=edition.claims[1:])
    return lambda: sync_catalogue(edition)


def _reading_shipped(cast: Cast) -> Act:
    shipped = _shipped()
    newer = replace(shipped.encodings[0], revision=99)
    return lambda: sync_readings(Shipped((), (newer,)))


def _text_shipped(cast: Cast) -> Act:
    entry, content = _shipped().texts[0]
    return lambda: sync_readings(Shipped(((replace(entry, source="https://example.org/mirror"), content),), ()))


def _shipped() -> Shipped:
    return read_shipped(settings.CATALOGUE_DIR, load_catalogue(settings.CATALOGUE_DIR))


def _resolution_recorded(cast: Cast) -> Act:
    return lambda: record_resolution(cast.admin, model("isnet-general-use"), license_row("Apache-2.0"), WHY, (PAPER,))


def _resolution_approved(cast: Cast) -> Act:
    row = make_resolution(cast, "isnet-general-use", "Apache-2.0", approved=False)
    return lambda: approve_resolution(cast.legal, row)


def _claim_contradicted(cast: Cast) -> Act:
    return lambda: contradict(cast.admin, claim(), WHY, "Letter of 3 November", (PAPER,))


def _claim_reviewed(cast: Cast) -> Act:
    return lambda: review_claim(cast.legal, claim(), "accepted", WHY, date(2099, 1, 1), (PAPER,))


LICENSES: dict[tuple[str, str], Prepare] = {
    ("reading", "drafted"): _reading_drafted,
    ("reading", "approved"): _reading_approved,
    ("reading", "retired"): _reading_retired,
    ("reading", "text-recorded"): _text_recorded,
    ("reading", "edition-taken-in"): _edition_taken_in,
    ("reading", "shipped"): _reading_shipped,
    ("reading", "text-shipped"): _text_shipped,
    ("resolution", "recorded"): _resolution_recorded,
    ("resolution", "approved"): _resolution_approved,
    ("claim", "contradicted"): _claim_contradicted,
    ("claim", "reviewed"): _claim_reviewed,
}
