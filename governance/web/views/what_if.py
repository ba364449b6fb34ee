"""What if: one hypothesis, answered from stored decisions. Asking stores nothing, so the question is in the URL."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.access import require
from governance.reports.what_if import what_if
from governance.web.forms.policies import WhatIfForm


@require_GET
def what_if_page(request: HttpRequest) -> HttpResponse:
    require(request.user, "what_if.ask")
    asked = "suppose" in request.GET
    form = WhatIfForm(request.GET if asked else None, initial={"suppose": "entitlement"})
    if not asked or not form.is_valid():
        return render(request, "what_if/page.html", {"form": form}, status=400 if asked else 200)
    moment = None if form.cleaned_data["then"] else form.moment()
    context = {"form": form, "answer": what_if(request.user, form.hypothesis(), moment), "moment": moment}
    return render(request, "what_if/page.html", context)
