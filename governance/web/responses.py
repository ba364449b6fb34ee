"""Files as answers."""

from __future__ import annotations

import io

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from governance.services.releases import Handover

# What a file of the type is called. Types that no worker writes keep a name that claims nothing.
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/tiff": "tif"}


def attachment(data: bytes, name: str, media_type: str) -> FileResponse:
    """``data`` as a download called ``name``, streamed, never shown in place."""
    return FileResponse(io.BytesIO(data), as_attachment=True, filename=name, content_type=media_type)


def handed_over(file: Handover, stem: str) -> StreamingHttpResponse:
    """The file as a download. Its pieces pass through our own check, never from the server's hand to the socket."""
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": str(content_disposition_header(True, f"{stem}.{ending_of(file.media_type)}")),
    }
    return StreamingHttpResponse(file, content_type=file.media_type, headers=headers)


def ending_of(media_type: str) -> str:
    """The usual ending of a file of this type, without the dot."""
    return _ENDINGS.get(media_type, "bin")
