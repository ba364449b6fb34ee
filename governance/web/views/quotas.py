"""The quota ledger: the account for the licensor, and corrections that two people stand for."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from governance.access import require
from governance.errors import NotAllowed, RequestError
from governance.models import Quota
from governance.reports.entitlements import visible_entitlements
from governance.reports.quotas import proposal_shown, quota_uses, statement_csv
from governance.services.quota_proposals import approve_correction, propose_correction, read_proposal
from governance.web.forms.evidence import refuse
from governance.web.forms.quotas import CorrectionForm


@require_GET
def statement(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    row = get_object_or_404(visible_entitlements(request.user), ref=ref, version=version)
    text = statement_csv(row, quota_uses([row], timezone.now()).get(row.pk, ()))
    named = {"Content-Disposition": f'attachment; filename="{row.ref}-v{row.version}-use.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=named)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.user, "quota.adjust")
    visible = Quota.objects.filter(entitlement__in=visible_entitlements(request.user))
    quota = get_object_or_404(visible.select_related("entitlement"), pk=pk)
    form = CorrectionForm(request.POST or None, initial={"day": timezone.now().date()})
    if request.method == "POST" and form.is_valid():
        try:
            said = propose_correction(
                request.user, quota, form.at(quota), form.cleaned_data["amount"], form.cleaned_data["note"]
            )
        except RequestError as problem:
            refuse(form, problem, {})
        else:
            return redirect(f"{reverse('quota-proposal')}?{urlencode({'said': said})}")
    use = quota_uses([quota.entitlement], timezone.now())[quota.entitlement_id]
    context = {"form": form, "entitlement": quota.entitlement, "use": next(each for each in use if each.pk == pk)}
    return render(request, "quotas/correct.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest) -> HttpResponse:
    require(request.user, "quota.adjust")
    said = (request.POST if request.method == "POST" else request.GET).get("said", "")
    shown = read_proposal(said)
    row = visible_entitlements(request.user).filter(pk=shown.quota.entitlement_id).first()
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            approve_correction(request.user, said)
        except NotAllowed:
            raise
        except RequestError as problem:
            messages.error(request, f"{problem.message} {problem.how_to_fix}".strip())
        else:
            messages.success(request, "The correction is booked.")
        return redirect("entitlement", row.ref)
    context = {"entitlement": row, "said": said, "mine": shown.proposed_by == request.user.pk}
    context |= {"link": request.build_absolute_uri(), "proposal": shown, "about": proposal_shown(shown.quota, shown.at)}
    return render(request, "quotas/proposal.html", context)
