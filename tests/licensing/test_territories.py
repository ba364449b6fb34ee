"""Territory codes: ISO 3166-1, and refused by name otherwise."""

from __future__ import annotations

import pytest

from governance.errors import RequestError
from governance.licensing.territories import territories


def test_they_are_sorted_and_stand_once() -> None:
    assert territories(["de", " CH", "AT", "DE", ""]) == ("AT", "CH", "DE")


def test_the_world_contains_every_country() -> None:
    assert territories(["DE", "world"]) == ("WORLD",)


@pytest.mark.parametrize(("codes", "named"), [(["UK"], "UK"), (["EU", "DE"], "EU"), (["DE", "ZZ", "XX"], "XX, ZZ")])
def test_refuses_an_unknown_code_and_says_what_to_write(codes: list[str], named: str) -> None:
    with pytest.raises(RequestError, match=f"Unknown territory: {named}; expected ISO 3166-1 codes") as refused:
        territories(codes)
    assert refused.value.code == "territory.unknown"
    assert "The United Kingdom is GB" in refused.value.how_to_fix


@pytest.mark.parametrize("codes", [[], [" "]])
def test_refuses_no_territory_at_all(codes: list[str]) -> None:
    with pytest.raises(RequestError, match="No territory given") as refused:
        territories(codes)
    assert refused.value.code == "territory.none"
