"""Decisions, dry runs and purchased rights as JSON: the pages' own reports and services."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from governance.access import require, visible_clients
from governance.api.answers import body_of, endpoint
from governance.models import DeploymentTarget
from governance.reports.decisions import explained, visible_decisions
from governance.reports.evaluation import FIELDS, dry_run
from governance.services.entitlement_entry import field_of, grant_of
from governance.services.entitlements import enter_entitlement
from governance.services.entry import EntryRefused, read


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dry run is asked: a model's name, a target's number, and how many pictures."""

    model: str
    target: int
    pictures: int = 1


@endpoint("GET")
def job_explanation(request: HttpRequest, pk: int) -> JsonResponse:
    """What ``manage.py explain JOB --json`` says: the newest decision, or with ``?all=1`` every one, oldest first."""
    rows = list(visible_decisions(request.user).filter(job=pk).order_by("-pk"))
    if not rows:
        raise Http404
    chosen = rows[::-1] if request.GET.get("all") == "1" else rows[:1]
    return JsonResponse([explained(row).as_json() for row in chosen], safe=False)


@endpoint("GET")
def decision(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse(explained(get_object_or_404(visible_decisions(request.user), pk=pk)).as_json())


@endpoint("POST", lambda problem: getattr(problem, "field", "") or FIELDS.get(problem.code, ""))
def evaluations(request: HttpRequest) -> JsonResponse:
    """A dry run, as ``manage.py evaluate --json``. Stores nothing."""
    asked = read(Asked, body_of(request))
    targets = DeploymentTarget.objects.select_related("project__client").filter(
        project__client__in=visible_clients(request.user), archived_at=None
    )
    target = get_object_or_404(targets, pk=asked.target)
    require(request.user, "route.evaluate", target.project.client_id)
    return JsonResponse(dry_run(target, asked.model, asked.pictures, request.user.get_username()).as_json())


@endpoint("POST", field_of)
def entitlements(request: HttpRequest) -> JsonResponse:
    """Enter a purchased right, or with ``ref`` its next version. ``evidence``: the papers as a list of base64."""
    require(request.user, "entitlement.enter")
    body = body_of(request)
    ref, evidence = body.pop("ref", ""), _papers(body.pop("evidence", []))
    if not isinstance(ref, str):
        raise EntryRefused("ref", f"ref: got {ref!r}; expected text.", how_to_fix="Write it as ENT-0017.")
    row = enter_entitlement(request.user, grant_of(body), evidence, ref)
    return JsonResponse({"ref": row.ref, "version": row.version, "verified": False}, status=201)


def _papers(given: Any) -> tuple[bytes, ...]:
    try:
        if not isinstance(given, list):
            raise TypeError(f"a {type(given).__name__}")
        return tuple(base64.b64decode(each, validate=True) for each in given)
    except (TypeError, ValueError, binascii.Error) as problem:
        raise EntryRefused(
            "evidence",
            f"evidence: got something else than base64 ({problem}); expected a list of files as base64.",
            how_to_fix="Encode each file by itself (RFC 4648, section 4).",
        ) from problem
