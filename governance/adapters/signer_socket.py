"""The signer's socket: who may use it, and one answer after another until a signal ends it."""

from __future__ import annotations

import grp
import logging
import os
import select
import signal
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from governance.adapters.signer import Signer
from governance.adapters.signer_wire import (
    SignerRefused,
    last_json,
    read_request,
    receive_line,
    refusal_json,
    send_line,
)
from governance.errors import PlatformError
from governance.provenance.canonical import JSON

REQUEST_SECONDS = 2.0
_BACKLOG = 16
_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid
_SO_PEERGROUPS = 59  # asm-generic/socket.h; not in Python's socket module
_GROUPS_BYTES = 1024  # as much as Python asks for
logger = logging.getLogger(__name__)


class SocketTaken(PlatformError):
    """The socket cannot be made where it should be."""

    code = "signer.socket"


def group_id(group: str) -> int | None:
    """The number of a group given by name or number; None for none. Raises SocketTaken."""
    if not group:
        return None
    if not hasattr(socket, "SO_PEERCRED"):
        raise SocketTaken("This system does not say who connects; expected no CLEARCUT_SIGNER_GROUP.", permanent=True)
    try:
        return int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError as problem:
        raise SocketTaken(
            f"There is no group {group!r}.",
            how_to_fix="Set CLEARCUT_SIGNER_GROUP to a group of this machine, or leave it empty.",
            permanent=True,
        ) from problem


@contextmanager
def listening(address: Path, group: int | None) -> Iterator[socket.socket]:
    """The socket at ``address``, for its owner alone or for ``group`` too; removed at the end.

    A socket left over by a process that was killed is replaced; one that somebody answers at, or anything else, is
    not. Raises SocketTaken.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            _clear(address)
            # From its first moment it is open to nobody else, hence not a chmod afterwards.
            before = os.umask(0o177)
            try:
                listener.bind(os.fspath(address))
            finally:
                os.umask(before)
            mine = address.stat()
            if group is not None:
                os.chown(address, -1, group)
                address.chmod(0o660)
            listener.listen(_BACKLOG)
        except OSError as problem:
            raise SocketTaken(
                f"Cannot listen at {address}: {problem.strerror or problem}.",
                how_to_fix="Set CLEARCUT_SIGNER_SOCKET to a path in a folder of the signer's user, 107 bytes at most; "
                "the user must be a member of CLEARCUT_SIGNER_GROUP.",
                permanent=True,
            ) from problem
        try:
            yield listener
        finally:
            with suppress(FileNotFoundError):
                if os.path.samestat(address.stat(), mine):
                    address.unlink()


def _clear(address: Path) -> None:
    try:
        found = address.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise SocketTaken(f"{address} exists and is no socket.", how_to_fix="Remove it, or choose another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(address))
        except ConnectionRefusedError:
            address.unlink()
            return
    raise SocketTaken(
        f"Another process answers at {address}.",
        how_to_fix="Use that one or stop it first; every log's signer needs its own CLEARCUT_SIGNER_SOCKET.",
    )


@contextmanager
def asked_to_end() -> Iterator[socket.socket]:
    """A socket that has something to read once SIGTERM or SIGINT came; neither interrupts anything by itself."""
    woken, wake = socket.socketpair()
    with woken, wake:
        wake.setblocking(False)
        before = signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(before)


def serve(listener: socket.socket, end: socket.socket, signer: Signer, group: int | None) -> None:
    """Answer one connection after another until ``end`` has something to read; what was begun is finished first."""
    while True:
        ready, _, _ = select.select([listener, end], [], [])
        if end in ready:
            return
        connection, _ = listener.accept()
        with connection:
            _answer(connection, signer, group)


def _answer(connection: socket.socket, signer: Signer, group: int | None) -> None:
    """One request and its answer. Whatever a peer does, the next one is heard."""
    connection.settimeout(REQUEST_SECONDS)
    try:
        try:
            _check_peer(connection, group)
            answer = _answer_to(receive_line(connection, REQUEST_SECONDS), signer)
        except SignerRefused as problem:
            logger.debug("refused: %s", problem)
            answer = refusal_json(problem)
        send_line(connection, answer)
    except OSError as problem:
        logger.info("a request came to nothing: %s", problem)


def _answer_to(content: JSON, signer: Signer) -> JSON:
    request = read_request(content)
    try:
        if request is None:
            return last_json(signer.verifier_key(), signer.last())
        note = signer.sign(request.size, request.root, request.consistency)
    except OSError as problem:  # the disk is full, or the folder closed: nothing was signed, and this may pass
        logger.error("nothing could be signed: %s", problem)
        raise SignerRefused(
            f"The signer cannot keep what it signs: {problem.strerror or problem}.",
            how_to_fix="See to the disk that holds CLEARCUT_SIGNER_DIR.",
            code="signer.storage",
        ) from problem
    logger.info("signed %d entries, root %s…", request.size, request.root.hex()[:16])
    return {"note": note}


def _check_peer(connection: socket.socket, group: int | None) -> None:
    """The socket's mode keeps others out already; this holds where the mode was changed, and for root."""
    if not hasattr(socket, "SO_PEERCRED"):
        return
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(found)
    if uid == os.geteuid() or (group is not None and group in {gid, *_groups(connection)}):
        return
    logger.warning("refused process %d of user %d, group %d", pid, uid, gid)
    raise SignerRefused(
        f"User {uid} (group {gid}) may not use this signer.",
        how_to_fix="Run as the signer's user, or as a member of CLEARCUT_SIGNER_GROUP.",
        code="signer.forbidden",
        permanent=True,
    )


def _groups(connection: socket.socket) -> tuple[int, ...]:
    """The other groups of whoever connected."""
    try:
        found = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_BYTES)
    except OSError:  # an old kernel, or more groups than fit: only the first group counts then
        return ()
    return struct.unpack(f"{len(found) // 4}I", found)
