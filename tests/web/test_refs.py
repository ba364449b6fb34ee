"""References in a text become links, and nothing else becomes markup."""

from __future__ import annotations

import pytest
from django.urls import reverse

from governance.web.templatetags.clearcut import linked_refs


@pytest.mark.parametrize(("ref", "name"), [("WVR-0012", "waiver"), ("HLD-0001", "hold"), ("REV-12345", "review")])
def test_a_reference_leads_to_its_page(ref: str, name: str) -> None:
    assert linked_refs(f"See {ref}.") == f'See <a href="{reverse(name, args=[ref])}">{ref}</a>.'


@pytest.mark.parametrize("text", ["ENT-0001", "WVR-1", "XWVR-0001", "wvr-0001", ""])
def test_other_words_stay_words(text: str) -> None:
    assert linked_refs(text) == text


def test_markup_in_the_text_is_shown_not_rendered() -> None:
    html = linked_refs('<b onclick="x">WVR-0001</b>')
    assert "<b" not in html
    assert "&lt;b onclick=&quot;x&quot;&gt;" in html
