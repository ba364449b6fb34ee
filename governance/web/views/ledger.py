"""The log and its alarms, and the public keys to check it with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from governance.access import may, require
from governance.adapters import keys
from governance.errors import RequestError
from governance.models import Alarm
from governance.reports.ledger import entries, fence_state, log_state, open_alarms
from governance.services.alarms import acknowledge
from governance.web.forms.records import AcknowledgeForm, EntryFilterForm
from governance.web.forms.refused import advice


@require_GET
def ledger_page(request: HttpRequest) -> HttpResponse:
    form = EntryFilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    context = {
        "form": form,
        "filtered": bool(asked.get("kind")),
        "log": log_state(timezone.now()),
        "page": entries(request.user, asked.get("kind", ""), asked.get("before")),
        "alarms": open_alarms(request.user),
        "fence": fence_state(request.user),
        "may_acknowledge": may(request.user, "alarm.acknowledge"),
        "acknowledge_form": AcknowledgeForm(auto_id=False),
    }
    return render(request, "ledger/page.html", context, status=200 if form.is_valid() else 400)


@require_POST
def alarm_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what an alarm was."""
    require(request.user, "alarm.acknowledge")
    alarm = get_object_or_404(Alarm, pk=pk)
    try:
        acknowledge(request.user, alarm, request.POST.get("note", "")[:4000])
    except RequestError as problem:
        messages.error(request, advice(problem))
    else:
        messages.success(request, f"Alarm {alarm.pk} is acknowledged. It is raised anew if the same is met again.")
    return redirect("ledger")


@require_GET
def trust_file(request: HttpRequest) -> HttpResponse:
    # Read and written again, so that nothing but what a trust file holds (public keys) can ever leave here.
    named = {"Content-Disposition": 'attachment; filename="trust.json"'}
    return HttpResponse(keys.trust().to_bytes(), content_type="application/json", headers=named)
