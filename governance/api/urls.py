"""Addresses of the API."""

from __future__ import annotations

from django.urls import path

from governance.api import views

urlpatterns = [
    path("jobs/<int:pk>/explanation", views.job_explanation, name="api-job-explanation"),
    path("decisions/<int:pk>", views.decision, name="api-decision"),
    path("evaluations", views.evaluations, name="api-evaluations"),
    path("entitlements", views.entitlements, name="api-entitlements"),
]
