"""Pixels as arrays: what the network sees, what its answer means, and the cutout made from the original samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import colour, png
from inference.errors import InferenceError
from inference.pictures import Decoded
from inference.types import ColourHandling, Foreground, InputProfile, OutputProfile

_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# Behind transparent parts, for the network's eyes only: neither dark nor light objects vanish into it.
_BACKDROP = (128, 128, 128)
_BAND_ROWS = 128

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Original:
    """The picture's own samples, upright.

    colour: height × width × 1 (grey) or 3; alpha: height × width or None; both of ``bits`` bits.
    """

    colour: Samples
    alpha: Samples | None
    bits: Literal[8, 16]
    profile: bytes | None
    colour_chunks: tuple[tuple[bytes, bytes], ...]
    handling: ColourHandling


@dataclass(frozen=True, slots=True)
class Opacity:
    """alpha: height × width in the original's bits; coverage: its mean in thousandths of full opacity."""

    alpha: Samples
    foreground: Foreground
    coverage_permille: int


def network_input(decoded: Decoded, profile: InputProfile) -> NDArray[np.float32]:
    """Return the picture as the network expects it: 3 × height × width, sRGB, normalised.

    Resized before the colours are converted: 320×320 pixels instead of millions, with no visible difference.
    """
    small = decoded.image.resize((profile.width, profile.height), _RESAMPLING[profile.resample])
    srgb = colour.to_srgb(small, decoded.profile)
    if srgb.mode == "RGBA":
        backdrop = Image.new("RGB", srgb.size, _BACKDROP)
        backdrop.paste(srgb, mask=srgb.getchannel("A"))
        srgb = backdrop
    values = np.asarray(srgb, dtype=np.float32)  # height×width×3
    brightest = float(values.max()) if profile.scale == "picture-maximum" else 255.0
    values = values / (brightest or 1.0)
    mean, std = np.array([profile.mean, profile.std], dtype=np.float32)
    return np.ascontiguousarray(((values - mean) / std).transpose(2, 0, 1), dtype=np.float32)


def original(decoded: Decoded, data: bytes) -> Original:
    """Return the samples a cutout is made of, untouched wherever PNG can hold them.

    CMYK becomes sRGB, by its profile if it has one. A profile is kept if it can describe the result.
    """
    image, profile = decoded.image, decoded.profile
    handling: ColourHandling = "kept"
    if image.mode == "CMYK":
        fits = colour.profile_space(profile) == "CMYK"
        handling = "converted_with_profile" if fits else "converted_without_profile"
        image, profile = colour.to_srgb(image, profile), colour.srgb_profile()
    samples: Samples = np.asarray(image)
    if decoded.low is not None:
        samples = np.left_shift(samples, 8, dtype=np.uint16) | np.asarray(decoded.low)
    samples = samples.reshape(image.height, image.width, -1)
    has_alpha = image.mode.endswith("A")
    space = "GRAY" if image.mode.startswith("L") else "RGB"
    is_png = decoded.info.media_type == "image/png"
    return Original(
        colour=samples[..., :-1] if has_alpha else samples,
        alpha=samples[..., -1] if has_alpha else None,
        bits=8 if decoded.low is None else 16,
        profile=profile if colour.profile_space(profile) == space else None,
        colour_chunks=png.colour_chunks(data) if is_png else (),
        handling=handling,
    )


def opacity(probabilities: NDArray[np.float32], profile: OutputProfile, picture: Original) -> Opacity:
    """Turn the network's answer (height × width, 0…1) into the cutout's alpha at the picture's size.

    Nothing certain enough: fully transparent ("none"); all of it foreground: as it was ("full"). Otherwise the
    highest probability becomes opaque and everything up to the black point transparent. Alpha that the picture
    already has is multiplied in.
    """
    if not np.isfinite(probabilities).all():
        raise InferenceError(
            "engine.not_finite",
            "The network gave an answer that is not a number.",
            "Pull the weights again; if it stays so, report the picture and the model to the operator.",
        )
    height, width = picture.colour.shape[:2]
    opaque = 2**picture.bits - 1
    kind = np.uint8 if picture.bits == 8 else np.uint16
    foreground: Foreground = "found"
    if probabilities.max() < profile.foreground_floor:
        alpha, foreground = np.zeros((height, width), kind), "none"
    elif probabilities.min() >= profile.foreground_floor:
        alpha, foreground = np.full((height, width), opaque, kind), "full"
    else:
        mask = _stretched(probabilities, profile, width, height)
        mask *= opaque
        alpha = np.rint(mask, out=mask).astype(kind)
    if picture.alpha is not None:
        alpha = ((alpha.astype(np.uint32) * picture.alpha + opaque // 2) // opaque).astype(kind)
    if not alpha.any():
        foreground = "none"
    total = int(alpha.sum(dtype=np.uint64))
    return Opacity(alpha, foreground, round(1000 * total / (opaque * alpha.size)))


def _stretched(
    probabilities: NDArray[np.float32], profile: OutputProfile, width: int, height: int
) -> NDArray[np.float32]:
    span = probabilities.max() - np.float32(profile.black_point)
    stretched = ((probabilities - np.float32(profile.black_point)) / span).clip(0, 1)
    enlarged = Image.fromarray(stretched).resize((width, height), _RESAMPLING[profile.resample])
    return np.array(enlarged, dtype=np.float32).clip(0, 1)


def encode_cutout(picture: Original, opacity: Opacity) -> bytes:
    """Return the cutout as PNG: the original samples with the new alpha.

    Samples of fully transparent pixels are cleared, so that what was removed does not travel along unseen. Grey
    pictures become RGBA, except that one with a grey profile stays grey: the profile could not describe RGB.
    """
    height, width, channels = picture.colour.shape
    samples = 2 if channels == 1 and picture.profile is not None else 4
    return png.encode(
        _bands(picture, opacity.alpha, samples),
        width=width,
        height=height,
        samples=samples,
        bits=picture.bits,
        profile=picture.profile,
        colour_chunks=picture.colour_chunks,
    )


def _bands(picture: Original, alpha: Samples, samples: int) -> Iterator[Samples]:
    height, width, _ = picture.colour.shape
    for top in range(0, height, _BAND_ROWS):
        rows = slice(top, min(top + _BAND_ROWS, height))
        band = np.empty((rows.stop - top, width, samples), picture.colour.dtype)
        band[..., :-1] = picture.colour[rows]
        band[..., -1] = alpha[rows]
        band[alpha[rows] == 0] = 0
        yield band
