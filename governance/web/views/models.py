"""Models and licences, as the catalogue has them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from governance.access import may
from governance.models import ModelVersion
from governance.reports.catalogue import model_detail
from governance.reports.catalogue import model_list as list_of
from governance.reports.claims import claims_of, lineage_of
from governance.reports.resolutions import resolutions_of


@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    return render(request, "models/list.html", {"catalogue": list_of()})


@require_GET
def model_page(request: HttpRequest, slug: str) -> HttpResponse:
    detail = model_detail(slug)
    if detail is None:
        raise Http404
    now, user = timezone.now(), request.user
    context = {
        "model": detail,
        "claims": claims_of(slug, now),
        "lineage": lineage_of(ModelVersion.objects.get(slug=slug), now),
        "resolutions": resolutions_of(slug),
        "may_settle": may(user, "resolution.record"),
        "may_approve": may(user, "resolution.approve"),
        "may_hold": may(user, "hold.place"),
        "may_read_papers": may(user, "evidence.read"),
    }
    return render(request, "models/page.html", context)
