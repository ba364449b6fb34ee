"""The real IS-Net weights against the exchange file they come from. Full size: some seconds for each photograph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from inference import images
from inference.conversion_isnet import convert_isnet_onnx
from inference.engines.local import LocalEngine
from inference.pictures import decode
from inference.registry import card
from tests.inference.making import ISNET_SHA256, ISNET_SOURCE_SHA256, photo

pytestmark = pytest.mark.isnet


def exchange_file(store: Path) -> bytes:
    return (store / "sources" / f"{ISNET_SOURCE_SHA256}.onnx").read_bytes()


def test_it_converts_the_published_file_to_the_published_digest(isnet_store: Path) -> None:
    conversion = convert_isnet_onnx(exchange_file(isnet_store), "isnet-general-use")

    assert (conversion.source_sha256, conversion.result_sha256) == (ISNET_SOURCE_SHA256, ISNET_SHA256)


@pytest.mark.parametrize("name", ["astronaut.png", "rocket.jpg"])
def test_it_computes_what_the_exchange_file_computes(name: str, isnet_store: Path) -> None:
    model_card = card("isnet-general-use")
    pixels = images.network_input(decode(photo(name)), model_card.input)

    ours, _ = LocalEngine("float32").predict(model_card, isnet_store, ISNET_SHA256, pixels)

    session = onnxruntime.InferenceSession(exchange_file(isnet_store), providers=["CPUExecutionProvider"])
    theirs = session.run(["output"], {"input": pixels[None]})[0][0, 0]
    assert ours.shape == (1024, 1024)
    assert np.abs(ours - theirs).mean() <= 0.002
    assert np.abs(ours - theirs).max() <= 0.02
