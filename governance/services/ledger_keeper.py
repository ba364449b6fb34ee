"""What the ledger process does over and over: lead, open the log, take entries in, publish; and what stops it.

Nothing here is needed for the log to be right, only for it to go on: the locks and the signer see to the rest.
"""

from __future__ import annotations

import logging
import time
import uuid

from django.db import connections, transaction

from governance.adapters.log_files import LogFiles
from governance.adapters.signer import SignerRefused, SignerUnreachable
from governance.errors import GovernanceError
from governance.models import Alarm
from governance.services.alarms import raise_alarm
from governance.services.entries import record_event
from governance.services.ledger import BATCH, LogSigner, publish_checkpoint, take_in
from governance.services.ledger_opening import open_log
from governance.services.ledger_tree import ALIAS

_LEADER_LOCK = 0x4C454144
WARN_SECONDS = 60.0
# With nothing new the signer is still asked now and then: a database restored under us must not wait to be noticed.
LOOK_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Keeper:
    """One ledger process. Of several the one that holds the leader's lock works, the others stand by."""

    def __init__(self, signer: LogSigner, files: LogFiles) -> None:
        self._signer = signer
        self._files = files
        self._leads = self._opened = self._clock_wrong = False
        # Records without a place. The next process looks at them again: a key may have been added to the trust file.
        self._left_out: set[uuid.UUID] = set()
        self._warned_at = self._looked_at = float("-inf")

    def leads(self) -> bool:
        """Whether this process may work. The lock is the session's: it is free once the leader's connection ends."""
        if not self._leads:
            with connections[ALIAS].cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LEADER_LOCK])
                (self._leads,) = cursor.fetchone()
        return self._leads

    def disconnected(self) -> None:
        """The database went away: another one may answer next, so lead and open the log anew."""
        self._leads = self._opened = False
        for alias in (ALIAS, "default"):
            connections[alias].close()

    def step(self, limit: int = BATCH) -> int:
        """Take one batch in and publish the checkpoint that covers it; returns how many entries were new.

        Before the signer could be asked once, nothing is taken in: what it signed might not be in this database. Later
        entries are taken in without it, too. Raises what stops the log, with an alarm on record.
        """
        if not self._opened and not self._open():
            return 0
        taken = self._take_in(limit)
        if taken or time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._publish()
        return taken

    def _open(self) -> bool:
        try:
            opening = open_log(self._signer, self._files)
        except SignerUnreachable as problem:
            self._warn(problem)
            return False
        if opening.replayed:
            logger.warning("Entries %s to %s were brought back", opening.replayed.first, opening.replayed.end - 1)
        self._opened = True
        return True

    def _take_in(self, limit: int) -> int:
        """Take one batch in. Those left out, with one alarm each, do not stand in the way of the others."""
        while True:
            batch = take_in(limit, but=self._left_out)
            for left in batch.left_out:
                self._left_out.add(left.record_id)
                message = f"It gets no place in the log. {left.why}"
                raise_alarm(Alarm.Kind.RECORD, f"provenancerecord:{left.record_id}", message)
            if batch.size or not batch.left_out:
                return batch.size

    def _publish(self) -> None:
        try:
            publish_checkpoint(self._signer, self._files)
        except SignerUnreachable as problem:
            self._warn(problem)
            return
        except GovernanceError as problem:
            if problem.code == "signer.clock":
                self._say_clock_is_wrong(problem)
                return
            self._publish_after_opening(problem)
        self._clock_wrong = False
        self._looked_at = time.monotonic()

    def _publish_after_opening(self, refused: GovernanceError) -> None:
        """The database may have been restored under us: see what can be repaired, then ask once more."""
        logger.warning("The log does not continue: %s", refused)
        self._opened = False
        if not self._open():
            return
        try:
            publish_checkpoint(self._signer, self._files)
        except SignerUnreachable as problem:
            self._warn(problem)
        except GovernanceError as problem:
            kind = Alarm.Kind.SIGNER if isinstance(problem, SignerRefused) else Alarm.Kind.LOG
            raise_alarm(kind, f"log:{problem.code}", problem.message)
            raise

    def _say_clock_is_wrong(self, problem: GovernanceError) -> None:
        """Once while it lasts: the log goes on, checkpoints wait."""
        self._warn(problem)
        if self._clock_wrong:
            return
        alarm = raise_alarm(Alarm.Kind.CLOCK, "signer", problem.message)
        with transaction.atomic():
            record_event("clock-alarm", "refused", alarm)
        self._clock_wrong = True

    def _warn(self, problem: GovernanceError) -> None:
        if time.monotonic() - self._warned_at >= WARN_SECONDS:
            self._warned_at = time.monotonic()
            logger.warning("No checkpoint can be signed, entries wait: %s", problem)
