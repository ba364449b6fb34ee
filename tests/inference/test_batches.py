from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import pipeline
from inference.batches import Outcome, run_many
from inference.errors import InferenceError, ModelUnknown, UnreadablePicture, WeightsMissing
from inference.types import CutoutRequest, CutoutResult
from tests.inference.making import PHOTO_NAMES, U2NETP_SHA256, make_picture, photo, saved


def request_for(picture: bytes, *, sha256: str = U2NETP_SHA256, model: str = "u2netp") -> CutoutRequest:
    return CutoutRequest(model=model, weights_sha256=sha256, picture=picture)


def small(number: int) -> bytes:
    return saved(make_picture(40 + number, 30))


def kinds(outcomes: list[Outcome]) -> list[type]:
    return [type(each) for each in outcomes]


def widths(outcomes: list[Outcome]) -> list[int]:
    return [each.width for each in outcomes if isinstance(each, CutoutResult)]


def test_it_makes_the_same_bytes_as_one_by_one(u2netp_store: Path) -> None:
    requests = [request_for(photo(name)) for name in PHOTO_NAMES]

    together = list(run_many(requests, u2netp_store))

    for request, outcome in zip(requests, together, strict=True):
        alone = pipeline.run(request, u2netp_store)
        assert isinstance(outcome, CutoutResult)
        assert outcome.png == alone.png
        assert (outcome.run.foreground, outcome.run.precision) == (alone.run.foreground, alone.run.precision)


def test_it_keeps_the_order(u2netp_store: Path) -> None:
    outcomes = list(run_many((request_for(small(number)) for number in range(9)), u2netp_store))

    assert widths(outcomes) == [40 + number for number in range(9)]


def test_one_failing_picture_does_not_harm_the_others(u2netp_store: Path) -> None:
    requests = [
        request_for(small(0)),
        request_for(b"just a text"),
        request_for(small(1), sha256="0" * 64),
        request_for(small(2), model="nothing"),
        request_for(b""),
        request_for(small(3)),
    ]

    outcomes = list(run_many(requests, u2netp_store))

    assert kinds(outcomes) == [
        CutoutResult,
        UnreadablePicture,
        WeightsMissing,
        ModelUnknown,
        UnreadablePicture,
        CutoutResult,
    ]
    assert widths(outcomes) == [40, 43]


def test_it_gives_the_errors_of_one_by_one(tmp_path: Path) -> None:
    request = request_for(small(0), sha256="0" * 64)
    with pytest.raises(InferenceError) as alone:
        pipeline.run(request, tmp_path)

    (outcome,) = run_many([request], tmp_path)

    assert str(outcome) == str(alone.value)


def test_it_yields_errors_nobody_foresaw(u2netp_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> CutoutResult:
        raise MemoryError("no memory for this picture")

    monkeypatch.setattr(pipeline, "finish", fail)

    (outcome,) = run_many([request_for(small(0))], u2netp_store)

    assert isinstance(outcome, MemoryError)


def read_ahead(store: Path, **options: int) -> list[int]:
    """How many requests had been read when each outcome was handed out."""
    read = 0

    def requests() -> Iterator[CutoutRequest]:
        nonlocal read
        for number in range(12):
            read += 1
            yield request_for(small(number))

    return [read for _ in run_many(requests(), store, **options)]


def test_it_reads_a_few_requests_ahead_and_no_more(u2netp_store: Path) -> None:
    seen = read_ahead(u2netp_store)

    assert 2 <= seen[0] < 12
    assert seen[-1] == 12


def test_it_bounds_the_pixels_begun(u2netp_store: Path) -> None:
    seen = read_ahead(u2netp_store, ahead_pixels=1)  # each picture alone is more: one is begun, one more read

    assert seen == [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]


def test_it_hands_out_what_was_made_before_the_requests_broke_off(u2netp_store: Path) -> None:
    def requests() -> Iterator[CutoutRequest]:
        yield request_for(small(0))
        yield request_for(small(1))
        raise ConnectionError("the database went away")

    outcomes: list[Outcome] = []
    with pytest.raises(ConnectionError, match="the database went away"):
        outcomes.extend(run_many(requests(), u2netp_store))

    assert widths(outcomes) == [40, 41]


def test_it_can_be_left_early(u2netp_store: Path) -> None:
    outcomes = run_many((request_for(small(number)) for number in range(50)), u2netp_store)

    first = next(outcomes)
    outcomes.close()

    assert isinstance(first, CutoutResult)
    assert list(outcomes) == []


def test_it_does_nothing_for_no_requests(tmp_path: Path) -> None:
    assert list(run_many([], tmp_path)) == []
