"""Tell file types apart by their first bytes, never by name, and say what to do about the ones not accepted."""

from __future__ import annotations

from dataclasses import dataclass

from inference.errors import UnreadablePicture, UnsupportedPicture

ACCEPTED = "JPEG, PNG, WebP, TIFF, BMP, AVIF or HEIC"


@dataclass(frozen=True, slots=True)
class Format:
    """A file type; ``pillow`` is the name of its decoder, empty if pictures of this type are not accepted."""

    name: str
    media_type: str
    pillow: str


_JPEG = Format("JPEG", "image/jpeg", "JPEG")
_PNG = Format("PNG", "image/png", "PNG")
_WEBP = Format("WebP", "image/webp", "WEBP")
_TIFF = Format("TIFF", "image/tiff", "TIFF")
_BMP = Format("BMP", "image/bmp", "BMP")
_AVIF = Format("AVIF", "image/avif", "AVIF")
_CAMERA_RAW = Format("camera raw", "image/x-dcraw", "")
_HEIC = Format("HEIC", "image/heic", "HEIF")
_HEIC_SEQUENCE = Format("HEIC sequence", "image/heic-sequence", "")

# First match wins: camera raw files are TIFF files in disguise.
_PREFIXES = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"II*\x00\x10\x00\x00\x00CR", _CAMERA_RAW),
    (b"II*\x00", _TIFF),
    (b"MM\x00*", _TIFF),
    (b"II+\x00", _TIFF),
    (b"MM\x00+", _TIFF),
    (b"BM", _BMP),
    (b"GIF87a", Format("GIF", "image/gif", "")),
    (b"GIF89a", Format("GIF", "image/gif", "")),
    (b"8BPS", Format("Photoshop", "image/vnd.adobe.photoshop", "")),
    (b"%PDF", Format("PDF", "application/pdf", "")),
    (b"%!PS", Format("PostScript", "application/postscript", "")),
    (b"\x00\x00\x00\x0cJXL ", Format("JPEG XL", "image/jxl", "")),
    (b"\xff\x0a", Format("JPEG XL", "image/jxl", "")),
    (b"\x00\x00\x00\x0cjP  ", Format("JPEG 2000", "image/jp2", "")),
    (b"\x00\x00\x01\x00", Format("icon", "image/vnd.microsoft.icon", "")),
    (b"FUJIFILMCCD-RAW", _CAMERA_RAW),
)
_SVG = Format("SVG", "image/svg+xml", "")
_BRANDS = {  # ISO/IEC 23008-12 and AVIF: major brand of the ftyp box
    b"avif": _AVIF,
    b"avis": Format("AVIF sequence", "image/avif", ""),
    b"heic": _HEIC,
    b"heix": _HEIC,
    b"mif1": _HEIC,
    b"hevc": _HEIC_SEQUENCE,
    b"hevx": _HEIC_SEQUENCE,
    b"msf1": _HEIC_SEQUENCE,
    b"crx ": _CAMERA_RAW,
}


def recognise(data: bytes) -> Format:
    """Return the accepted format these bytes begin like.

    Raises UnreadablePicture for no bytes or no picture; UnsupportedPicture for a type that is not accepted.
    """
    if not data:
        raise UnreadablePicture(
            "picture.empty", "The file is empty (0 bytes).", "Upload it again; the transfer may have been interrupted."
        )
    found = _sniff(data)
    if found is None:
        raise UnreadablePicture(
            "picture.not_an_image",
            "The file is not a picture, whatever its name says.",
            f"Upload a {ACCEPTED} file.",
        )
    if not found.pillow:
        raise unsupported_type(found.name)
    return found


def unsupported_type(name: str) -> UnsupportedPicture:
    return UnsupportedPicture(
        "picture.unsupported_type",
        f"{name} files are not accepted.",
        f"Export the picture as {ACCEPTED} and upload that.",
    )


def _sniff(data: bytes) -> Format | None:
    for prefix, kind in _PREFIXES:
        if data.startswith(prefix):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _WEBP
    if data[4:8] == b"ftyp":
        compatible = data[16 : int.from_bytes(data[:4])]
        # Some writers name a general brand first and AVIF among the compatible ones.
        if data[8:12] in {b"mif1", b"miaf"} and b"avif" in compatible[:128]:
            return _AVIF
        return _BRANDS.get(data[8:12])
    beginning = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith(b"<svg") or (beginning.startswith(b"<?xml") and b"<svg" in beginning):
        return _SVG
    return None


def looks_cut_short(kind: Format, data: bytes) -> bool:
    """Return whether a file that could not be read lacks its end, as far as its type can tell."""
    if kind is _PNG:
        return b"IEND" not in data[-64:]
    if kind is _JPEG:
        return b"\xff\xd9" not in data[-1024:]
    if kind is _WEBP:
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind is _BMP:
        return int.from_bytes(data[2:6], "little") > len(data)
    return kind in {_AVIF, _HEIC} and _boxes_end(data) > len(data)


def _boxes_end(data: bytes) -> int:
    """Return where the last box of the file would end (ISO/IEC 14496-12, 4.2: its size, then its type)."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        if size == 1:  # the size follows in eight bytes
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < 8:  # 0: up to the end of the file
            return len(data)
        at += size
    return at
