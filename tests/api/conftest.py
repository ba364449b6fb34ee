"""One face beside the API is the page, rendered as in production."""

from __future__ import annotations

from tests.web.conftest import collected_assets

__all__ = ["collected_assets"]
