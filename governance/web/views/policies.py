"""Policy revisions: the list, one with its trials, drafting, approving and withdrawing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.access import may, require
from governance.errors import NotAllowed, RequestError
from governance.models import PolicySet
from governance.reports.policies import policy_line, trials_of
from governance.reports.policies import policy_list as list_of
from governance.rights.organisation import policies_at
from governance.services.policies import approve_policy, draft_policy, withdraw_policy
from governance.web.forms.policies import PolicyForm, WithdrawalForm


@require_GET
def policy_list(request: HttpRequest) -> HttpResponse:
    require(request.user, "rights.read")
    context = {"policies": list_of(timezone.now()), "may_draft": may(request.user, "policy.draft")}
    return render(request, "policies/list.html", context)


@require_GET
def policy_page(request: HttpRequest, revision: int) -> HttpResponse:
    require(request.user, "rights.read")
    return _page(request, revision, WithdrawalForm())


@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "policy.draft")
    form = PolicyForm(request.POST or None, policy=policies_at(timezone.now()).enforced.policy)
    if request.method == "POST" and form.is_valid():
        try:
            row = draft_policy(request.user, form.draft())
        except RequestError as problem:
            form.add_error(None, f"{problem.message} {problem.how_to_fix}".strip())
        else:
            messages.success(request, f"{row} drafted. It binds nobody until another person approves it.")
            return redirect("policy", row.revision)
    return render(request, "policies/new.html", {"form": form}, status=400 if form.errors else 200)


@require_POST
def policy_approve(request: HttpRequest, revision: int) -> HttpResponse:
    row = get_object_or_404(PolicySet, revision=revision)
    try:
        approve_policy(request.user, row)
    except NotAllowed:
        raise
    except RequestError as problem:
        messages.error(request, f"{problem.message} {problem.how_to_fix}".strip())
    else:
        messages.success(request, f"{row} approved.")
    return redirect("policy", revision)


@require_POST
def policy_withdraw(request: HttpRequest, revision: int) -> HttpResponse:
    require(request.user, "policy.withdraw")
    row = get_object_or_404(PolicySet, revision=revision)
    form = WithdrawalForm(request.POST)
    if form.is_valid():
        try:
            withdraw_policy(request.user, row, form.cleaned_data["reason"])
        except RequestError as problem:
            form.add_error(None, f"{problem.message} {problem.how_to_fix}".strip())
        else:
            messages.success(request, f"{row} withdrawn.")
            return redirect("policy", revision)
    return _page(request, revision, form, status=400)


def _page(request: HttpRequest, revision: int, form: WithdrawalForm, status: int = 200) -> HttpResponse:
    line = policy_line(revision, timezone.now())
    if line is None:
        raise Http404
    user = request.user
    context = {
        "policy": line,
        "trials": trials_of(line.pk) if line.pk and line.mode == PolicySet.Mode.LOG_ONLY else None,
        "form": form,
        "may_approve": line.state == "draft" and may(user, "policy.approve") and line.drafted_by != user.get_username(),
        "may_withdraw": line.pk is not None and line.state != "withdrawn" and may(user, "policy.withdraw"),
    }
    return render(request, "policies/page.html", context, status=status)
