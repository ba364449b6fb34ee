"""Addresses of the pages of policy sets, what-if and sweeps."""

from __future__ import annotations

from django.urls import path

from governance.web.views import policies, sweeps, what_if

urlpatterns = [
    path("policies/", policies.policy_list, name="policy-list"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/<int:revision>/", policies.policy_page, name="policy"),
    path("policies/<int:revision>/approve/", policies.policy_approve, name="policy-approve"),
    path("policies/<int:revision>/withdraw/", policies.policy_withdraw, name="policy-withdraw"),
    path("what-if/", what_if.what_if_page, name="what-if"),
    path("sweeps/", sweeps.sweep_list, name="sweep-list"),
    path("sweeps/<int:pk>/", sweeps.sweep_page, name="sweep"),
]
