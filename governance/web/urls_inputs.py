"""Addresses of the pages of what pictures say of their own use, and corrected facts."""

from __future__ import annotations

from django.urls import URLPattern, path

from governance.web.views import facts, pictures

urlpatterns: list[URLPattern] = [
    path("pictures/<int:pk>/", pictures.picture_page, name="picture"),
    path("pictures/<int:pk>/preview.webp", pictures.picture_preview, name="picture-preview"),
    path("pictures/<int:pk>/permissions/", pictures.permission_new, name="permission-new"),
    path("pictures/<int:pk>/terms/", pictures.term_new, name="term-new"),
    path("permissions/<int:pk>/verify/", pictures.permission_verify, name="permission-verify"),
    path("projects/<int:pk>/facts/", facts.project_restate, name="project-restate"),
    path("targets/<int:pk>/facts/", facts.target_restate, name="target-restate"),
]
