"""What an act is that enters the log: prepared first, so that only the act itself is left to do."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Cast

Act = Callable[[], object]
Prepare = Callable[[Cast], Act]
PAPER = b"Signed on the twelfth of March."
# Free text, to be found nowhere in the log.
WHY = "Because Ms Abernathy of Harbour Coffee wrote so for 4,250 euros"
