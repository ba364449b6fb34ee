"""Before `make clean`: end servers left running, and remove the data they keep outside the clone.

`python -m governance.adapters.embedded_removal FOLDER`.

Data of a clone that root alone may enter is kept beyond it, where deleting the clone does not reach.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from governance.adapters.embedded_leftovers import end_servers
from governance.adapters.embedded_lock import Occupancy
from governance.adapters.embedded_place import OUTSIDE, SOCKET_PARENT, load_identity, socket_folder_name
from governance.adapters.embedded_process import EmbeddedError
from governance.errors import GovernanceError


def remove_servers(state: Path) -> None:
    """End the servers of `state` and remove their data outside it; the caller removes `state` itself.

    Raises:
        EmbeddedError: somebody uses them.
    """
    occupancy = Occupancy(state)
    with occupancy.changing():
        if occupancy.occupied():
            raise EmbeddedError("Clearcut is running from this folder.", how_to_fix="Stop it first (Ctrl-C).")
        identity = load_identity(state / "identity.json")
        name = socket_folder_name(state, identity, uid=0).rsplit("-", 1)[1]
        for sockets in SOCKET_PARENT.glob(f"clearcut-*-{name}"):
            end_servers(sockets)
        if identity.instance:
            shutil.rmtree(OUTSIDE / identity.instance, ignore_errors=True)


if __name__ == "__main__":
    try:
        for found in Path(sys.argv[1]).resolve().glob("*/identity.json"):
            remove_servers(found.parent)
    except GovernanceError as error:
        sys.exit(str(error))
