"""The real weights, found locally. Tests that need them fail with the command to run; they are never skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.inference.making import ISNET_SHA256, ISNET_SOURCE_SHA256, U2NETP_SHA256, U2NETP_SOURCE_SHA256

# On a machine that is busy with other work, threads waiting for each other make small networks several times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("CLEARCUT_TORCH_THREADS", "1")

_STORE = Path(os.environ.get("CLEARCUT_WEIGHTS_DIR", Path(__file__).parents[2] / "var" / "weights"))
_ADVICE = "Run: python manage.py weights pull u2netp"


@pytest.fixture(scope="session")
def u2netp_store() -> Path:
    """The local store, which holds the converted U²-Netp weights."""
    path = _STORE / f"{U2NETP_SHA256}.safetensors"
    if not path.is_file():
        pytest.fail(f"The U²-Netp weights are missing ({path}). {_ADVICE}")
    return _STORE


@pytest.fixture(scope="session")
def u2netp_onnx() -> bytes:
    """The exchange file the weights were converted from."""
    path = _STORE / "sources" / f"{U2NETP_SOURCE_SHA256}.onnx"
    if not path.is_file():
        pytest.fail(f"The U²-Netp exchange file is missing ({path}). {_ADVICE}")
    return path.read_bytes()


@pytest.fixture(scope="session")
def isnet_store() -> Path:
    """The local store, which holds the converted IS-Net weights and the exchange file they were converted from."""
    for path in (_STORE / f"{ISNET_SHA256}.safetensors", _STORE / "sources" / f"{ISNET_SOURCE_SHA256}.onnx"):
        if not path.is_file():
            pytest.fail(
                f"The IS-Net weights are missing ({path}). Run: python manage.py weights pull isnet-general-use"
            )
    return _STORE
