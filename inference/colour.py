"""Colour profiles and pixel modes, with Pillow only."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageCms

from inference.errors import UnsupportedPicture

# Where the ICC header keeps the colour space of the device side (ICC.1:2022, 7.2).
_SPACE = slice(16, 20)
_CREATED = slice(24, 36)

_SPACES = {"L": "GRAY", "LA": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}


def profile_space(profile: bytes | None) -> str | None:
    """Return "RGB", "GRAY", "CMYK" …, or None if there is no profile or it cannot be read."""
    if not profile or len(profile) < 128:
        return None
    try:
        ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except OSError:
        return None
    return profile[_SPACE].decode("ascii", "replace").strip()


def profile_name(profile: bytes | None) -> str | None:
    """Return the profile's own description, or None if there is no profile or it has none that can be read."""
    if profile_space(profile) is None or profile is None:
        return None
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (OSError, ImageCms.PyCMSError):
        return None
    return " ".join(name.split()) or None


@cache
def srgb_profile() -> bytes:
    """Return an sRGB profile whose bytes do not depend on the day they were made."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    fixed = bytearray(made)
    fixed[_CREATED] = b"".join(part.to_bytes(2) for part in (2000, 1, 1, 0, 0, 0))
    return bytes(fixed)


def plain(image: Image.Image) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK, without loss; raises UnsupportedPicture if that is impossible."""
    if image.mode in _SPACES and "transparency" not in image.info:
        return image  # not a copy: it would take another half gigabyte for the largest pictures
    if image.mode in {"1", "L"}:
        return image.convert("LA") if "transparency" in image.info else image.convert("L")
    if image.mode in {"P", "PA", "RGB", "RGBX", "La", "RGBa", "YCbCr"} or image.mode in _SPACES:
        if image.mode == "La":
            return image.convert("LA")
        if image.mode in {"LA", "RGBA", "CMYK"}:
            return image
        has_alpha = "transparency" in image.info or image.mode in {"PA", "RGBa"}
        return image.convert("RGBA" if has_alpha else "RGB")
    raise UnsupportedPicture(
        "picture.unsupported_colour",
        f"The picture's colours are stored in a way that is not accepted ({image.mode}).",
        "Export it as RGB with 8 or 16 bits per channel.",
    )


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a plain picture as RGB or RGBA in sRGB.

    Without a readable profile that fits the picture, greys and RGB are taken to be sRGB already, and CMYK is
    converted by Pillow's plain formula.
    """
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    opaque = image.convert(image.mode[:-1]) if alpha is not None else image
    if profile is not None and profile_space(profile) == _SPACES[opaque.mode]:
        converted = _convert(opaque, profile)
    else:
        converted = opaque.convert("RGB")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def from_srgb(image: Image.Image, profile: bytes | None, mode: str) -> Image.Image:
    """Return an sRGB picture (mode RGB) as ``mode``, "L" or "RGB", in the colours of the profile, if there is one."""
    if profile is None or profile_space(profile) != _SPACES[mode]:
        return image.convert(mode)
    return _converted(image, srgb_profile(), profile, mode)


def _convert(image: Image.Image, profile: bytes) -> Image.Image:
    return _converted(image, profile, srgb_profile(), "RGB")


def _converted(image: Image.Image, source: bytes, target: bytes, mode: str) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(source)),
            ImageCms.ImageCmsProfile(io.BytesIO(target)),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode=mode,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError:  # readable, but without the tables this direction needs
        return image.convert(mode)
    return converted if converted is not None else image.convert(mode)
