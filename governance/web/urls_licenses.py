"""Addresses of the pages of licence readings, resolutions and claims about training data."""

from __future__ import annotations

from django.urls import URLPattern, path

from governance.web.views import claims, licenses, resolutions

urlpatterns: list[URLPattern] = [
    path("licences/", licenses.license_list, name="license-list"),
    path("licences/texts/<int:pk>/", licenses.text, name="license-text"),
    path("licences/<str:slug>/", licenses.license_page, name="license"),
    path("licences/<str:slug>/readings/new/", licenses.encoding_new, name="encoding-new"),
    path("licences/<str:slug>/readings/<int:pk>/", licenses.license_page, name="license-reading"),
    path("licences/<str:slug>/readings/<int:pk>/odrl.json", licenses.odrl, name="license-odrl"),
    path("licences/<str:slug>/readings/<int:pk>/approve/", licenses.approve, name="encoding-approve"),
    path("licences/<str:slug>/readings/<int:pk>/retire/", licenses.retire, name="encoding-retire"),
    path("licences/<str:slug>/texts/new/", licenses.text_new, name="license-text-new"),
    path("models/<str:slug>/resolutions/new/", resolutions.resolution_new, name="resolution-new"),
    path("models/<str:slug>/resolutions/<int:pk>/approve/", resolutions.approve, name="resolution-approve"),
    path("claims/", claims.claim_list, name="claim-list"),
    path("claims/<str:slug>/", claims.claim_page, name="claim"),
    path("claims/<str:slug>/contradict/", claims.contradict, name="claim-contradict"),
    path("claims/<str:slug>/review/", claims.review, name="claim-review"),
]
