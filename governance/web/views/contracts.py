"""Contracts: the list, one with its versions and the rights that rest on it, and entering one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from governance.access import may, require
from governance.errors import RequestError
from governance.models import Contract
from governance.reports.contracts import contract_history, newest_of
from governance.reports.contracts import contract_list as list_of
from governance.reports.entitlements import may_read_evidence
from governance.services.contracts import enter_contract
from governance.web.forms.contracts import ContractForm, amended, show_refusal


@require_GET
def contract_list(request: HttpRequest) -> HttpResponse:
    if not may_read_evidence(request.user):
        raise Http404
    context = {
        "contracts": list_of(request.user, timezone.now()),
        "may_enter": may(request.user, "contract.enter"),
    }
    return render(request, "contracts/list.html", context)


@require_GET
def contract_page(request: HttpRequest, ref: str) -> HttpResponse:
    history = contract_history(request.user, ref, timezone.now())
    if history is None:
        raise Http404
    context = {
        "history": history,
        "may_enter": may(request.user, "contract.enter"),
        "may_enter_entitlement": may(request.user, "entitlement.enter"),
    }
    return render(request, "contracts/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "contract.enter")
    ref = request.GET.get("ref", "")
    before = newest_of(request.user, ref)
    if ref and before is None:
        raise Http404
    form = ContractForm(request.POST or None, request.FILES or None, initial=amended(before) if before else {})
    entered = _enter(request, form, ref) if request.method == "POST" and form.is_valid() else None
    if entered is not None:
        messages.success(request, f"{entered} entered. Rights under it are entered as entitlements.")
        return redirect("contract", entered.ref)
    context = {"form": form, "ref": ref, "version": before.version + 1 if before else 1}
    return render(request, "contracts/new.html", context, status=400 if form.errors else 200)


def _enter(request: HttpRequest, form: ContractForm, ref: str) -> Contract | None:
    try:
        return enter_contract(request.user, form.terms(), form.papers(), ref)
    except RequestError as problem:
        show_refusal(form, problem)
        return None
