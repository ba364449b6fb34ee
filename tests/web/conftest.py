"""Pages are rendered as in production: with the collected, hashed assets."""

from __future__ import annotations

import pytest
from django.core.management import call_command


@pytest.fixture(scope="session", autouse=True)
def collected_assets() -> None:
    """Into the test run's own state folder; a page that names a file that is not there fails."""
    call_command("collectstatic", interactive=False, verbosity=0)
