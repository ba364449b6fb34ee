"""Deployment targets and the use determined for them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import may, require, visible_clients
from governance.errors import RequestError
from governance.models import DeploymentTarget, Project
from governance.reports.clients import use_of
from governance.reports.fact_changes import changed_since_signing, changes_of
from governance.reports.jobs import page_of_jobs, visible_jobs
from governance.services.work import create_target, determine_use
from governance.web.forms.targets import DeterminationForm, TargetForm


def find_target(request: HttpRequest, pk: int) -> DeploymentTarget:
    """The target, if it exists for this user; else 404."""
    targets = DeploymentTarget.objects.select_related("project__client", "created_by")
    return get_object_or_404(targets.filter(project__client__in=visible_clients(request.user)), pk=pk)


@require_safe
def target_page(request: HttpRequest, pk: int) -> HttpResponse:
    target = find_target(request, pk)
    client = target.project.client_id
    context = {
        "target": target,
        "use": use_of(target),
        "changes": changes_of(target),
        "since_signing": changed_since_signing(target),
        "may_restate": may(request.user, "fact.restate", client),
        "jobs": page_of_jobs(visible_jobs(request.user).filter(target=target), size=5).rows,
        "may_determine": may(request.user, "use.determine", client),
        "may_request": may(request.user, "job.request", client),
        "may_hold": may(request.user, "hold.place"),
    }
    return render(request, "targets/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def target_new(request: HttpRequest, project: int) -> HttpResponse:
    projects = Project.objects.select_related("client").filter(client__in=visible_clients(request.user))
    owner = get_object_or_404(projects, pk=project)
    require(request.user, "target.create", owner.client_id)
    form = TargetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            target = create_target(request.user, owner, form.description())
        except RequestError as problem:
            field = "territory" if problem.code.startswith("territory.") else "name"
            form.add_error(field, f"{problem.message} {problem.how_to_fix}")
        else:
            messages.success(request, f"{target} is added.")
            return redirect("target", pk=target.pk)
    return render(request, "targets/new.html", {"form": form, "project": owner}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def determination_new(request: HttpRequest, target: int) -> HttpResponse:
    found = find_target(request, target)
    require(request.user, "use.determine", found.project.client_id)
    form = DeterminationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        signed = determine_use(request.user, found, **form.cleaned_data)
        messages.success(request, f"Signed: {signed.get_result_display().lower()}.")
        return redirect("target", pk=found.pk)
    context = {"form": form, "target": found, "use": use_of(found)}
    return render(request, "targets/determination_new.html", context, status=400 if form.errors else 200)
