from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from inference.errors import WeightsMismatch, WeightsMissing
from inference.weights import load_verified, locate

DIGEST = hashlib.sha256(b"weights").hexdigest()


def make_store(folder: Path, content: bytes) -> Path:
    (folder / f"{DIGEST}.safetensors").write_bytes(content)
    return folder


def test_it_returns_the_bytes_it_verified(tmp_path: Path) -> None:
    verified = load_verified(locate(make_store(tmp_path, b"weights"), DIGEST), DIGEST)

    assert (verified.sha256, verified.data) == (DIGEST, b"weights")


def test_refuses_bytes_that_are_not_the_ones_named(tmp_path: Path) -> None:
    path = locate(make_store(tmp_path, b"weightz"), DIGEST)

    with pytest.raises(WeightsMismatch) as caught:
        load_verified(path, DIGEST)

    found = hashlib.sha256(b"weightz").hexdigest()
    assert (caught.value.expected, caught.value.found, caught.value.permanent) == (DIGEST, found, True)
    assert f"should have SHA-256 {DIGEST} but its bytes have {found}" in str(caught.value)


def test_refuses_weights_that_are_not_in_the_store(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="manage.py weights pull") as caught:
        locate(tmp_path, DIGEST)

    assert caught.value.permanent is False


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", DIGEST.upper(), DIGEST[:-1], DIGEST + "\n"])
def test_refuses_digests_that_are_none(tmp_path: Path, digest: str) -> None:
    with pytest.raises(WeightsMissing, match="is not a SHA-256 digest"):
        locate(tmp_path, digest)


def test_refuses_weights_that_went_away(tmp_path: Path) -> None:
    path = locate(make_store(tmp_path, b"weights"), DIGEST)
    path.unlink()

    with pytest.raises(WeightsMissing, match="not in the local store any more"):
        load_verified(path, DIGEST)
