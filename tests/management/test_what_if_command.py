"""What if, from a shell: the verdicts in words, and what does not exist refused."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job

pytestmark = pytest.mark.django_db


def asked(*words: str) -> str:
    out = StringIO()
    call_command("what_if", *words, stdout=out)
    return out.getvalue()


def test_it_says_in_words_what_would_change(cast: Cast) -> None:
    make_entitlement(cast)
    acquire_weights("rmbg-2.0")
    job = make_job(cast, slug="rmbg-2.0")
    said = asked("entitlement", "ENT-0001")
    assert said.startswith("1 decision judged again: 1 would change, in 1 job with 0 outputs; 0 releases")
    assert f"(job {job.pk}): Allowed, would be not allowed. ENT-0001 is not in force." in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("entitlement", "ENT-9999"), "There is no entitlement 'ENT-9999'."),
        (("claim", "nosuch"), "No claim is on record about a model 'nosuch'."),
        (("policy", "99"), "There is no policy revision 99."),
    ],
)
def test_it_refuses_to_suppose_anything_of_what_does_not_exist(
    cast: Cast, words: tuple[str, str], message: str
) -> None:
    with pytest.raises(CommandError) as caught:
        asked(*words)
    assert str(caught.value) == message
