"""Review cases: the queue, one case, who looks at it, how it ends."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.access import may, require
from governance.errors import NotAllowed, RequestError
from governance.models import ReviewCase
from governance.reports.reviews import may_be_assigned, visible_cases
from governance.reports.reviews import review_list as list_of
from governance.reports.reviews import review_page as page_of
from governance.services.review_outcomes import decide_case
from governance.services.reviews import assign
from governance.web.forms.refused import refuse
from governance.web.forms.reviews import FIELDS, AssignForm, OutcomeForm, ReviewFilterForm


@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    form = ReviewFilterForm(request.GET or {"show": "open"})
    valid = form.is_valid()
    show = form.cleaned_data.get("show") or "open"
    context = {
        "form": form,
        "show": show,
        "found": list_of(request.user, timezone.now().date(), show),
        "decides": may(request.user, "review.decide"),
    }
    return render(request, "reviews/list.html", context, status=200 if valid else 400)


@require_safe
def review_page(request: HttpRequest, ref: str) -> HttpResponse:
    return _page(request, _find(request, ref))


@require_POST
def give(request: HttpRequest, ref: str) -> HttpResponse:
    """Assign the case."""
    case = _find(request, ref)
    require(request.user, "review.assign", _client(case))
    form = AssignForm(request.POST, people=may_be_assigned(_client(case)))
    if form.is_valid():
        assignee = get_object_or_404(get_user_model(), pk=form.cleaned_data["assignee"])
        try:
            assign(request.user, case, assignee)
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, f"{case} is with {assignee.get_username()}.")
            return redirect("review", ref)
    return _page(request, case, assign_form=form)


@require_POST
def decide(request: HttpRequest, ref: str) -> HttpResponse:
    case, form = _find(request, ref), OutcomeForm(request.POST)
    if form.is_valid():
        try:
            outcome = decide_case(request.user, case, form.cleaned_data["result"], form.cleaned_data["note"])
        except NotAllowed:
            raise
        except RequestError as problem:
            refuse(form, problem, FIELDS)
        else:
            messages.success(request, f"{case} is closed: {outcome.get_result_display().lower()}.")
            return redirect("review", ref)
    return _page(request, _find(request, ref), outcome_form=form)


def _find(request: HttpRequest, ref: str) -> ReviewCase:
    return get_object_or_404(visible_cases(request.user), ref=ref)


def _client(case: ReviewCase) -> int:
    client: int = case.job.target.project.client_id
    return client


def _page(
    request: HttpRequest,
    case: ReviewCase,
    assign_form: AssignForm | None = None,
    outcome_form: OutcomeForm | None = None,
) -> HttpResponse:
    user, client = request.user, _client(case)
    page = page_of(case, user, timezone.now().date())
    assigns = page.line.open and may(user, "review.assign", client)
    if assign_form is None and assigns:
        people = may_be_assigned(client)
        assign_form = AssignForm(people=people, chosen=user.pk if user in people else None)
    status = 400 if outcome_form or (assign_form and assign_form.is_bound) else 200
    context = {
        "page": page,
        "line": page.line,
        "assign_form": assign_form,
        "outcome_form": outcome_form or OutcomeForm(),
        "may_decide": page.line.open and may(user, "review.decide", client),
    }
    return render(request, "reviews/page.html", context, status=status)
