"""Bytes by digest: kept whole or not at all, and hashed again on the way out."""

from __future__ import annotations

import hashlib
import os
import resource
import tracemalloc
from pathlib import Path

import pytest
from pytest_django import Settings

from governance.adapters import blobs
from governance.errors import PlatformError

DATA = b"the bytes of a picture"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "a store"
    settings.STORAGE_URL = folder.as_uri()
    return folder


def files(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


def test_what_was_put_comes_out_under_its_digest(store: Path) -> None:
    assert blobs.put(DATA) == SHA256
    assert blobs.get(SHA256) == DATA
    assert files(store) == [store / "sha256" / SHA256[:2] / SHA256[2:4] / SHA256]


def test_the_same_bytes_twice_are_one_file(store: Path) -> None:
    blobs.put(DATA)
    (before,) = files(store)
    changed_at = before.stat().st_mtime_ns
    assert blobs.put(DATA) == SHA256
    assert files(store) == [before]
    assert before.stat().st_mtime_ns == changed_at


def test_empty_bytes_are_bytes_too() -> None:
    assert blobs.get(blobs.put(b"")) == b""


def test_a_missing_file_is_said_with_its_digest() -> None:
    with pytest.raises(PlatformError, match=f"No stored file has SHA-256 {SHA256}") as caught:
        blobs.get(SHA256)
    assert (caught.value.code, caught.value.permanent) == ("blob.missing", True)
    assert "CLEARCUT_STORAGE_URL" in caught.value.how_to_fix


@pytest.mark.parametrize("spoiled", [b"", DATA[:-1], DATA + b"\0", DATA.swapcase()])
def test_other_bytes_never_come_out(store: Path, spoiled: bytes) -> None:
    blobs.put(DATA)
    files(store)[0].write_bytes(spoiled)
    with pytest.raises(blobs.BlobDamaged, match=f"of SHA-256 {SHA256} now has SHA-256") as caught:
        blobs.get(SHA256)
    assert (caught.value.code, caught.value.permanent) == ("blob.damaged", True)
    assert hashlib.sha256(spoiled).hexdigest() in caught.value.message


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "\n", "/" + SHA256[1:]])
def test_what_is_no_digest_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="Not a SHA-256 in lower-case hex"):
        blobs.get(name)


def test_a_write_that_fails_leaves_nothing_behind(store: Path) -> None:
    """As on a full disk: the kernel refuses the second half of the file."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            blobs.put(bytes(8192))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(store) == []


def test_a_store_that_is_no_folder_is_refused_with_advice(settings: Settings) -> None:
    settings.STORAGE_URL = "s3://bucket/folder"
    with pytest.raises(PlatformError, match="has scheme 's3'; expected file") as caught:
        blobs.put(DATA)
    assert (caught.value.code, caught.value.permanent) == ("blob.scheme", True)
    assert "file:///folder" in caught.value.how_to_fix


def big(pieces: int) -> bytes:
    return b"".join(bytes([65 + place]) * blobs.CHUNK for place in range(pieces)) + b"rest"


def test_a_checked_file_comes_in_pieces_that_are_the_whole_file() -> None:
    data = big(2)
    file = blobs.open_checked(blobs.put(data))
    pieces = list(file.pieces())
    file.close()
    assert b"".join(pieces) == data
    assert ([len(piece) for piece in pieces], file.size) == ([blobs.CHUNK, blobs.CHUNK, 4], len(data))


def test_a_checked_file_may_be_empty() -> None:
    file = blobs.open_checked(blobs.put(b""))
    assert (list(file.pieces()), file.size) == ([], 0)
    file.close()


@pytest.mark.parametrize("spoiled", [b"", DATA[:-1], DATA + b"\0", DATA.swapcase()])
def test_a_spoiled_file_is_not_even_opened(store: Path, spoiled: bytes) -> None:
    blobs.put(DATA)
    files(store)[0].write_bytes(spoiled)
    with pytest.raises(blobs.BlobDamaged, match=f"of SHA-256 {SHA256} now has SHA-256"):
        blobs.open_checked(SHA256)
    with pytest.raises(blobs.BlobDamaged, match=f"of SHA-256 {SHA256} now has SHA-256"):
        blobs.check(SHA256)


def test_a_missing_file_is_not_opened() -> None:
    with pytest.raises(PlatformError, match=f"No stored file has SHA-256 {SHA256}") as caught:
        blobs.open_checked(SHA256)
    assert caught.value.code in blobs.NOT_AS_STORED


def test_another_file_put_in_its_place_after_the_check_is_never_read(store: Path) -> None:
    """Attack 40 between check and reading: the name leads elsewhere, the descriptor does not."""
    file = blobs.open_checked(blobs.put(DATA))
    (path,) = files(store)
    path.unlink()
    path.write_bytes(b"another picture")
    assert b"".join(file.pieces()) == DATA
    file.close()


@pytest.mark.parametrize("change", [b"X", b"X" * (3 * blobs.CHUNK)], ids=["a byte", "more than it held"])
def test_a_file_changed_while_it_leaves_never_leaves_whole(store: Path, change: bytes) -> None:
    data = big(2)
    file = blobs.open_checked(blobs.put(data))
    left = file.pieces()
    sent = [next(left)]
    with files(store)[0].open("r+b") as spoiled:
        spoiled.seek(2 * blobs.CHUNK + 1)
        spoiled.write(change)
    with pytest.raises(blobs.BlobDamaged, match="now has SHA-256"):
        sent.extend(left)
    file.close()
    assert sum(map(len, sent)) < len(data)


def test_a_file_cut_short_while_it_leaves_never_leaves_whole(store: Path) -> None:
    file = blobs.open_checked(blobs.put(DATA))
    os.truncate(files(store)[0], 4)
    with pytest.raises(blobs.BlobDamaged, match="now has SHA-256"):
        list(file.pieces())
    file.close()


def test_a_file_is_checked_and_read_in_little_memory() -> None:
    sha256 = blobs.put(bytes(48 * blobs.CHUNK))
    tracemalloc.start()
    file = blobs.open_checked(sha256)
    for _ in file.pieces():
        pass
    file.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * blobs.CHUNK
