"""The audit export: its scope, its figures, and the two documents."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.access import require, require_about
from governance.licensing.jsonshape import to_plain
from governance.models import Report
from governance.provenance.canonical import canonical
from governance.reports.audit import audit_report, count, preview
from governance.reports.audit_csv import csv_lines
from governance.reports.audit_shapes import NOT_COVERED, AuditScope
from governance.services.exports import record_report
from governance.web.forms.audit import AuditScopeForm

PREVIEW = 20


@require_GET
def audit_page(request: HttpRequest) -> HttpResponse:
    require(request.user, "audit.export")
    form = AuditScopeForm(request.GET, user=request.user)
    if not form.is_valid():
        return render(request, "audit/page.html", {"form": form}, status=400)
    scope = form.scope()
    require_about(request.user, "audit.export", scope.client)
    outputs, blocked = preview(scope, PREVIEW)
    shown = {"scope": scope, "totals": count(scope), "outputs": outputs, "blocked": blocked}
    about = {"form": form, "not_covered": NOT_COVERED, "query": urlencode(form.query(scope))}
    return render(request, "audit/page.html", shown | about)


@require_GET
def audit_export(request: HttpRequest) -> HttpResponseBase:
    require(request.user, "audit.export")
    form = AuditScopeForm(request.GET, user=request.user)
    if not form.is_valid():
        return render(request, "audit/page.html", {"form": form}, status=400)
    scope, ending = form.scope(), form.cleaned_data["format"] or "json"
    require_about(request.user, "audit.export", scope.client)
    name, asked = _file_name(scope, ending), to_plain(scope)
    if ending == "csv":
        lines = (line.encode() for line in csv_lines(scope))
        made = record_report(request.user, Report.Kind.AUDIT_CSV, asked, lines, scope.client)
        return FileResponse(made.content, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    document = canonical(audit_report(scope).as_json())
    record_report(request.user, Report.Kind.AUDIT_JSON, asked, [document], scope.client).content.close()
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(document, content_type="application/json", headers=named)


def _file_name(scope: AuditScope, ending: str) -> str:
    of = f"client-{scope.client}" if scope.client else "all-clients"
    return f"clearcut-audit-{of}-{scope.first}-{scope.last}.{ending}"
