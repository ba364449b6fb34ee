"""Pages for what went wrong: the reader learns what happened and what to do next."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from governance.errors import GovernanceError

_TITLES = {
    400: "This cannot be done as asked",
    403: "Your account may not do this",
    500: "Something failed on our side",
    503: "Not available just now",
}


def failure(request: HttpRequest, problem: GovernanceError, status: int) -> HttpResponse:
    """The page for one of our own errors."""
    return render(
        request, "error.html", {"problem": problem, "title": _TITLES[status], "status": status}, status=status
    )


def database_away(request: HttpRequest) -> HttpResponse:
    """503, from a template that touches no database, session or user."""
    return HttpResponse(render_to_string("error_away.html"), status=503, headers={"Retry-After": "10"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django refused the request before a view saw it."""
    too_many = isinstance(exception, TooManyFilesSent)
    return HttpResponse(
        render_to_string(
            "error_bad_request.html", {"too_many_files": too_many, "limit": settings.MAX_FILES_PER_REQUEST}
        ),
        status=400,
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What does not exist, or does not exist for this user: the same answer."""
    return render(request, "error_not_found.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort, needing neither database nor user; a database that is away says so."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return database_away(request)
    return HttpResponse(render_to_string("error_server.html"), status=500)
