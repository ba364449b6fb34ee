"""Purchased rights: the list, one with its history, entering, verifying, ending, and the papers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.access import may, require
from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.models import Entitlement
from governance.reports.contracts import newest_of
from governance.reports.duties import duties_of_entitlement
from governance.reports.entitlements import (
    EntitlementHistory,
    entitlement_history,
    readable_evidence,
    visible_entitlements,
)
from governance.reports.entitlements import entitlement_list as list_of
from governance.services.entitlements import end_entitlement, enter_entitlement, verify_entitlement
from governance.web.forms.entitlements import EndForm, EntitlementForm, amended, show_refusal


@require_GET
def entitlement_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "entitlements": list_of(request.user, now),
        "now": now,
        "may_enter": may(request.user, "entitlement.enter"),
    }
    return render(request, "entitlements/list.html", context)


@require_GET
def entitlement_page(request: HttpRequest, ref: str) -> HttpResponse:
    return _page(request, _history(request, ref))


@require_http_methods(["GET", "HEAD", "POST"])
def entitlement_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "entitlement.enter")
    ref = request.GET.get("ref", "")
    before = visible_entitlements(request.user).filter(ref=ref).order_by("-version").first() if ref else None
    if ref and before is None:
        raise Http404
    initial = amended(before) if before else {"contract": newest_of(request.user, request.GET.get("contract", ""))}
    form = EntitlementForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    entered = _enter(request, form, ref) if request.method == "POST" and form.is_valid() else None
    if entered is not None:
        messages.success(request, f"{entered} entered. It gives no right until another person verifies it.")
        return redirect("entitlement", entered.ref)
    context = {"form": form, "ref": ref, "version": before.version + 1 if before else 1}
    return render(request, "entitlements/new.html", context, status=400 if form.errors else 200)


def _enter(request: HttpRequest, form: EntitlementForm, ref: str) -> Entitlement | None:
    try:
        return enter_entitlement(request.user, form.grant(), form.papers(), ref)
    except RequestError as problem:
        show_refusal(form, problem)
        return None


@require_POST
def verify(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    row = get_object_or_404(visible_entitlements(request.user), ref=ref, version=version)
    try:
        verify_entitlement(request.user, row)
    except NotAllowed:
        raise
    except RequestError as problem:
        messages.error(request, f"{problem.message} {problem.how_to_fix}".strip())
    else:
        messages.success(request, f"{row} verified.")
    return redirect("entitlement", ref)


@require_POST
def end(request: HttpRequest, ref: str) -> HttpResponse:
    require(request.user, "entitlement.end")
    history = _history(request, ref)
    form = EndForm(request.POST, versions=history.open)
    if form.is_valid():
        given = form.cleaned_data
        try:
            end_entitlement(request.user, ref, form.ended_at(), given["reason"], given["version"])
        except RequestError as problem:
            show_refusal(form, problem)
        else:
            messages.success(request, f"{ref} ended. Work that relies on it stops at its next check.")
            return redirect("entitlement", ref)
    return _page(request, history, form, status=400)


@require_GET
def evidence(request: HttpRequest, sha256: str) -> HttpResponse:
    if not readable_evidence(request.user, sha256):
        raise Http404
    data = blobs.get(sha256)
    ending = "pdf" if data.startswith(b"%PDF-") else "bin"
    named = {"Content-Disposition": f'attachment; filename="evidence-{sha256[:12]}.{ending}"'}
    return HttpResponse(data, content_type="application/octet-stream", headers=named)


def _history(request: HttpRequest, ref: str) -> EntitlementHistory:
    history = entitlement_history(request.user, ref, timezone.now())
    if history is None:
        raise Http404
    return history


def _page(
    request: HttpRequest, history: EntitlementHistory, form: EndForm | None = None, status: int = 200
) -> HttpResponse:
    user = request.user
    context = {
        "history": history,
        "end_form": form or EndForm(versions=history.open, initial={"on": timezone.now().date()}),
        "may_verify": may(user, "entitlement.verify"),
        "may_end": may(user, "entitlement.end") and history.end is None,
        "may_enter": may(user, "entitlement.enter"),
        "may_adjust": may(user, "quota.adjust"),
        "may_hold": may(user, "hold.place"),
        "may_suppose": may(user, "what_if.ask"),
        "duties": duties_of_entitlement(user, history.ref, timezone.now()),
        "may_acknowledge": may(user, "agent.acknowledge"),
    }
    return render(request, "entitlements/page.html", context, status=status)
