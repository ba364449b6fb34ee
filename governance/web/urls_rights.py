"""Addresses of the pages of rights, decisions and the audit export."""

from __future__ import annotations

from django.urls import path

from governance.web.views import audit, decisions, entitlements, models, rules

urlpatterns = [
    path("decisions/", decisions.decision_list, name="decision-list"),
    path("decisions/<int:pk>/", decisions.decision_page, name="decision"),
    path("decisions/<int:pk>/decision.json", decisions.decision_json, name="decision-json"),
    path("entitlements/", entitlements.entitlement_list, name="entitlement-list"),
    path("entitlements/new/", entitlements.entitlement_new, name="entitlement-new"),
    path("entitlements/evidence/<str:sha256>/", entitlements.evidence, name="entitlement-evidence"),
    path("entitlements/<str:ref>/", entitlements.entitlement_page, name="entitlement"),
    path("entitlements/<str:ref>/<int:version>/verify/", entitlements.verify, name="entitlement-verify"),
    path("entitlements/<str:ref>/end/", entitlements.end, name="entitlement-end"),
    path("models/", models.model_list, name="model-list"),
    path("models/<str:slug>/", models.model_page, name="model"),
    path("audit/", audit.audit_page, name="audit"),
    path("audit/export/", audit.audit_export, name="audit-export"),
    path("rules/", rules.rule_list, name="rule-list"),
]
