"""What the ledger refuses, in two kinds: evidence that is wrong, and evidence not to be judged."""

from __future__ import annotations

from governance.errors import GovernanceError


class LedgerError(GovernanceError):
    """Base of every refusal in this package."""

    code = "ledger.invalid"


class TamperedError(LedgerError):
    """Evidence is damaged, altered or does not belong together."""

    code = "ledger.tampered"


class ProofError(TamperedError):
    """A Merkle proof does not lead to the root it claims."""

    code = "ledger.proof"


class NoteError(TamperedError):
    """A signed note or checkpoint is malformed or not signed by a trusted key."""

    code = "ledger.note"


class LeafError(TamperedError):
    """A log entry is malformed or belongs to another envelope."""

    code = "ledger.leaf"


class ReceiptError(TamperedError):
    """A receipt does not have exactly the shape we issue."""

    code = "ledger.receipt"


class CannotTell(LedgerError):
    """What is needed to judge the evidence is missing on the reader's side, or not there yet."""

    code = "ledger.cannot-tell"


class KeyFileError(LedgerError):
    """A key or trust file that must not be used."""

    code = "ledger.key-file"


class TreeRangeError(LedgerError):
    """A caller asked for an index or size the tree does not have."""

    code = "ledger.tree-range"
