"""The whole suite as two pytest runs side by side, of about the same length.

    python -m tests.halves               both halves; the status is that of the worse one
    python -m tests.halves ARGUMENT …    one run, as `pytest ARGUMENT …`

The halves share nothing but the servers: each process has a database and a queue of its own in them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

ONE_HALF = ("architecture", "inference", "ledger", "licensing", "policy", "provenance", "web")
_PYTEST = (sys.executable, "-m", "pytest")


def main(arguments: list[str]) -> int:
    """Run what was asked for; returns pytest's exit status, of two the worse."""
    if arguments:
        return subprocess.run([*_PYTEST, *arguments], check=False).returncode
    folders = [f"tests/{name}" for name in ONE_HALF]
    with tempfile.TemporaryFile() as kept:
        half = subprocess.Popen([*_PYTEST, "-q", *folders], stdout=kept, stderr=subprocess.STDOUT)
        try:
            others = subprocess.run([*_PYTEST, "-q", *(f"--ignore={name}" for name in folders)], check=False)
            done = half.wait()
        finally:
            half.kill()
        kept.seek(0)
        print(f"\n{', '.join(folders)}:", flush=True)
        sys.stdout.buffer.write(kept.read())
    return max(others.returncode, done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
