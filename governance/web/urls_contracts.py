"""Addresses of the pages of contracts and quotas."""

from __future__ import annotations

from django.urls import URLPattern, path

from governance.web.views import contracts, quotas

urlpatterns: list[URLPattern] = [
    path("contracts/", contracts.contract_list, name="contract-list"),
    path("contracts/new/", contracts.contract_new, name="contract-new"),
    path("contracts/<str:ref>/", contracts.contract_page, name="contract"),
    path("entitlements/<str:ref>/<int:version>/use.csv", quotas.statement, name="quota-statement"),
    path("quotas/<int:pk>/correct/", quotas.correct, name="quota-correct"),
    path("quotas/proposal/", quotas.proposal, name="quota-proposal"),
]
