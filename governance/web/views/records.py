"""A record of an output or an event: what it states, how to check it, and what was said of it since."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from governance.access import may, may_about, require
from governance.errors import NotAllowed, RequestError
from governance.models import ProvenanceRecord
from governance.reports.chain import chain_for_output
from governance.reports.evidence import proof_text, receipt_bytes
from governance.reports.outputs import stem
from governance.reports.records import record_detail, visible_records
from governance.services.corrections import correct
from governance.web.forms.records import CORRECTION_FIELDS, CorrectionForm
from governance.web.forms.refused import refuse
from governance.web.responses import attachment


@require_GET
def record_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_safe
def record_receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt as a Sigstore bundle."""
    row = _find_receipt(request, pk)
    return attachment(receipt_bytes(row), f"{_stem(row)}.sigstore.json", "application/json")


@require_safe
def record_proof(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt as a C2SP tlog-proof."""
    row = _find_receipt(request, pk)
    return attachment(proof_text(row).encode(), f"{_stem(row)}.tlog-proof", "text/plain; charset=utf-8")


@require_POST
def record_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    row, form = _find(request, pk), CorrectionForm(request.POST)
    if form.is_valid():
        try:
            correct(request.user, row, **form.cleaned_data)
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, CORRECTION_FIELDS)
        else:
            messages.success(request, "The correction is signed and goes into the log. The record stays as it was.")
            return redirect("record", pk)
    return _page(request, row, form)


def _find(request: HttpRequest, pk: UUID) -> ProvenanceRecord:
    return get_object_or_404(visible_records(request.user).select_related("output__cutout__asset"), pk=pk)


def _find_receipt(request: HttpRequest, pk: UUID) -> ProvenanceRecord:
    row = _find(request, pk)
    if row.output_id is not None:
        require(request.user, "output.download", row.client_id)
    return row


def _stem(row: ProvenanceRecord) -> str:
    return stem(row.output) if row.output is not None else f"record-{row.pk}"


def _page(request: HttpRequest, row: ProvenanceRecord, form: CorrectionForm | None = None) -> HttpResponse:
    context = {
        "record": record_detail(row),
        "chain": chain_for_output(row.output) if row.output is not None else (),
        "form": form or CorrectionForm(),
        "may_download": row.output_id is None or may(request.user, "output.download", row.client_id),
        "may_correct": may_about(request.user, "record.correct", row.client_id),
    }
    return render(request, "records/page.html", context, status=400 if form else 200)
