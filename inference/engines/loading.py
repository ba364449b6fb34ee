"""From the bytes of a weights file to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from inference.architectures import birefnet, isnet, u2net
from inference.architectures.fusing import fuse_batch_norms
from inference.architectures.onednn import pack_linears
from inference.errors import ModelNotRunnable
from inference.types import ModelCard

Network = u2net.U2NetModel | isnet.IsNetModel | birefnet.BiRefNetModel

FAMILIES: dict[str, Callable[[Mapping[str, Any]], Network]] = {
    "u2net": u2net.build,
    "isnet": isnet.build,
    "birefnet": birefnet.build,
}
# What the maps between layers are in, and all layers but those a card names.
DTYPES = {"float32": torch.float32, "mixed": torch.bfloat16, "bfloat16": torch.bfloat16}


def build(card: ModelCard, data: bytes) -> Network:
    """Build the card's network and load the weights strictly: no key missing, none left over, all as the card says.

    data: a safetensors file. The result computes in float32, without separate batch norms. Raises ModelNotRunnable.
    """
    if card.family not in FAMILIES:
        raise _unfit(card, f"the architecture “{card.family}” is not known to this engine")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise _unfit(card, "the file is not a safetensors file") from error
    found = {str(tensor.dtype) for tensor in tensors.values()}
    if others := found - {f"torch.{each}" for each in (*card.network.stored, "int64")}:
        expected = " or ".join(card.network.stored)
        raise _unfit(card, f"it holds {', '.join(sorted(others))} where {expected} is expected")
    with torch.device("meta"):
        model = FAMILIES[card.family](card.architecture)
    _check_tensors(card, tensors, model.state_dict())
    wide = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}
    model.load_state_dict(wide, strict=True, assign=True)
    model.eval().requires_grad_(False)
    fuse_batch_norms(model.fusable())
    return model


def placed(model: Network, card: ModelCard, precision: str, device: torch.device) -> Network:
    """Return the network on its device, computing in this precision (``inference.precision``), channels last."""
    exact = card.network.float32_layers if precision == "mixed" else ()
    kept = {name: model.get_submodule(name).state_dict() for name in exact}
    model.to(device, DTYPES[precision], memory_format=torch.channels_last)  # type: ignore[call-overload]
    for name, state in kept.items():
        model.get_submodule(name).float().load_state_dict(state)
    if device.type == "cpu":
        pack_linears(model)
    return model


def _check_tensors(card: ModelCard, found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights with other keys, shapes or kinds of numbers than the network's, naming some of them."""
    shared = found.keys() & expected.keys()
    faults = {
        "missing": expected.keys() - found.keys(),
        "not known": found.keys() - expected.keys(),
        "of another shape": {key for key in shared if found[key].shape != expected[key].shape},
        "of another kind": {
            key for key in shared if found[key].is_floating_point() != expected[key].is_floating_point()
        },
    }
    words = [f"{len(keys)} {fault} ({', '.join(sorted(keys)[:2])})" for fault, keys in faults.items() if keys]
    if words:
        raise _unfit(card, f"its tensors are not the ones of this network: {'; '.join(words)}")


def _unfit(card: ModelCard, reason: str) -> ModelNotRunnable:
    return ModelNotRunnable(
        "weights.unfit",
        f"The weights cannot be used for {card.title}: {reason}.",
        "Use weights that the catalogue lists for this model.",
    )
