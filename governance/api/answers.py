"""What every address of the API does alike: who asks, by which method, and how a refusal is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from governance.errors import GovernanceError, NotAllowed, PlatformError, RequestError

# Five papers of ten megabytes as base64, and the words around them.
MAX_BODY = 70 * 1024 * 1024
_UNKNOWN = RequestError(
    "There is nothing at this address that you may see.", how_to_fix="Check the number.", code="not_found"
)
_SIGN_IN = RequestError("Nobody is signed in.", how_to_fix="Sign in as for the pages.", code="access.sign_in")


def endpoint(method: str, field_of: Callable[[RequestError], str] = lambda problem: "") -> Callable[..., Any]:
    """A view that answers JSON to ``method``. ``field_of``: which part of what was sent a refusal is about."""

    def decorate(view: Callable[..., JsonResponse]) -> Callable[..., HttpResponse]:
        @login_not_required
        @wraps(view)
        def answer(request: HttpRequest, *values: Any, **named: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _refusal(_SIGN_IN, 401)
            if request.method != method:
                problem = RequestError(f"Got {request.method}; expected {method}.", code="method")
                return _refusal(problem, 405, headers={"Allow": method})
            try:
                return view(request, *values, **named)
            except Http404:
                return _refusal(_UNKNOWN, 404)
            except RequestError as problem:
                return _refusal(problem, 403 if isinstance(problem, NotAllowed) else 400, field_of(problem))
            except PlatformError as problem:
                return _refusal(problem, 500 if problem.permanent else 503)

        return answer

    return decorate


def _refusal(
    problem: GovernanceError, status: int, field: str = "", headers: dict[str, str] | None = None
) -> JsonResponse:
    error = {"code": problem.code, "field": field, "message": problem.message, "how_to_fix": problem.how_to_fix}
    return JsonResponse({"error": error}, status=status, headers=headers)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises RequestError ``body.json`` or ``body.too_large``."""
    data = request.read(MAX_BODY + 1)
    if len(data) > MAX_BODY:
        raise RequestError(
            f"Got more than {MAX_BODY:,} bytes.", how_to_fix="Attach the signed pages only.", code="body.too_large"
        )
    try:
        body = json.loads(data, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        raise _not_json(str(problem)) from problem
    if not isinstance(body, dict):
        raise _not_json(f"got {type(body).__name__}")
    return body


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _not_json(why: str) -> RequestError:
    return RequestError(
        f"What was sent is not a JSON object: {why}.", how_to_fix="Send one, in UTF-8.", code="body.json"
    )
