"""Duties: the list, one with its proofs, what an attribution agent was told, and the notices of a release."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from governance.access import may_about, require
from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.models import Duty, DutyAct, Release
from governance.reports import duties as report
from governance.reports.agents import agent_of
from governance.reports.entitlements import visible_entitlements
from governance.reports.notices import as_file, notices_of_release
from governance.reports.outputs import stem, visible_outputs
from governance.services.agents import record_acknowledgement
from governance.services.duties import act, possible_acts
from governance.web.forms.duties import FIELDS, AcknowledgementForm, ActForm, DutyFilterForm
from governance.web.forms.refused import refuse
from governance.web.responses import attachment


@require_safe
def duty_list(request: HttpRequest) -> HttpResponse:
    form, now = DutyFilterForm(request.GET, user=request.user), timezone.now()
    if not form.is_valid():
        return render(request, "duties/list.html", {"form": form}, status=400)
    wanted = form.filter()
    context = {"form": form, "found": report.duty_list(request.user, now, wanted), "show": wanted.which}
    return render(request, "duties/list.html", context)


@require_safe
def duty_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = _find(request, pk)
    return _page(request, row, _form(request, row))


@require_POST
def duty_act(request: HttpRequest, pk: int) -> HttpResponse:
    row = _find(request, pk)
    form = ActForm(request.POST, request.FILES, states=_states(request, row))
    if form.is_valid():
        try:
            act(request.user, row, form.cleaned_data["state"], form.cleaned_data["note"], form.proofs())
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, "It is on record.")
            return redirect("duty", pk)
    return _page(request, row, form, status=400)


@require_GET
def duty_evidence(request: HttpRequest, pk: int, sha256: str) -> HttpResponse:
    if not report.is_evidence(_find(request, pk), sha256):
        raise Http404
    return attachment(blobs.get(sha256), f"proof-{sha256[:12]}.bin", "application/octet-stream")


@require_http_methods(["GET", "HEAD", "POST"])
def agent_acknowledge(request: HttpRequest, ref: str) -> HttpResponse:
    """The form for what the licensor acknowledged, with what was acknowledged before."""
    get_object_or_404(visible_entitlements(request.user).order_by("-version").filter(ref=ref)[:1])
    require(request.user, "agent.acknowledge")
    form = AcknowledgementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_acknowledgement(request.user, form.sign(ref))
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, f"The attribution agent of {ref} was heard of. Held work is asked about again.")
            return redirect("entitlement", ref)
    context = {"form": form, "ref": ref, "agent": agent_of(ref, timezone.now())}
    return render(request, "duties/agent.html", context, status=400 if form.errors else 200)


@require_safe
def release_notices(request: HttpRequest, pk: int) -> HttpResponse:
    """The notices that go with a released file, as one text."""
    releases = Release.objects.filter(output__in=visible_outputs(request.user))
    release = get_object_or_404(releases.select_related("decision__model", "output__cutout__asset"), pk=pk)
    notices = notices_of_release(release)
    if not notices:
        raise Http404
    return attachment(as_file(notices).encode(), f"{stem(release.output)}-notices.txt", "text/plain; charset=utf-8")


def _find(request: HttpRequest, pk: int) -> Duty:
    return get_object_or_404(report.visible_duties(request.user), pk=pk)


def _form(request: HttpRequest, row: Duty) -> ActForm | None:
    """None for those who may say nothing of it."""
    states = _states(request, row) if report.may_act(request.user, row) else ()
    return ActForm(states=states) if states else None


def _states(request: HttpRequest, row: Duty) -> tuple[str, ...]:
    """What this reader may say of it: only oversight says that there is nothing to do."""
    states = possible_acts(row)
    if may_about(request.user, "duty.oversee", row.client_id):
        return states
    return tuple(state for state in states if state != DutyAct.State.NOT_APPLICABLE)


def _page(request: HttpRequest, row: Duty, form: ActForm | None, status: int = 200) -> HttpResponse:
    noted = row.release is not None and row.kind in report.NOTICED
    context = {
        "line": report.duty_line(row, timezone.now()),
        "acts": report.acts_of(row),
        "form": form,
        "notices": [each for each in notices_of_release(row.release) if each.kind == row.kind] if noted else [],
    }
    return render(request, "duties/page.html", context, status=status)
