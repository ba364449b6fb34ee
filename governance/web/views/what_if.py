"""What if: one hypothesis, answered from stored decisions. Asking stores nothing, so the question is in the URL."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.access import require
from governance.errors import RequestError
from governance.reports.what_if import what_if
from governance.services.holds import resolve_subject
from governance.web.forms.policies import WhatIfForm
from governance.web.forms.refused import advice


@require_GET
def what_if_page(request: HttpRequest) -> HttpResponse:
    require(request.user, "what_if.ask")
    asked = "suppose" in request.GET
    form = WhatIfForm(request.GET if asked else None, initial={"suppose": "entitlement"})
    if not asked or not form.is_valid() or not _found(request, form):
        return render(request, "what_if/page.html", {"form": form}, status=400 if asked else 200)
    moment = None if form.cleaned_data["then"] else form.moment()
    context = {"form": form, "answer": what_if(request.user, form.hypothesis(), moment), "moment": moment}
    return render(request, "what_if/page.html", context)


def _found(request: HttpRequest, form: WhatIfForm) -> bool:
    """Whether what is supposed to be held exists for this reader: of nothing, nothing would change."""
    if form.cleaned_data["suppose"] != "hold":
        return True
    try:
        form.hold_on(resolve_subject(request.user, form.scope_held(), form.cleaned_data["hold_ref"])[0])
    except RequestError as problem:
        form.add_error("hold_ref", advice(problem))
    return form.is_valid()
