"""Jobs: the list, one job and its progress, and what may still be done with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from governance.access import may, visible_clients
from governance.models import Cutout, Job
from governance.reports.chain import chain_for_job
from governance.reports.cure_links import steps_of_decision
from governance.reports.jobs import page_of_jobs, progress_of, visible_jobs
from governance.reports.refusals import refusal_of
from governance.reports.reviews import cases_of_job
from governance.services import jobs as service
from governance.services.cutouts import retry
from governance.web.forms.jobs import JobFilterForm


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    form = JobFilterForm(request.GET, clients=visible_clients(request.user))
    asked = form.cleaned_data if form.is_valid() else {}
    client = asked.get("client")
    page = page_of_jobs(
        visible_jobs(request.user),
        state=asked.get("state", ""),
        client=client.pk if client else None,
        before=asked.get("before"),
    )
    context = {
        "form": form,
        "page": page,
        "filtered": any(asked.values()),
        "may_request": may(request.user, "job.request"),
    }
    return render(request, "jobs/list.html", context)


def _shown(request: HttpRequest, job: Job) -> dict[str, object]:
    client = job.target.project.client_id
    refusal = refusal_of(job)
    return {
        "job": job,
        "progress": progress_of(job),
        "chain": chain_for_job(job),
        "refusal": refusal,
        "steps": steps_of_decision(request.user, refusal.decision_id) if refusal else None,
        "cases": cases_of_job(job, timezone.now().date()),
        "may_retry": may(request.user, "job.request", client),
        "may_cancel": may(request.user, "job.cancel", client),
    }


@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(visible_jobs(request.user), pk=pk)
    return render(request, "jobs/page.html", _shown(request, job))


@require_safe
def job_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the job page. 304 while nothing changed; 286 tells htmx to stop asking."""
    job = get_object_or_404(visible_jobs(request.user), pk=pk)
    shown = _shown(request, job)
    progress = shown["progress"]
    unchanged = get_conditional_response(request, etag=progress.etag)
    if unchanged is not None:
        return unchanged
    response = render(request, "jobs/_progress.html", shown | {"swap": True})
    if progress.settled:
        response = HttpResponseStopPolling(response.content)
    response["ETag"] = progress.etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(visible_jobs(request.user), pk=pk)
    count = service.cancel(request.user, job)
    if count:
        messages.success(request, f"{count} {'picture was' if count == 1 else 'pictures were'} cancelled.")
    else:
        messages.info(request, "There was nothing left to cancel: what a worker has taken is finished.")
    return redirect("job", pk=job.pk)


@require_POST
def job_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Every failed picture of the job again."""
    job = get_object_or_404(visible_jobs(request.user), pk=pk)
    for cutout in job.cutouts.filter(status="failed").select_related("job__target__project"):
        retry(request.user, cutout)
    return redirect("job", pk=job.pk)


@require_POST
def cutout_retry(request: HttpRequest, pk: int) -> HttpResponse:
    cutouts = Cutout.objects.filter(job__in=visible_jobs(request.user)).select_related("job__target__project")
    cutout = get_object_or_404(cutouts, pk=pk)
    retry(request.user, cutout)
    return redirect("job", pk=cutout.job_id)
