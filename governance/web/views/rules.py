"""The rules in force."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from governance.reports.rules import rule_book


@require_GET
def rule_list(request: HttpRequest) -> HttpResponse:
    return render(request, "rules/list.html", {"book": rule_book(timezone.now())})
