"""Which precision to compute in: what the model's card prefers of what the device does natively.

``CLEARCUT_PRECISION`` names one instead; a card that does not allow it refuses, whatever the device.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from inference.errors import EngineMisconfigured, ModelNotRunnable

AUTO = "auto"
# What each needs the device to compute in. "mixed" is bfloat16 except for the layers a card names.
FORMATS = {"float32": "float32", "mixed": "bfloat16", "bfloat16": "bfloat16"}


def chosen(title: str, allowed: Sequence[str], native: Collection[str], wanted: str = AUTO) -> str:
    """Return the precision to run a model in.

    ``allowed``: by its card, best first; ``native``: the formats the device computes in. Raises ModelNotRunnable if
    the card does not allow the wanted one or the device does none natively, EngineMisconfigured for unknown ones.
    """
    if wanted == AUTO:
        fitting = [each for each in allowed if FORMATS[each] in native]
        if fitting:
            return fitting[0]
        raise _refused(f"{title} cannot be run in any precision that this machine computes in.", allowed)
    if wanted not in FORMATS:
        raise EngineMisconfigured(
            "engine.settings",
            f"There is no precision called “{wanted}”.",
            f"Set CLEARCUT_PRECISION to one of: {', '.join((AUTO, *FORMATS))}.",
        )
    if wanted not in allowed:
        raise _refused(f"{title} is not to be run in {wanted}.", allowed)
    return wanted


def _refused(message: str, allowed: Sequence[str]) -> ModelNotRunnable:
    return ModelNotRunnable("engine.precision", message, f"Run it in one of: {', '.join(allowed)}.")
