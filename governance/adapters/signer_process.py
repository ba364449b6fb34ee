"""The signer: a program that holds the log's key and signs checkpoints of that one log, and nothing else.

Run as ``python -m governance.adapters.signer_process``, under a user of its own where there can be one. It reads no
Django settings and needs neither database nor secret key.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from governance.adapters import key_schemes
from governance.adapters.signer import RemoteSigner, Signer
from governance.adapters.signer_memory import has_memory
from governance.adapters.signer_places import SignerPlaces, open_socket_folder, signer_places
from governance.adapters.signer_socket import asked_to_end, group_id, listening, serve
from governance.errors import GovernanceError, PlatformError
from governance.ledger.keys import LogKey, create_log_key

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sign until SIGTERM; returns the exit status."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=os.environ.get("CLEARCUT_LOG_LEVEL", "INFO"))
    try:
        places, make_key, check = _options(arguments)
        if check:
            RemoteSigner(places.socket).last()
        else:
            _run(places, make_key=make_key)
    except GovernanceError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _run(places: SignerPlaces, *, make_key: bool) -> None:
    group = group_id(places.group)
    with _alone(places.folder):
        signer = Signer(places.folder, places.origin, _key(places, make_key=make_key))
        last = signer.last()  # a damaged memory is refused now, not at the first request
        with asked_to_end() as end, listening(open_socket_folder(places.socket), group) as listener:
            known = "nothing signed yet" if last is None else f"signed up to {last.size} entries"
            logger.info("signs as %s; %s; at %s", signer.verifier_key().text, known, places.socket)
            serve(listener, end, signer, group)


def _key(places: SignerPlaces, *, make_key: bool) -> LogKey:
    path = key_schemes.missing_file(places.log_key)
    # Where there is a memory the key was lost, and another in its place would only be refused.
    if make_key and path is not None and not has_memory(places.folder):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_log_key(path)
    return key_schemes.log_key(places.log_key)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process per memory, for as long as it lives; the kernel lets go of the lock however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "process.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise PlatformError(
            f"The signer's folder {folder} cannot be used: {problem.strerror}.",
            how_to_fix="It must belong to the signer's user (CLEARCUT_SIGNER_DIR).",
            code="signer.folder",
            permanent=True,
        ) from problem
    with open(descriptor, "r+", encoding="ascii") as file:
        _check_folder(folder)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise PlatformError(
                f"A signer already uses {folder} (process {file.read().strip() or 'unknown'}).",
                how_to_fix="Use that one, or stop it first.",
                code="signer.taken",
            ) from problem
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _check_folder(folder: Path) -> None:
    """Whoever may write there can put an older memory back."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PlatformError(
            f"Others may write to the signer's folder {folder}: its permissions are {mode:04o}; expected 0700.",
            how_to_fix=f"Run: chmod 700 {folder}; if others may have changed it, compare its note with published ones.",
            code="signer.folder",
            permanent=True,
        )


def _options(arguments: Sequence[str] | None) -> tuple[SignerPlaces, bool, bool]:
    places = signer_places(os.environ)
    parser = ArgumentParser(prog="python -m governance.adapters.signer_process", description=__doc__)
    parser.add_argument("--folder", type=Path, default=places.folder, help="its memory (CLEARCUT_SIGNER_DIR)")
    parser.add_argument("--origin", default=places.origin, help="the log's name (CLEARCUT_LOG_ORIGIN)")
    parser.add_argument("--log-key", default=places.log_key, help="file:PATH of the key (CLEARCUT_LOG_KEY)")
    parser.add_argument("--socket", type=Path, default=places.socket, help="CLEARCUT_SIGNER_SOCKET")
    parser.add_argument("--group", default=places.group, help="who may ask besides its user (CLEARCUT_SIGNER_GROUP)")
    parser.add_argument("--make-key", action="store_true", help="make the key if there is none and nothing was signed")
    parser.add_argument("--check", action="store_true", help="only ask the signer that runs whether it is well")
    given = vars(parser.parse_args(arguments))
    make_key, check = given.pop("make_key"), given.pop("check")
    return replace(places, **given), make_key, check


if __name__ == "__main__":
    sys.exit(main())
