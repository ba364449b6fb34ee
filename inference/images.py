"""Pixels as arrays: what the network sees, what its answer means, and the cutout made from the original samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import colour, foreground, png
from inference.errors import InferenceError
from inference.masks import mask_strips
from inference.pictures import Decoded
from inference.resizing import resized
from inference.strips import Samples, samples_of, strips
from inference.types import ColourHandling, EdgeColour, Foreground, InputProfile, OutputProfile

# Behind transparent parts, for the network's eyes only: neither dark nor light objects vanish into it.
_BACKDROP = (128, 128, 128)


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


@dataclass(frozen=True, slots=True)
class Cutout:
    """The original samples, the alpha (height × width) and, where edges are soft, the colours to use there."""

    picture: Original
    alpha: Samples
    edges: foreground.EdgeColours | None = None

    @property
    def edge_colour(self) -> EdgeColour:
        return "none" if self.edges is None else foreground.METHOD

    def bands(self) -> Iterator[Samples]:
        """Yield rows × width × channels of grey or RGB and alpha, from top to bottom.

        Samples of fully transparent pixels are cleared, so that what was removed does not travel along unseen.
        """
        height, width, channels = self.picture.colour.shape
        for rows in strips(height):
            band = np.empty((rows.stop - rows.start, width, channels + 1), self.picture.colour.dtype)
            for channel in range(channels):  # three times as fast as all at once
                band[..., channel] = self.picture.colour[rows, :, channel]
            band[..., -1] = self.alpha[rows]
            if self.edges is not None:
                self.edges.apply(band, rows.start)
            _clear(band)
            yield band


def _clear(band: Samples) -> None:
    whole_pixels = np.dtype(f"u{band.itemsize * band.shape[-1]}")  # u4 for RGBA of 8 bits: one number per pixel
    band.view(whole_pixels)[..., 0] *= band[..., -1] != 0


def network_input(decoded: Decoded, profile: InputProfile) -> NDArray[np.float32]:
    """Return the picture as the network expects it: 3 × height × width, sRGB, normalised.

    Resized before the colours are converted: 320×320 pixels instead of millions, with no visible difference.
    """
    small = resized(decoded.image, (profile.width, profile.height), profile.resample)
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
    samples = samples_of(image, decoded.low)
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

    Nothing certain enough: fully transparent ("none"); all of it foreground: as it was ("full"), whatever the profile.
    Otherwise the profile says what becomes opaque and what transparent. Alpha that the picture already has is
    multiplied in.
    """
    if not np.isfinite(probabilities).all():
        raise InferenceError(
            "engine.not_finite",
            "The network gave an answer that is not a number.",
            "Pull the weights again; if it stays so, report the picture and the model to the operator.",
        )
    opaque = 2**picture.bits - 1
    alpha: Samples = np.zeros(picture.colour.shape[:2], picture.colour.dtype)
    found: Foreground = "found"
    if probabilities.max() < profile.foreground_floor:
        found = "none"
    elif probabilities.min() >= profile.foreground_floor:
        alpha[:], found = opaque, "full"
    else:
        for rows, mask in mask_strips(probabilities, profile, alpha.shape[1], alpha.shape[0]):
            alpha[rows] = np.rint(mask * opaque)
    if picture.alpha is not None:
        for rows in strips(alpha.shape[0]):
            alpha[rows] = (alpha[rows].astype(np.uint32) * picture.alpha[rows] + opaque // 2) // opaque
    if not alpha.any():
        found = "none"
    total = int(alpha.sum(dtype=np.uint64))
    return Opacity(alpha, found, round(1000 * total / (opaque * alpha.size)))


def cut_out(picture: Original, opacity: Opacity, edge_colour: EdgeColour = foreground.METHOD) -> Cutout:
    """Return the picture with its new alpha, and with the subject's own colours along soft edges if asked for.

    A picture that came with transparency keeps its colours: they are not mixed with any background.
    """
    unmixed = picture.alpha is not None and bool((picture.alpha != 2**picture.bits - 1).any())
    wanted = edge_colour != "none" and not unmixed
    return Cutout(picture, opacity.alpha, foreground.edge_colours(picture.colour, opacity.alpha) if wanted else None)


def encode_cutout(cutout: Cutout) -> bytes:
    """Return the cutout as PNG: the original samples with the new alpha.

    Grey pictures become RGBA, except that one with a grey profile stays grey: the profile could not describe RGB.
    """
    picture = cutout.picture
    height, width, channels = picture.colour.shape
    grey = channels == 1 and picture.profile is not None
    return png.encode(
        cutout.bands() if grey or channels == 3 else (band[..., [0, 0, 0, 1]] for band in cutout.bands()),
        width=width,
        height=height,
        samples=2 if grey else 4,
        bits=picture.bits,
        profile=picture.profile,
        colour_chunks=picture.colour_chunks,
    )
