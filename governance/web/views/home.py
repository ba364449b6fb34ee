"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.access import standing
from governance.models import Role
from governance.reports.home import home_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    roles = sorted(Role(role).label for role in standing(request.user).any_roles)
    return render(request, "home/home.html", {"home": home_of(request.user), "roles": roles})
