"""Correcting the facts of a project or a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from governance.access import require, visible_clients
from governance.errors import NotAllowed, RequestError
from governance.models import Project
from governance.services.facts import restate_project, restate_target
from governance.web.forms.evidence import refuse
from governance.web.forms.facts import FIELDS, ProjectFactsForm, TargetFactsForm, project_facts, target_facts
from governance.web.views.targets import find_target


@require_http_methods(["GET", "HEAD", "POST"])
def project_restate(request: HttpRequest, pk: int) -> HttpResponse:
    owned = Project.objects.select_related("client").filter(client__in=visible_clients(request.user))
    project = get_object_or_404(owned, pk=pk)
    require(request.user, "fact.restate", project.client_id)
    form = ProjectFactsForm(request.POST or None, initial=project_facts(project))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if _restated(request, form, lambda: restate_project(request.user, project, **form.facts(), reason=reason)):
            return redirect("client-list")
    context = {"form": form, "subject": project, "project": project}
    return render(request, "targets/facts_edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def target_restate(request: HttpRequest, pk: int) -> HttpResponse:
    target = find_target(request, pk)
    require(request.user, "fact.restate", target.project.client_id)
    form = TargetFactsForm(request.POST or None, initial=target_facts(target))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if _restated(request, form, lambda: restate_target(request.user, target, form.facts(), reason)):
            return redirect("target", target.pk)
    context = {"form": form, "subject": target, "project": target.project, "target": target}
    return render(request, "targets/facts_edit.html", context, status=400 if form.errors else 200)


def _restated(request: HttpRequest, form: forms.Form, act: Callable[[], tuple[Any, ...]]) -> bool:
    try:
        changes = act()
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, FIELDS)
        return False
    facts = f"{len(changes)} fact{'s' if len(changes) > 1 else ''}"
    messages.success(request, f"{facts} corrected. Work in hand is judged by them from now on.")
    return True
