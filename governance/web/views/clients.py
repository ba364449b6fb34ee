"""Clients with their projects and targets."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from governance.access import may, require, visible_clients
from governance.errors import RequestError
from governance.reports.clients import clients_with_work
from governance.services.work import create_client, create_project
from governance.web.forms.clients import ClientForm, ProjectForm


@require_safe
def client_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "clients/list.html",
        {
            "clients": clients_with_work(request.user),
            "may_add_client": may(request.user, "client.create"),
            "may_hold": may(request.user, "hold.place"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "client.create")
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            client = create_client(request.user, form.cleaned_data["name"])
        except RequestError as problem:
            form.add_error("name", str(problem.message))
        else:
            messages.success(request, f"{client} is added. Next: its first project.")
            return redirect("project-new", client=client.pk)
    return render(request, "clients/new.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest, client: int) -> HttpResponse:
    owner = get_object_or_404(visible_clients(request.user), pk=client)
    require(request.user, "project.create", owner.pk)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = create_project(request.user, owner, **form.cleaned_data)
        except RequestError as problem:
            form.add_error(None, f"{problem.message} {problem.how_to_fix}")
        else:
            messages.success(request, f"{project} is added. Next: where its pictures go.")
            return redirect("target-new", project=project.pk)
    return render(
        request, "clients/project_new.html", {"form": form, "client": owner}, status=400 if form.errors else 200
    )
