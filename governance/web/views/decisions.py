"""Decisions: the list, one explained, and one as a document."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from governance.reports.chain import chain_for_decision
from governance.reports.cure_links import steps_of
from governance.reports.decisions import decision_page as page_of
from governance.reports.decisions import explained, published, visible_decisions
from governance.reports.entitlements import may_read_evidence
from governance.web.forms.decisions import DecisionFilterForm


@require_GET
def decision_list(request: HttpRequest) -> HttpResponse:
    form = DecisionFilterForm(request.GET, user=request.user)
    if not form.is_valid():
        return render(request, "decisions/list.html", {"form": form}, status=400)
    page = page_of(request.user, form.filter())
    return render(request, "decisions/list.html", {"form": form, "page": page})


@require_GET
def decision_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(visible_decisions(request.user), pk=pk)
    context = {
        "decision": explained(row),
        "row": row,
        "chain": chain_for_decision(row),
        "steps": steps_of(request.user, row),
    }
    return render(request, "decisions/page.html", context)


@require_GET
def decision_json(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(visible_decisions(request.user), pk=pk)
    named = {"Content-Disposition": f'attachment; filename="decision-{row.pk}.json"'}
    content = published(row, with_grants=may_read_evidence(request.user))
    return HttpResponse(content, content_type="application/json", headers=named)
