"""A catalogue with one slip is refused as a whole, and the message names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.errors import GovernanceError
from governance.licensing.catalogue import CatalogueError, load_catalogue
from tests.licensing.catalogue_factory import BODY, DIGEST, HEAD, changed, written


def refusal(directory: Path, body: str = BODY, head: str = HEAD) -> str:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(written(directory, body, head))
    assert caught.value.code == "catalogue.invalid"
    assert caught.value.how_to_fix
    return caught.value.message


def test_it_reads_the_small_catalogue(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path))
    assert catalogue.model("cutter-1").title == "Cutter 1"
    assert catalogue.as_of.isoformat() == "2026-11-22"


def test_it_ignores_folders_and_other_files_beside_it(tmp_path: Path) -> None:
    before = load_catalogue(written(tmp_path)).digest
    (tmp_path / "encodings").mkdir()
    (tmp_path / "encodings" / "MIT.toml").write_text('unheard = "of"', encoding="utf-8")
    (tmp_path / "README.md").write_text("not TOML", encoding="utf-8")
    assert load_catalogue(tmp_path).digest == before


def test_it_gives_the_same_digest_whatever_the_order_and_the_comments(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    tables = ["[[" + part for part in BODY.split("\n[[")[1:]]
    upside_down = "# a comment\n\n" + "\n\n".join(reversed(tables))
    upright = load_catalogue(written(first))
    assert load_catalogue(written(second, upside_down.replace("[[[[", "[["))).digest == upright.digest


def test_it_gives_another_digest_when_a_fact_changes(tmp_path: Path) -> None:
    before = load_catalogue(written(tmp_path)).digest
    after = load_catalogue(written(tmp_path, changed("12 images", "13 images"))).digest
    assert after != before


def test_refuses_with_an_error_of_the_one_tree() -> None:
    assert issubclass(CatalogueError, GovernanceError)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            'name = "A maker"',
            'name = "A maker"\nnickname = "M"',
            "body.toml, party maker, key 'nickname': got 'nickname', expected one of the keys homepage,",
            id="unknown key",
        ),
        pytest.param(
            'title = "A model card"\n',
            "",
            "source card, key 'title': got 'nothing', expected a value: the key is required",
            id="missing key",
        ),
        pytest.param(
            'title = "Cutter"',
            'title = " "',
            "family cutter, key 'title': got ' ', expected text",
            id="blank",
        ),
        pytest.param("size = 1000", "size = 1000.0", "key 'size': got 1000.0, expected a whole number", id="float"),
        pytest.param("size = 1000", "size = 0", "got 0, expected a whole number above zero", id="no size"),
        pytest.param("size = 1000", "size = true", "got True, expected a whole number", id="boolean size"),
        pytest.param("runnable_here = true", 'runnable_here = "yes"', "got 'yes', expected true or false", id="flag"),
        pytest.param(
            "dated = 2026-01-02",
            'dated = "2026-01-02"',
            "expected a date written YYYY-MM-DD",
            id="quoted date",
        ),
        pytest.param(
            "dated = 2026-01-02",
            "dated = 2026-01-02T00:00:00Z",
            "expected a date written",
            id="date with time",
        ),
        pytest.param(
            "dated = 2026-01-02",
            "dated = 2026-11-23",
            "source card, key 'dated': got '2026-11-23', expected a date not after 2026-11-22",
            id="date of tomorrow",
        ),
        pytest.param(
            'rank = "model_card"',
            'rank = "hearsay"',
            "declaration cutter-card, key 'rank': got 'hearsay', expected one of license_file, model_card,",
            id="unknown word",
        ),
        pytest.param('url = "https://example.com/card"', 'url = "ftp://example.com"', "an https address", id="address"),
        pytest.param('slug = "maker"', 'slug = "the maker"', "expected a slug", id="slug"),
        pytest.param('sources = ["card"]', "sources = []", "a list with at least one source", id="no source"),
        pytest.param('sources = ["card"]', 'sources = ["card", "card"]', "every source only once", id="source twice"),
        pytest.param(
            'sources = ["card"]',
            'sources = ["rumour"]',
            "key 'sources': got 'rumour', expected the name of an entry of [[source]]",
            id="unknown source",
        ),
        pytest.param(
            'license = "MIT"',
            'license = "MTI"',
            "got 'MTI', expected the name of an entry of [[license]]",
            id="unknown licence",
        ),
        pytest.param(
            f'yields = "{DIGEST}"',
            f'yields = "{"cd" * 32}"',
            "the name of an entry of [[weights]]",
            id="unknown weights",
        ),
        pytest.param("[[party]]", "[[parties]]", "got 'parties', expected one of the tables", id="unknown table"),
        pytest.param("[[party]]", "[party]", "a list of tables [[party]]", id="single table"),
        pytest.param("hosting = []", "hosting = [3]", "key 'hosting[0]': got 3, expected a table", id="nested table"),
        pytest.param("[[party]]", "[[party]", "body.toml, file: got", id="not TOML"),
    ],
)
def test_refuses_a_slip_and_names_the_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in refusal(tmp_path, changed(old, new))


@pytest.mark.parametrize("digest", ["AB" * 32, "ab" * 31, "g" * 64, ""])
def test_refuses_a_malformed_digest(tmp_path: Path, digest: str) -> None:
    body = changed(f'sha256 = "{DIGEST}"', f'sha256 = "{digest}"')
    assert "expected a SHA-256: 64 lower-case hexadecimal digits" in refusal(tmp_path, body)


def test_refuses_the_same_slug_twice_even_in_two_files(tmp_path: Path) -> None:
    written(tmp_path)
    party = '[[party]]\nslug = "maker"\nname = "Another"\nkind = "vendor"\nsources = ["card"]\n'
    (tmp_path / "more.toml").write_text(party, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"more\.toml, party maker, key 'slug': .* every party only once"):
        load_catalogue(tmp_path)


def test_refuses_a_directory_without_head(tmp_path: Path) -> None:
    (tmp_path / "body.toml").write_text(BODY, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"expected a file catalogue\.toml among the files"):
        load_catalogue(tmp_path)


def test_refuses_another_format(tmp_path: Path) -> None:
    assert "got 2, expected format 1" in refusal(tmp_path, head="format = 2\nas_of = 2026-11-22\n")


def test_refuses_a_head_without_date(tmp_path: Path) -> None:
    assert "catalogue.toml, head, key 'as_of': got None" in refusal(tmp_path, head="format = 1\n")


def test_refuses_a_model_without_a_reading_of_its_weights_licence(tmp_path: Path) -> None:
    body = BODY[: BODY.index("[[resolution]]")] + BODY[BODY.index("[[claim]]") :]
    assert "model cutter-1, key 'resolution': got 'none for its weights', expected one" in refusal(tmp_path, body)


def test_refuses_two_readings_of_one_licence(tmp_path: Path) -> None:
    start, end = BODY.index("[[resolution]]"), BODY.index("[[claim]]")
    again = BODY[start:end].replace("cutter-weights", "cutter-weights-again")
    assert "got '2 for its weights', expected one" in refusal(tmp_path, BODY + again)


@pytest.mark.parametrize("status", ["open", "set_aside", "superseded"])
def test_refuses_a_reading_that_rests_on_what_was_not_accepted(tmp_path: Path, status: str) -> None:
    message = refusal(tmp_path, changed('status = "accepted"', f'status = "{status}"'))
    assert "got 'cutter-card', expected accepted declarations only" in message


def test_refuses_a_settled_reading_that_rests_on_nothing(tmp_path: Path) -> None:
    assert "declarations, or none if unresolved" in refusal(tmp_path, changed('rests_on = ["cutter-card"]\n', ""))


def test_refuses_an_unresolved_reading_that_rests_on_something(tmp_path: Path) -> None:
    body = changed('status = "settled"', 'status = "unresolved"')
    assert "declarations, or none if unresolved" in refusal(tmp_path, body)


def test_refuses_a_reading_that_rests_on_another_subject(tmp_path: Path) -> None:
    body = changed('subject = "weights"', 'subject = "code"')
    assert "got 'cutter-card', expected declarations about the weights" in refusal(tmp_path, body)


def test_refuses_a_contradiction_without_evidence_against(tmp_path: Path) -> None:
    message = refusal(tmp_path, changed('status = "open"', 'status = "contradicted"'))
    assert "claim cutter-count, key 'counter': got 'nothing', expected the evidence" in message


def test_refuses_weights_derived_from_themselves(tmp_path: Path) -> None:
    derived = (
        f'size = 1000\nderived_from = {{ kind = "convert", parent = "{DIGEST}", note = "a circle", '
        'mark = "verified", sources = ["card"] }'
    )
    assert "no file among its own ancestors" in refusal(tmp_path, changed("size = 1000", derived))


def test_refuses_a_wheel_that_is_not_pinned(tmp_path: Path) -> None:
    body = changed('kind = "user_file"', 'kind = "python_wheel"')
    message = refusal(tmp_path, body)
    assert "acquisition cutter-file, key 'package': got 'nothing', expected a value: a package is pinned" in message


def test_refuses_a_package_for_a_file_the_user_brings(tmp_path: Path) -> None:
    body = changed('kind = "user_file"', 'kind = "user_file"\npackage = "some-wheel"')
    assert "got 'some-wheel', expected nothing for kind user_file" in refusal(tmp_path, body)


def test_refuses_to_look_up_a_model_it_does_not_hold(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path))
    with pytest.raises(CatalogueError, match="The catalogue has no model 'cutter-9'"):
        catalogue.model("cutter-9")
