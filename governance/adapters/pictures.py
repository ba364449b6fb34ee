"""What an uploaded file is, asked of the same decoder the worker uses, so both refuse the same files in the same words.

The only place outside the workers that reaches into ``inference``: its picture module needs Pillow alone.
"""

from __future__ import annotations

from governance.errors import RequestError
from inference.errors import InferenceError
from inference.formats import recognise
from inference.pictures import DEFAULT_LIMITS, PictureInfo, inspect_picture, preview_webp

__all__ = ["DEFAULT_LIMITS", "PictureInfo", "inspect", "media_type_of", "preview_webp"]


def inspect(data: bytes) -> PictureInfo:
    """Decode within limits and describe. Raises RequestError with the decoder's own code and advice."""
    try:
        return inspect_picture(data, DEFAULT_LIMITS)
    except InferenceError as problem:
        raise RequestError(problem.message, how_to_fix=problem.how_to_fix, code=problem.code) from problem


def media_type_of(data: bytes) -> str | None:
    """What the first bytes say it is; None for anything that is no picture we take."""
    try:
        return recognise(data).media_type
    except InferenceError:
        return None
