"""Everything that can go wrong between a picture and its cutout, each with a stable code and the next step.

The messages are for the person who sent the picture. ``permanent`` tells a worker whether trying again can help.
"""

from __future__ import annotations


class InferenceError(Exception):
    """Base of all errors of this package; ``str()`` is what happened, then how to fix it."""

    permanent = True

    def __init__(self, code: str, message: str, how_to_fix: str) -> None:
        super().__init__(code, message, how_to_fix)
        self.code = code
        self.message = message
        self.how_to_fix = how_to_fix

    def __str__(self) -> str:
        return f"{self.message} {self.how_to_fix}"


class PictureRefused(InferenceError):
    """The picture, not the platform, is the reason; the same bytes will be refused again."""


class UnreadablePicture(PictureRefused):
    """Empty, damaged, cut short, or not a picture at all."""


class PictureTooLarge(PictureRefused):
    """More bytes or more pixels than the limits allow."""


class UnsupportedPicture(PictureRefused):
    """A sound picture of a kind that cannot be cut out without losing something."""


class WeightsMissing(InferenceError):
    """The local store does not hold the weights; they can be pulled, so trying again can help."""

    permanent = False


class WeightsMismatch(InferenceError):
    """The file's bytes are not the ones its name promises."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            "weights.mismatch",
            f"The weights file should have SHA-256 {expected} but its bytes have {found}.",
            "Do not use the file: delete it and pull the weights again from their source.",
        )
        self.args = (expected, found)
        self.expected = expected
        self.found = found


class ConversionRefused(InferenceError):
    """A source file is not the network it was said to be; nothing was converted."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "weights.source_not_recognised",
            message,
            "Pull the file again from the source named in the catalogue and compare its SHA-256.",
        )
        self.args = (message,)


class ModelUnknown(InferenceError):
    """No model card has this slug."""


class ModelNotRunnable(InferenceError):
    """The model is known but this installation cannot run it."""


class EngineMisconfigured(InferenceError):
    """How this process was told to compute does not fit the machine; other processes may do what it cannot."""

    permanent = False
