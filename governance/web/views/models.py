"""Models and licences, as the catalogue has them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.reports.catalogue import model_detail
from governance.reports.catalogue import model_list as list_of


@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    return render(request, "models/list.html", {"catalogue": list_of()})


@require_GET
def model_page(request: HttpRequest, slug: str) -> HttpResponse:
    detail = model_detail(slug)
    if detail is None:
        raise Http404
    return render(request, "models/page.html", {"model": detail})
