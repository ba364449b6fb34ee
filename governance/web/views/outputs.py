"""Outputs: the list, one output beside its original, its release and what is handed over."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from governance.access import may, require, visible_clients
from governance.adapters import pictures
from governance.models import DeploymentTarget, Output, Release
from governance.reports import outputs as report
from governance.reports.chain import chain_for_output
from governance.reports.evidence import receipt_bytes
from governance.reports.notices import notices_for
from governance.rights.verdicts import Verdict
from governance.services.releases import deliver, judge_release, release_output
from governance.services.stored import original_bytes, recorded_bytes
from governance.web.forms.outputs import OutputFilterForm, ReleaseForm
from governance.web.responses import attachment, handed_over

EDGES = {"before": 1200, "after": 1200, "thumb": 160}


@require_safe
def output_list(request: HttpRequest) -> HttpResponse:
    form = OutputFilterForm(request.GET, clients=visible_clients(request.user))
    asked = form.cleaned_data if form.is_valid() else {}
    client = asked.get("client")
    page = report.page_of_outputs(
        report.visible_outputs(request.user),
        client=client.pk if client else None,
        job=asked.get("job"),
        before=asked.get("before"),
    )
    context = {"form": form, "page": page, "filtered": any(asked.values()), "of_job": asked.get("job")}
    return render(request, "outputs/list.html", context)


def find_output(request: HttpRequest, pk: int) -> Output:
    """The output, if it exists for this user; else 404."""
    return get_object_or_404(report.visible_outputs(request.user), pk=pk)


@require_safe
def output_page(request: HttpRequest, pk: int) -> HttpResponse:
    output = find_output(request, pk)
    return render(request, "outputs/page.html", _shown(request, output))


def _shown(request: HttpRequest, output: Output) -> dict[str, object]:
    targets = report.releasable_targets(request.user, output)
    client = output.cutout.job.target.project.client_id
    return {
        "output": output,
        "chain": chain_for_output(output),
        "facts": report.run_facts(output),
        "foreground": report.foreground_of(output),
        "releases": report.releases_of(output),
        "refused": report.refused_releases(output),
        "release_form": ReleaseForm(targets=targets) if targets else None,
        "may_download": may(request.user, "output.download", client),
    }


@require_safe
def output_picture(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """A preview. Record and bytes are checked on the way out; what the browser has never changes."""
    if which not in EDGES:
        raise Http404
    output = find_output(request, pk)
    sha256 = output.cutout.asset.sha256 if which == "before" else output.sha256
    unchanged = get_conditional_response(request, etag=f'"{sha256}-{EDGES[which]}"')
    if unchanged is not None:
        return unchanged
    data = original_bytes(output) if which == "before" else recorded_bytes(output)
    response = HttpResponse(pictures.preview_webp(data, EDGES[which]), content_type="image/webp")
    response["ETag"] = f'"{sha256}-{EDGES[which]}"'
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def output_release(request: HttpRequest, pk: int) -> HttpResponse:
    """GET ?target= shows the verdict; POST releases, with its duties accepted."""
    output = find_output(request, pk)
    require(request.user, "output.release", output.cutout.job.target.project.client_id)
    form = ReleaseForm(
        request.POST if request.method == "POST" else request.GET,
        targets=report.releasable_targets(request.user, output),
    )
    if not form.is_valid():
        return _release_page(request, output, form, None)
    target = form.cleaned_data["target"]
    verdict = judge_release(output, target)
    if request.method != "POST":
        return _release_page(request, output, form, verdict)
    if verdict.decision.duties and verdict.decision.outcome.allows and not form.cleaned_data["accept"]:
        form.add_error("accept", "The verdict names duties. Confirm that they will be met, or do not release.")
        return _release_page(request, output, form, verdict)
    return _release(request, output, target)


def _release(request: HttpRequest, output: Output, target: DeploymentTarget) -> HttpResponse:
    decision, release = release_output(request.user, output, target)
    if release is None:
        messages.error(request, f"Not released for {target}. Decision {decision.pk} says why; it is on record.")
    else:
        messages.success(request, f"Released for {target}. The file and its receipt can be downloaded.")
    return redirect("output", pk=output.pk)


def _release_page(request: HttpRequest, output: Output, form: ReleaseForm, verdict: Verdict | None) -> HttpResponse:
    fragment = request.htmx and request.method == "GET"
    template = "outputs/_release.html" if fragment else "outputs/release.html"
    context = {
        "output": output,
        "form": form,
        "verdict_found": verdict.decision if verdict else None,
        "notices": notices_for(verdict.decision, verdict.grants, verdict.model) if verdict else (),
    }
    return render(request, template, context, status=400 if request.method == "POST" and form.errors else 200)


@require_safe
def output_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    output = find_output(request, pk)
    require(request.user, "output.download", output.cutout.job.target.project.client_id)
    name = f"{report.stem(output)}.sigstore.json"
    return attachment(receipt_bytes(output), name, "application/json")


@require_GET
def output_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand the file over. Not for HEAD: every answer is recorded as a delivery."""
    releases = Release.objects.filter(output__in=report.visible_outputs(request.user)).select_related(
        "output__cutout__asset", "output__provenance", "target__project"
    )
    release = get_object_or_404(releases, pk=pk)
    return handed_over(deliver(request.user, release), f"{report.stem(release.output)}-cutout")
