"""Nightly sweeps: the list and one with what it found."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.access import require
from governance.reports import sweeps as report


@require_GET
def sweep_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "rights.read")
    return render(request, "sweeps/list.html", {"sweeps": report.sweep_list()})


@require_GET
def sweep_page(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.user, "rights.read")
    page = report.sweep_page(request.user, pk)
    if page is None:
        raise Http404
    return render(request, "sweeps/page.html", {"page": page})
