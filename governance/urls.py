"""Every address of the site."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/", include("governance.api.urls")), path("", include("governance.web.urls"))]

handler400 = "governance.web.views.errors.bad_request"
handler404 = "governance.web.views.errors.not_found"
handler500 = "governance.web.views.errors.server_error"
