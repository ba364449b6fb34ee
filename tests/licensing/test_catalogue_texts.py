"""The licence texts shipped: byte for byte as listed, and the readings quote them word for word."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from governance.licensing.catalogue import Catalogue, CatalogueError, load_catalogue
from governance.licensing.catalogue_texts import text_bytes
from governance.licensing.encodings import EncodingRefused, parse_encodings
from governance.licensing.terms import Encoding
from governance.licensing.verbatim import Passage, check_readings, missing_quotes, passage_of
from tests.licensing.catalogue_factory import BODY, written

DIRECTORY = Path(__file__).parents[2] / "governance" / "catalogue"
TEXT = "You may.\n"
LISTED = f"""
[[license_text]]
slug = "mit-text"
license = "MIT"
file = "MIT.txt"
sha256 = "{sha256(TEXT.encode()).hexdigest()}"
size = {len(TEXT)}
language = "en"
source = "a package, LICENSE"
revision = "1.0"
captured_on = 2026-11-22
permission = "Its own words."
mark = "computed"
sources = ["card"]
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(DIRECTORY)


@pytest.fixture(scope="module")
def encodings() -> dict[str, Encoding]:
    return parse_encodings({path.name: path.read_bytes() for path in (DIRECTORY / "encodings").glob("*.toml")})


def shipping(directory: Path, text: str = TEXT, listed: str = LISTED) -> Path:
    """A catalogue with one licence text."""
    (directory / "texts").mkdir()
    (directory / "texts" / "MIT.txt").write_text(text, encoding="utf-8")
    return written(directory, BODY + listed)


def refusal(directory: Path) -> str:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(directory)
    return caught.value.message


def test_it_ships_the_texts_that_may_be_passed_on(catalogue: Catalogue) -> None:
    assert [entry.license for entry in catalogue.license_texts] == [
        "AGPL-3.0-only", "Apache-2.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC0-1.0", "MIT",
    ]  # fmt: skip


def test_the_apache_text_is_the_foundations_own_file(catalogue: Catalogue) -> None:
    entry = catalogue.text_of("Apache-2.0")
    assert entry is not None
    # LICENSE-2.0.txt as the Apache Software Foundation publishes it.
    assert entry.sha256 == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_it_has_no_text_that_may_not_be_passed_on(catalogue: Catalogue) -> None:
    assert catalogue.text_of("LicenseRef-bria-rmbg-1.4") is None


def test_every_quotation_stands_in_the_text_that_was_read(catalogue: Catalogue, encodings: dict[str, Encoding]) -> None:
    texts = [(entry, text_bytes(DIRECTORY, entry)) for entry in catalogue.license_texts]
    check_readings(encodings.values(), texts)
    assert {entry.sha256 for entry, _ in texts} == {
        encoding.text_sha256 for encoding in encodings.values() if encoding.text_sha256
    }


def test_every_reading_is_of_a_licence_on_record(catalogue: Catalogue, encodings: dict[str, Encoding]) -> None:
    assert set(encodings) <= {license_.slug for license_ in catalogue.licenses}


def test_it_gives_the_bytes_of_a_listed_text(tmp_path: Path) -> None:
    catalogue = load_catalogue(shipping(tmp_path))
    assert text_bytes(tmp_path, catalogue.license_texts[0]) == TEXT.encode()


def test_refuses_a_text_that_was_touched(tmp_path: Path) -> None:
    message = refusal(shipping(tmp_path, text="You may not.\n"))
    assert message.startswith("texts/MIT.txt, license_text mit-text, key 'sha256': got")
    assert "the text is shipped as it was obtained" in message


def test_refuses_a_text_that_is_not_there(tmp_path: Path) -> None:
    shipping(tmp_path)
    (tmp_path / "texts" / "MIT.txt").unlink()
    assert "expected a readable file texts/MIT.txt" in refusal(tmp_path)


def test_refuses_a_text_nobody_listed(tmp_path: Path) -> None:
    shipping(tmp_path)
    (tmp_path / "texts" / "ISC.txt").write_text("You may too.", encoding="utf-8")
    assert "texts/ISC.txt, file: got 'ISC.txt', expected a file some [[license_text]] lists" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('file = "MIT.txt"', 'file = "../MIT.txt"', "the plain name of a .txt file"),
        ('file = "MIT.txt"', 'file = "ISC.txt"', "got 'ISC.txt', expected MIT.txt, the licence's own name"),
        ('license = "MIT"', 'license = "ISC"', "got 'ISC', expected the name of an entry of [[license]]"),
        ('language = "en"', 'language = "English"', "a language such as en or en-GB"),
        (f"size = {len(TEXT)}", "size = 8", "got 8, expected 9, the bytes there are"),
        ("captured_on = 2026-11-22", "captured_on = 2026-11-23", "a date not after 2026-11-22"),
        ('permission = "Its own words."', "", "key 'permission': got 'nothing'"),
    ],
)
def test_refuses_a_slip_in_the_list(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in LISTED
    assert expected in refusal(shipping(tmp_path, listed=LISTED.replace(old, new)))


def test_refuses_one_file_for_two_entries(tmp_path: Path) -> None:
    twice = LISTED + LISTED.replace("mit-text", "mit-text-again")
    assert "got 'MIT.txt', expected every file only once" in refusal(shipping(tmp_path, listed=twice))


def test_refuses_a_text_that_is_not_utf_8(tmp_path: Path) -> None:
    raw = b"\xff\xfe text"
    listed = LISTED.replace(sha256(TEXT.encode()).hexdigest(), sha256(raw).hexdigest())
    shipping(tmp_path, listed=listed.replace(f"size = {len(TEXT)}", f"size = {len(raw)}"))
    (tmp_path / "texts" / "MIT.txt").write_bytes(raw)
    assert "expected text in UTF-8" in refusal(tmp_path)


def test_layout_and_kinds_of_quotation_mark_do_not_count(encodings: dict[str, Encoding]) -> None:
    assert missing_quotes(encodings["MIT"], b"to deal in the\n  Software without restriction") == (
        "second paragraph: shall be included in all copies or substantial portions of the Software",
    )


def test_refuses_words_that_the_text_does_not_hold(catalogue: Catalogue, encodings: dict[str, Encoding]) -> None:
    reading = encodings["MIT"]
    loose = replace(reading.terms[0], quote="to deal in the Software as they please")
    texts = [(entry, text_bytes(DIRECTORY, entry)) for entry in catalogue.license_texts]
    with pytest.raises(EncodingRefused, match="'first paragraph: to deal in the Software as they please'"):
        check_readings([replace(reading, terms=(loose,))], texts)


@pytest.mark.parametrize("digest", ["0" * 64, "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"])
def test_refuses_a_reading_of_another_text(catalogue: Catalogue, encodings: dict[str, Encoding], digest: str) -> None:
    texts = [(entry, text_bytes(DIRECTORY, entry)) for entry in catalogue.license_texts]
    with pytest.raises(
        EncodingRefused, match="MIT: text_sha256: found .* expected the digest of a shipped text of MIT"
    ):
        check_readings([replace(encodings["MIT"], text_sha256=digest)], texts)


def test_a_passage_is_the_quotation_between_the_words_around_it() -> None:
    text = b"First comes this.\n  Then you   may not\nsell it. Last comes that."
    assert passage_of("may not sell", text, around=200) == Passage(
        "First comes this. Then you ", "may not sell", " it. Last comes that."
    )


def test_a_passage_is_cut_between_words() -> None:
    text = b"First comes this. Then you may not sell it. Last comes that."
    assert passage_of("may not sell", text, around=12) == Passage("… Then you ", "may not sell", " it. Last …")


def test_there_is_no_passage_where_the_text_does_not_say_it() -> None:
    assert passage_of("may sell", b"You may not sell it.") is None
    assert passage_of("", b"You may not sell it.") is None
