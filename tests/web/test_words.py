"""How values are shown."""

from __future__ import annotations

import pytest

from governance.models import Status
from governance.reports.jobs import PARTLY
from governance.web.templatetags.clearcut import file_size, places, short_digest, state, verdict_label


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (999_600, "1.0 MB"), (41_230_000, "41.2 MB"),
     (104_857_600, "105 MB")],
)  # fmt: skip
def test_it_shows_a_size_in_three_figures(size: int, shown: str) -> None:
    assert file_size(size) == shown


@pytest.mark.parametrize(
    ("outcome", "duties", "shown"),
    [
        ("permit", 0, "Allowed"),
        ("duties", 1, "Allowed, 1 duty"),
        ("duties", 2, "Allowed, 2 duties"),
        ("duties", None, "Allowed with duties"),
        ("review", None, "Needs review"),
        ("deny", 3, "Not allowed"),
    ],
)
def test_it_names_a_verdict(outcome: str, duties: int | None, shown: str) -> None:
    assert verdict_label(outcome, duties) == shown


def test_it_shortens_a_digest_in_the_middle() -> None:
    assert short_digest("566ed80c" + "0" * 52 + "c3a7") == "566ed80c…c3a7"


def test_it_says_worldwide_in_words() -> None:
    assert (places(["WORLD"]), places(["AT", "DE"])) == ("Worldwide", "AT, DE")


def test_it_has_a_chip_for_every_state() -> None:
    assert all(state(key)["label"] and state(key)["tone"] for key in (*Status.values, PARTLY))
