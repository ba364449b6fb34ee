"""Holds: the list, one, placing and lifting."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access import may, may_about, require
from governance.errors import NotAllowed, RequestError
from governance.models import Hold
from governance.reports.holds import HoldLine, hold_line, touched_by
from governance.reports.holds import hold_list as list_of
from governance.services.holds import client_of_hold, lift_hold, place_hold
from governance.web.forms.holds import FIELDS, AskedForm, HoldForm, LiftForm
from governance.web.forms.refused import refuse


@require_safe
def hold_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {"holds": list_of(request.user, now), "now": now, "may_place": may(request.user, "hold.place")}
    return render(request, "holds/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def hold_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "hold.place")
    form = HoldForm(request.POST or None, initial=AskedForm(request.GET).asked())
    placed = _place(request, form) if request.method == "POST" and form.is_valid() else None
    if placed is not None:
        messages.success(request, f"{placed} is in force. What it touches stops at its next check.")
        return redirect("hold", placed.ref)
    return render(request, "holds/new.html", {"form": form}, status=400 if form.errors else 200)


def _place(request: HttpRequest, form: HoldForm) -> Hold | None:
    try:
        return place_hold(request.user, **form.cleaned_data)
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, FIELDS)
        return None


@require_safe
def hold_page(request: HttpRequest, ref: str) -> HttpResponse:
    return _page(request, _find(request, ref), LiftForm())


@require_POST
def lift(request: HttpRequest, ref: str) -> HttpResponse:
    line, form = _find(request, ref), LiftForm(request.POST)
    if form.is_valid():
        try:
            lift_hold(request.user, get_object_or_404(Hold, ref=ref), form.cleaned_data["reason"])
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, _lifted(ref, line))
            return redirect("hold", ref)
    return _page(request, _find(request, ref), form, status=400)


def _lifted(ref: str, before: HoldLine) -> str:
    if before.lifts:
        return f"{ref} is lifted. Held work is asked about again and goes on by itself."
    return f"You have lifted {ref}. It stays in force until a second person does."


def _find(request: HttpRequest, ref: str) -> HoldLine:
    line = hold_line(request.user, ref, timezone.now())
    if line is None:
        raise Http404
    return line


def _page(request: HttpRequest, line: HoldLine, form: LiftForm, status: int = 200) -> HttpResponse:
    user = request.user
    lifts = line.in_force and may_about(user, "hold.lift", client_of_hold(Hold.objects.get(pk=line.pk)))
    mine = any(each.by == user.get_username() for each in line.lifts)
    context = {
        "line": line,
        "touched": touched_by(line, user),
        "form": form,
        "may_lift": lifts and not mine,
        "lifted_by_me": lifts and mine,
    }
    return render(request, "holds/page.html", context, status=status)
