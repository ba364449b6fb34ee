"""Files that come in to be looked at, not kept: hashed piece by piece on the way."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest


class HashedUpload(FileUploadHandler):
    """Hashes every file of a form as it arrives, and stops at ``limit`` bytes of one, before the rest is kept.

    Put it before the other handlers. ``digests``: SHA-256 by field; ``too_large``: the field that went over.
    """

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.digests: dict[str, str] = {}
        self.too_large = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._hashed, self._size = hashlib.sha256(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._hashed.update(raw_data)
        self._size += len(raw_data)
        if self._size > self.limit:
            self.too_large = str(self.field_name)
            # The rest is read and dropped: a browser that is cut off shows nothing of what we have to say.
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        self.digests[str(self.field_name)] = self._hashed.hexdigest()
