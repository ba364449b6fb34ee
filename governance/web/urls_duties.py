"""Addresses of the pages of duties, notices and attribution agents."""

from __future__ import annotations

from django.urls import path

from governance.web.views import duties

urlpatterns = [
    path("duties/", duties.duty_list, name="duty-list"),
    path("duties/<int:pk>/", duties.duty_page, name="duty"),
    path("duties/<int:pk>/act/", duties.duty_act, name="duty-act"),
    path("duties/<int:pk>/evidence/<str:sha256>/", duties.duty_evidence, name="duty-evidence"),
    path("entitlements/<str:ref>/agent/", duties.agent_acknowledge, name="agent-acknowledge"),
    path("releases/<int:pk>/notices.txt", duties.release_notices, name="release-notices"),
]
