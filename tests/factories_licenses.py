"""Plain functions that make readings, resolutions, reviews and permissions through the real services."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import User

from governance.licensing.encodings_toml import as_toml
from governance.models import (
    Asset,
    ClaimContradiction,
    DeclarationResolution,
    InputPermission,
    License,
    LicenseEncoding,
    LineageClaim,
)
from governance.rights.readings import encoding
from governance.services.claims import contradict
from governance.services.encodings import GIVEN, approve_encoding, draft_encoding
from governance.services.permissions import Permitted, record_permission, verify_permission
from governance.services.resolutions import approve_resolution, record_resolution
from tests.conftest import Cast
from tests.factories import model

PAPER = b"A letter, signed."


def license_row(slug: str = "MIT") -> License:
    return License.objects.get(slug=slug)


def reading_text(slug: str = "MIT", *, old: str = "", new: str = "") -> str:
    """The reading that counts now as TOML, with one piece of it replaced."""
    text = as_toml(encoding(slug), without=GIVEN)
    assert old in text
    return text.replace(old, new) if old else text


def make_encoding(
    cast: Cast, slug: str = "MIT", *, toml: str | None = None, approved: bool = True, actor: User | None = None
) -> LicenseEncoding:
    """A reading of our own, drafted by the admin; the same as the one that counts unless ``toml`` says otherwise."""
    row = draft_encoding(actor or cast.admin, license_row(slug), toml or reading_text(slug), "Read again by counsel.")
    if approved:
        approve_encoding(cast.legal, row)
    return row


def make_resolution(
    cast: Cast, slug: str, license: str, *, approved: bool = True, actor: User | None = None
) -> DeclarationResolution:
    """Which licence of a model's weights holds, with a letter as its paper."""
    reason = "The rights holder confirmed it in writing."
    row = record_resolution(actor or cast.admin, model(slug), license_row(license), reason, (PAPER,))
    if approved:
        approve_resolution(cast.legal, row)
    return row


def claim(slug: str = "u2netp") -> LineageClaim:
    """A claim about a model's training data that the catalogue knows nothing against."""
    return LineageClaim.objects.filter(model=slug, weighs=False).order_by("slug")[0]


def make_contradiction(cast: Cast, of: LineageClaim | None = None) -> ClaimContradiction:
    return contradict(cast.admin, of or claim(), "The list of sources names none of them.", "Letter of 3 November")


def make_permission(
    cast: Cast, asset: Asset, *, property: str = "", verified: bool = True, until: date | None = None
) -> InputPermission:
    """The owner's letter, recorded by the requester."""
    said = Permitted("Harbour Coffee", "You may cut it out.", property, until)
    row = record_permission(cast.owner, asset, said, (PAPER,))
    if verified:
        verify_permission(cast.legal, row)
    return row
