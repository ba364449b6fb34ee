"""Files as answers."""

from __future__ import annotations

import io

from django.http import FileResponse


def attachment(data: bytes, name: str, media_type: str) -> FileResponse:
    """``data`` as a download called ``name``, streamed, never shown in place."""
    return FileResponse(io.BytesIO(data), as_attachment=True, filename=name, content_type=media_type)
