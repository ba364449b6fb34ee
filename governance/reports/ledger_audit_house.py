"""What an audit of the log looks at besides the log: the steps, and of them stored files, the signer and the fence."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from governance.adapters import blobs
from governance.adapters.signer import LastSigned
from governance.adapters.tree import node_reader
from governance.errors import GovernanceError
from governance.ledger.audit_findings import Findings
from governance.ledger.errors import CannotTell
from governance.ledger.merkle import root_at
from governance.models import Output, TreeState
from governance.reports.fence import fence_differences

HOUSE = ("rows", "waiting", "outputs", "files", "commitments", "events", "folder", "signer", "fence")
ROWS, WAITING, OUTPUTS, FILES, COMMITMENTS, EVENTS, FOLDER, SIGNER, FENCE = HOUSE
# The ledger process takes entries in within seconds; one that waits longer means that it does not run.
MAX_WAIT = timedelta(minutes=1)
BATCH = 500


class Remembers(Protocol):
    """A signer, as far as an audit asks it."""

    def last(self) -> LastSigned | None:
        """What was signed last."""


def check_files(found: Findings, limit: int | None) -> None:
    """Hash the stored files again: a random sample, or all of them."""
    kept = Output.objects.order_by("?") if limit is not None else Output.objects.order_by("pk")
    wanted = kept.values_list("record_id", "sha256")
    for record, sha256 in (wanted if limit is None else wanted[:limit]).iterator(chunk_size=BATCH):
        found.checked(FILES)
        try:
            blobs.check(sha256)
        except GovernanceError as error:
            found.add(FILES, error.message, record_id=str(record))
    found.detail(FILES, "all of them" if limit is None else f"a sample of up to {limit}")


def check_signer(found: Findings, signer: Remembers) -> None:
    """What the signer signed last must be a tree of this log, however the database came to be as it is."""
    try:
        last = signer.last()
    except GovernanceError as error:
        found.add_error(SIGNER, CannotTell(error.message))
        return
    tree = TreeState.objects.order_by("-size").first()
    size = tree.size if tree else 0
    if last is None:
        found.detail(SIGNER, "never signed")
        if size:
            found.add_error(SIGNER, CannotTell(f"The signer remembers nothing; the database holds {size} entries."))
        return
    found.checked(SIGNER)
    found.detail(SIGNER, f"signed {last.size} entries last")
    if last.size > size:
        found.add(SIGNER, f"It signed {last.size} entries, the database holds {size}: it was rolled back.")
    elif root_at(last.size, node_reader("default")) != last.root:
        found.add(SIGNER, f"It signed root {last.root.hex()} for {last.size} entries; the database holds another.")


def check_fence(found: Findings) -> None:
    """Compare triggers, grants and owners with the pinned list."""
    for difference in fence_differences():
        found.add(FENCE, f"{difference.sentence}.")
    found.checked(FENCE)
