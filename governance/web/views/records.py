"""A provenance record and how to check it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from governance.reports.chain import chain_for_output
from governance.reports.records import record_detail, visible_records


@require_GET
def record_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = get_object_or_404(visible_records(request.user), pk=pk)
    context = {"record": record_detail(row), "chain": chain_for_output(row.output)}
    return render(request, "records/page.html", context)
