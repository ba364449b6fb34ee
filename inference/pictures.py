"""Open a picture safely and say what it is. Pillow only: the web process uses this without numpy or torch.

Limits are checked on the header before anything is decoded; every refusal has a code and a way out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pi_heif  # type: ignore[import-untyped]
from PIL import Image, ImageFile

from inference import colour, sixteen_bit
from inference.errors import InferenceError, PictureTooLarge, UnreadablePicture, UnsupportedPicture
from inference.formats import Format, looks_cut_short, recognise, unsupported_type
from inference.heif_items import unreadable_item

_ORIENTATION = 0x0112  # Exif 2.32, 4.6.4; also a TIFF tag
_SUBFILE_TYPE = 254  # TIFF 6.0: bit 0 marks a reduced version of another picture in the file
_DNG_VERSION = 50706

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted at most: bytes of the file, width × height of the picture."""

    max_bytes: int
    max_pixels: int


DEFAULT_LIMITS = Limits(max_bytes=100 * 1024 * 1024, max_pixels=120_000_000)

# The decoder of HEIC that Pillow lacks; whatever else such a file holds is not even looked at.
pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

# Pillow's own tripwire, for the whole process: its default already warns at 89 megapixels.
Image.MAX_IMAGE_PIXELS = DEFAULT_LIMITS.max_pixels


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture is; width and height as seen, with the orientation applied.

    orientation: as the file says, 1 for HEIC: its decoder turns by boxes of the container, which go before the tag.
    """

    media_type: str
    width: int
    height: int
    mode: str
    bits: int
    orientation: int
    has_icc: bool
    icc_name: str | None
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright picture as L, LA, RGB, RGBA or CMYK of 8 bits, with the low bytes apart if the file holds 16."""

    info: PictureInfo
    image: Image.Image
    low: Image.Image | None
    profile: bytes | None


def inspect_picture(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureInfo:
    """Decode a picture completely and describe it.

    Raises UnreadablePicture, PictureTooLarge or UnsupportedPicture; the last also for colours or depths that a cutout
    could not keep, so that nothing accepted here is refused later.
    """
    return decode(data, limits).info


def preview_jpeg(data: bytes, edge: int, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return an upright sRGB JPEG of at most edge × edge pixels; transparent parts become white."""
    image = _preview(data, edge, limits)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    return _saved(image, "JPEG", quality=85, optimize=True)


def preview_webp(data: bytes, edge: int, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return an upright sRGB WebP of at most edge × edge pixels that keeps transparency."""
    return _saved(_preview(data, edge, limits), "WEBP", quality=85, method=4)


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS, *, reduce_to: int | None = None) -> Decoded:
    """Decode a picture once, upright. Raises as ``inspect_picture`` does.

    ``reduce_to`` lets JPEGs be decoded at a fraction of their size, no smaller than this edge.
    """
    _check_bytes(data, limits)
    kind = recognise(data)
    with _decoder_failures(kind, data, limits):
        image = _open(data, kind)
        _check_pixels(image, limits)
        _refuse_several_pictures(image, kind)
        bits = sixteen_bit.sample_bits(image, data)
        sixteen_bit.refuse_other_depths(image, bits)
        # Pillow turns TIFFs itself while decoding and drops their tag; for PNG it can only tell after decoding.
        turned_by_pillow = _orientation(image) if kind.name == "TIFF" else 1
        if reduce_to is not None and image.mode == "RGB":
            image.draft("RGB", (reduce_to, reduce_to))
        high: Image.Image = image
        low: Image.Image | None = None
        if bits == 16:
            high, low = sixteen_bit.split(image, lambda: _open(data, kind))
        else:
            image.load()
        profile = image.info.get("icc_profile") or None
        orientation = _orientation(image)
        del image  # turning makes copies: let go of each as soon as there is the next
        high = _upright(high, orientation)
        mode, high = high.mode, colour.plain(high)
        low = None if low is None else _upright(low, orientation)
        info = PictureInfo(
            media_type=kind.media_type,
            width=high.width,
            height=high.height,
            mode=mode,
            bits=bits,
            orientation=max(orientation, turned_by_pillow),
            has_icc=profile is not None,
            icc_name=colour.profile_name(profile),
        )
        return Decoded(info, high, low, profile)


@contextmanager
def _decoder_failures(kind: Format, data: bytes, limits: Limits) -> Iterator[None]:
    """Translate whatever a decoder raises on hostile bytes; their classes are neither few nor documented."""
    try:
        yield
    except (InferenceError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels("more pixels than can be counted on", limits) from error
    except Exception as error:
        if looks_cut_short(kind, data) or "truncated" in str(error).lower():
            raise UnreadablePicture(
                "picture.truncated",
                f"The {kind.name} file ends before the picture does.",
                "Upload it again from the original; this copy is incomplete.",
            ) from error
        raise UnreadablePicture(
            "picture.damaged",
            f"The file begins like a {kind.name} picture but cannot be read as one.",
            "Open it in an image editor, export it again and upload the new file.",
        ) from error


def _open(data: bytes, kind: Format) -> ImageFile.ImageFile:
    if kind.pillow == "HEIF" and unreadable_item(data):
        raise OSError("an item of the file has no readable type or name")  # becomes "damaged", as from any decoder
    return Image.open(io.BytesIO(data), formats=(kind.pillow,))


def _check_bytes(data: bytes, limits: Limits) -> None:
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            "picture.too_many_bytes",
            f"The file has {len(data):,} bytes; at most {limits.max_bytes:,} are accepted.",
            "Save it with compression, or scale it down, and upload it again.",
        )


def _check_pixels(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.max_pixels:
        raise _too_many_pixels(f"{image.width:,} × {image.height:,} pixels", limits)


def _too_many_pixels(found: str, limits: Limits) -> PictureTooLarge:
    return PictureTooLarge(
        "picture.too_many_pixels",
        f"The picture claims {found}; at most {limits.max_pixels:,} in total are accepted.",
        "Scale it down and upload it again.",
    )


def _refuse_several_pictures(image: Image.Image, kind: Format) -> None:
    # Phones append a preview or depth map to their JPEGs (MPO), and keep several pictures in a HEIC; like every viewer,
    # take the first one of those, or the one that the file calls its primary.
    if image.format == "TIFF":
        tags = getattr(image, "tag_v2", {})
        if _DNG_VERSION in tags or tags.get(_SUBFILE_TYPE, 0) & 1:
            raise unsupported_type("Camera raw")
    if kind.name not in {"JPEG", "HEIC"} and getattr(image, "is_animated", False):
        if kind.name == "TIFF":
            raise UnsupportedPicture(
                "picture.multi_page",
                "The TIFF file holds more than one page.",
                "Export each page as a file of its own and upload those.",
            )
        raise UnsupportedPicture(
            "picture.animated",
            f"The {kind.name} file is an animation.",
            "Export the frame you need as a still picture and upload that.",
        )


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # metadata that cannot be read says nothing; the pixels may be sound
        return 1
    return value if value in _UPRIGHT else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    turned = image.transpose(_UPRIGHT[orientation])
    turned.info = dict(image.info)
    return turned


def _preview(data: bytes, edge: int, limits: Limits) -> Image.Image:
    decoded = decode(data, limits, reduce_to=edge)
    image = decoded.image
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return colour.to_srgb(image, decoded.profile)


def _saved(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
