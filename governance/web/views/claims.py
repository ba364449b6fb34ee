"""Claims about training data: the queue, one claim, what speaks against it, what follows."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.access import may
from governance.errors import NotAllowed, RequestError
from governance.models import LineageClaim
from governance.reports.claims import claim_list as list_of
from governance.reports.claims import claim_page as page_of
from governance.reports.claims import lineage_of
from governance.services import claims
from governance.web.forms.claims import FIELDS, ClaimFilterForm, ContradictionForm, ReviewForm
from governance.web.forms.evidence import refuse


@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    form = ClaimFilterForm(request.GET or {"show": "waiting"})
    valid = form.is_valid()
    show = form.cleaned_data.get("show") or "waiting"
    context = {"form": form, "show": show, "claims": list_of(timezone.now(), show)}
    return render(request, "claims/list.html", context, status=200 if valid else 400)


@require_safe
def claim_page(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, slug)


@require_POST
def contradict(request: HttpRequest, slug: str) -> HttpResponse:
    claim, form = get_object_or_404(LineageClaim, slug=slug), ContradictionForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            claims.contradict(request.user, claim, given["counter"], given["source"], form.papers())
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, "Recorded. Work that rests on this model waits until legal has reviewed it.")
            return redirect("claim", slug)
    return _page(request, slug, contradiction_form=form)


@require_POST
def review(request: HttpRequest, slug: str) -> HttpResponse:
    claim, form = get_object_or_404(LineageClaim, slug=slug), ReviewForm(request.POST, request.FILES)
    if form.is_valid():
        said = [form.cleaned_data[name] for name in ("conclusion", "rationale", "review_on")]
        try:
            claims.review_claim(request.user, claim, *said, form.papers())
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, "Reviewed. Work that waited for it is asked about again.")
            return redirect("claim", slug)
    return _page(request, slug, review_form=form)


def _page(
    request: HttpRequest,
    slug: str,
    contradiction_form: ContradictionForm | None = None,
    review_form: ReviewForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    row = page_of(slug, now)
    if row is None:
        raise Http404
    context = {
        "row": row,
        "lineage": lineage_of(LineageClaim.objects.select_related("model").get(slug=slug).model, now),
        "contradiction_form": contradiction_form or ContradictionForm(),
        "review_form": review_form or ReviewForm(),
        "may_contradict": may(request.user, "claim.contradict"),
        "may_review": may(request.user, "claim.review"),
        "may_read_papers": may(request.user, "evidence.read"),
    }
    return render(request, "claims/page.html", context, status=400 if contradiction_form or review_form else 200)
