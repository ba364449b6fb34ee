"""Which of a model's declared licences holds: recording it, and another person's approval."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from governance.access import require
from governance.errors import NotAllowed, RequestError
from governance.models import DeclarationResolution, License, ModelVersion
from governance.services.resolutions import approve_resolution, record_resolution
from governance.web.forms.evidence import refuse
from governance.web.forms.licenses import RESOLUTION_FIELDS, ResolutionForm
from governance.web.views.licenses import acted


@require_http_methods(["GET", "HEAD", "POST"])
def resolution_new(request: HttpRequest, slug: str) -> HttpResponse:
    model = get_object_or_404(ModelVersion, slug=slug)
    require(request.user, "resolution.record")
    named = model.declarations.filter(subject="weights").exclude(license="NOASSERTION").values("license")
    declared = License.objects.filter(slug__in=named).order_by("name")
    form = ResolutionForm(request.POST or None, request.FILES or None, declared=declared)
    if request.method == "POST" and form.is_valid() and _record(request, model, form):
        messages.success(request, "The resolution is recorded. It counts once another person approves it.")
        return redirect("model", slug)
    context = {"form": form, "model": model}
    return render(request, "models/resolution_new.html", context, status=400 if form.errors else 200)


def _record(request: HttpRequest, model: ModelVersion, form: ResolutionForm) -> bool:
    given = form.cleaned_data
    try:
        record_resolution(request.user, model, given["license"], given["reason"], form.papers())
    except NotAllowed:
        raise
    except RequestError as problem:
        refuse(form, problem, RESOLUTION_FIELDS)
    return not form.errors


@require_POST
def approve(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    row = get_object_or_404(DeclarationResolution, model=slug, pk=pk)
    said = f"{row.license} holds from now on. Every gate goes by it."
    return acted(request, lambda: approve_resolution(request.user, row), said, redirect("model", slug))
