"""The real weights, found locally. Tests that need them fail with the command to run; they are never skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.inference.making import U2NETP_SHA256, U2NETP_SOURCE_SHA256

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
