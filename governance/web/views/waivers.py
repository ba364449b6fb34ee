"""Waivers: the list, one with its history, asking, answering, revoking."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access import may, require
from governance.errors import NotAllowed, RequestError
from governance.models import Waiver
from governance.reports.waivers import visible_waivers
from governance.reports.waivers import waiver_list as list_of
from governance.reports.waivers import waiver_page as page_of
from governance.services.waivers import answer_waiver, client_of, request_waiver, revoke_waiver
from governance.web.forms.refused import refuse
from governance.web.forms.waivers import FIELDS, AnswerForm, AskedForm, RevocationForm, WaiverFilterForm, WaiverForm


@require_safe
def waiver_list(request: HttpRequest) -> HttpResponse:
    form, now = WaiverFilterForm(request.GET, user=request.user), timezone.now()
    valid = form.is_valid()
    asked = form.cleaned_data
    found = list_of(request.user, now, asked.get("state", ""), asked.get("client"))
    context = {
        "form": form,
        "found": found,
        "filtered": any(asked.values()),
        "now": now,
        "may_request": may(request.user, "waiver.request"),
    }
    return render(request, "waivers/list.html", context, status=200 if valid else 400)


@require_http_methods(["GET", "HEAD", "POST"])
def waiver_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "waiver.request")
    asked = AskedForm(request.GET).asked()
    former = _find(request, asked.pop("renews")) if "renews" in asked else None
    form = WaiverForm(request.POST or None, user=request.user, asked=asked, renews=former)
    made = _ask(request, form) if request.method == "POST" and form.is_valid() else None
    if made is not None:
        messages.success(request, f"{made} is put before legal. It relaxes nothing until another person approves it.")
        return redirect("waiver", made.ref)
    context = {"form": form, "renews": former}
    return render(request, "waivers/new.html", context, status=400 if form.errors else 200)


def _ask(request: HttpRequest, form: WaiverForm) -> Waiver | None:
    try:
        return request_waiver(request.user, form.request())
    except RequestError as problem:
        refuse(form, problem, FIELDS)
        return None


@require_safe
def waiver_page(request: HttpRequest, ref: str) -> HttpResponse:
    return _page(request, _find(request, ref))


@require_POST
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    row, form = _find(request, ref), AnswerForm(request.POST)
    if form.is_valid():
        try:
            given = answer_waiver(request.user, row, **form.cleaned_data)
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            waits = "Held work it helps goes on by itself." if given.approved else "It relaxes nothing."
            messages.success(request, f"{row} {'approved' if given.approved else 'declined'}. {waits}")
            return redirect("waiver", ref)
    return _page(request, _find(request, ref), answer_form=form)


@require_POST
def revoke(request: HttpRequest, ref: str) -> HttpResponse:
    row, form = _find(request, ref), RevocationForm(request.POST)
    if form.is_valid():
        try:
            revoke_waiver(request.user, row, form.cleaned_data["reason"])
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, f"{row} revoked. Work that needs it stops at its next check.")
            return redirect("waiver", ref)
    return _page(request, _find(request, ref), revocation_form=form)


def _find(request: HttpRequest, ref: str) -> Waiver:
    return get_object_or_404(visible_waivers(request.user), ref=ref)


def _page(
    request: HttpRequest,
    row: Waiver,
    answer_form: AnswerForm | None = None,
    revocation_form: RevocationForm | None = None,
) -> HttpResponse:
    user, client, page = request.user, client_of(row).pk, page_of(row, timezone.now())
    answers = may(user, "waiver.answer", client)
    context = {
        "page": page,
        "line": page.line,
        "answer_form": answer_form or AnswerForm(),
        "revocation_form": revocation_form or RevocationForm(),
        "may_answer": answers and row.requested_by_id != user.pk,
        "mine": answers and row.requested_by_id == user.pk,
        "may_revoke": page.line.state in ("active", "upcoming", "used_up") and may(user, "waiver.revoke", client),
        "may_renew": page.line.approved and not page.line.revocation and may(user, "waiver.request", client),
    }
    return render(request, "waivers/page.html", context, status=400 if answer_form or revocation_form else 200)
