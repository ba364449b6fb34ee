"""The log, and the public keys to check it with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from governance.adapters import keys
from governance.reports.ledger import log_state


@require_GET
def ledger_page(request: HttpRequest) -> HttpResponse:
    return render(request, "ledger/page.html", {"log": log_state(request.user, timezone.now())})


@require_GET
def trust_file(request: HttpRequest) -> HttpResponse:
    # Read and written again, so that nothing but what a trust file holds (public keys) can ever leave here.
    named = {"Content-Disposition": 'attachment; filename="trust.json"'}
    return HttpResponse(keys.trust().to_bytes(), content_type="application/json", headers=named)
