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
from governance.reports.entitlements import entitlement_history, readable_evidence, visible_entitlements
from governance.reports.entitlements import entitlement_list as list_of
from governance.services.entitlements import end_entitlement, enter_entitlement, verify_entitlement
from governance.web.forms.entitlements import EndForm, EntitlementForm, show_refusal


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
    return _page(request, ref, EndForm(initial={"on": timezone.now().date()}))


@require_http_methods(["GET", "HEAD", "POST"])
def entitlement_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "entitlement.enter")
    ref = request.GET.get("ref", "")
    if ref and not visible_entitlements(request.user).filter(ref=ref).exists():
        raise Http404
    form = EntitlementForm(request.POST or None, request.FILES or None, user=request.user)
    entered = _enter(request, form, ref) if request.method == "POST" and form.is_valid() else None
    if entered is not None:
        messages.success(request, f"{entered} entered. It gives no right until another person verifies it.")
        return redirect("entitlement", entered.ref)
    context = {"form": form, "ref": ref}
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
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            end_entitlement(request.user, ref, form.ended_at(), form.cleaned_data["reason"])
        except RequestError as problem:
            show_refusal(form, problem)
        else:
            messages.success(request, f"{ref} ended. Work that relies on it stops at its next check.")
            return redirect("entitlement", ref)
    return _page(request, ref, form, status=400)


@require_GET
def evidence(request: HttpRequest, sha256: str) -> HttpResponse:
    if not readable_evidence(request.user, sha256):
        raise Http404
    data = blobs.get(sha256)
    ending = "pdf" if data.startswith(b"%PDF-") else "bin"
    named = {"Content-Disposition": f'attachment; filename="evidence-{sha256[:12]}.{ending}"'}
    return HttpResponse(data, content_type="application/octet-stream", headers=named)


def _page(request: HttpRequest, ref: str, form: EndForm, status: int = 200) -> HttpResponse:
    history = entitlement_history(request.user, ref, timezone.now())
    if history is None:
        raise Http404
    user, current = request.user, history.current
    context = {
        "history": history,
        "end_form": form,
        "may_verify": may(user, "entitlement.verify") and current.entered_by != user.get_username(),
        "may_end": may(user, "entitlement.end") and history.end is None,
        "may_enter": may(user, "entitlement.enter"),
    }
    return render(request, "entitlements/page.html", context, status=status)
