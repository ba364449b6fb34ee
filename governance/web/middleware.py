"""Turn our own errors into pages that say what happened and what to do, and answer the health check."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from governance.errors import GovernanceError, NotAllowed, PlatformError, RequestError
from governance.web.views.errors import database_away, failure

log = logging.getLogger(__name__)


class ErrorPages:
    """GovernanceError → its page; a database that is away → a page that needs none; GET /healthz → ok."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Answered before anything looks at the Host header or the session: probes know neither.
        if request.path == "/healthz" and request.method in ("GET", "HEAD"):
            return HttpResponse("ok", content_type="text/plain")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """The page for ``problem``; None leaves it to Django."""
        if isinstance(problem, (OperationalError, InterfaceError)):
            log.error("The database does not answer: %s", problem)
            return database_away(request)
        if isinstance(problem, GovernanceError):
            return failure(request, problem, _status(problem))
        return None


def _status(problem: GovernanceError) -> int:
    if isinstance(problem, NotAllowed):
        return 403
    if isinstance(problem, RequestError):
        return 400
    log.error("%s", problem)
    if isinstance(problem, PlatformError) and not problem.permanent:
        return 503
    return 500
