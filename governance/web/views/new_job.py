"""A new job: choose where the pictures go, see the routes, submit."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import may, require, visible_clients
from governance.adapters.pictures import DEFAULT_LIMITS
from governance.errors import RequestError
from governance.models import DeploymentTarget
from governance.reports.clients import use_of
from governance.reports.routes import preview
from governance.services.submissions import LeftOut, submit_pictures
from governance.web.forms.jobs import ACCEPT, JobForm, RoutesForm

SHOWN = 20


def choosable_targets(request: HttpRequest) -> QuerySet[DeploymentTarget]:
    """The targets this user may submit work for."""
    clients = [client.pk for client in visible_clients(request.user) if may(request.user, "job.request", client.pk)]
    found = DeploymentTarget.objects.filter(project__client__in=clients, archived_at=None)
    return found.select_related("project__client").order_by("project__client__name", "project__name", "name")


@require_http_methods(["GET", "HEAD", "POST"])
def job_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "job.request")
    targets = choosable_targets(request)
    if request.method != "POST":
        asked = RoutesForm(request.GET or None, targets=targets)
        chosen = asked.cleaned_data["target"] if asked.is_bound and asked.is_valid() else None
        return _page(request, JobForm(targets=targets, initial={"target": chosen}), chosen)
    form = JobForm(request.POST, request.FILES, targets=targets)
    if not form.is_valid():
        return _page(request, form, form.cleaned_data.get("target"), picked=request.POST.get("model", ""))
    return _submit(request, form)


def _submit(request: HttpRequest, form: JobForm) -> HttpResponse:
    asked = form.cleaned_data
    try:
        done = submit_pictures(request.user, asked["target"], asked["model"], asked["pictures"], asked["key"])
    except RequestError as problem:
        form.add_error(None, f"{problem.message} {problem.how_to_fix}")
        return _page(request, form, asked["target"], picked=asked["model"].pk)
    if done.job is None:
        return _page(request, form, asked["target"], picked=asked["model"].pk, left_out=done.left_out)
    for file in done.left_out[:SHOWN]:
        messages.warning(request, f"{file.file_name} was left out. {file.message} {file.how_to_fix}")
    if len(done.left_out) > SHOWN:
        messages.warning(request, f"{len(done.left_out) - SHOWN} more files were left out.")
    return redirect("job", pk=done.job.pk)


def _page(
    request: HttpRequest,
    form: JobForm,
    target: DeploymentTarget | None,
    picked: str = "",
    left_out: tuple[LeftOut, ...] = (),
) -> HttpResponse:
    context = {
        "form": form,
        "left_out": left_out,
        "accept": ACCEPT,
        "max_files": settings.MAX_FILES_PER_REQUEST,
        "max_bytes": DEFAULT_LIMITS.max_bytes,
        **_routes(target, 1, picked),
    }
    return render(request, "jobs/new.html", context, status=400 if form.errors or left_out else 200)


def _routes(target: DeploymentTarget | None, pictures: int, picked: str = "") -> dict[str, object]:
    if target is None:
        return {"target": None}
    found = preview(target, pictures)
    return {"target": target, "use": use_of(target), "preview": found, "picked": picked or found.default()}


@require_safe
def job_routes(request: HttpRequest) -> HttpResponse:
    """The table of routes for a target, as a fragment; an empty choice gives the hint instead."""
    require(request.user, "job.request")
    form = RoutesForm(request.GET, targets=choosable_targets(request))
    if not form.is_valid() and request.GET.get("target"):
        raise Http404
    target, pictures = form.cleaned_data.get("target"), form.cleaned_data.get("pictures") or 1
    return render(
        request, "jobs/_routes.html", _routes(target, pictures, request.GET.get("model", "")) | {"swap": True}
    )
