"""Addresses of the pages of waivers, holds and review cases."""

from __future__ import annotations

from django.urls import path

from governance.web.views import holds, reviews, waivers

urlpatterns = [
    path("waivers/", waivers.waiver_list, name="waiver-list"),
    path("waivers/new/", waivers.waiver_new, name="waiver-new"),
    path("waivers/<str:ref>/", waivers.waiver_page, name="waiver"),
    path("waivers/<str:ref>/answer/", waivers.answer, name="waiver-answer"),
    path("waivers/<str:ref>/revoke/", waivers.revoke, name="waiver-revoke"),
    path("holds/", holds.hold_list, name="hold-list"),
    path("holds/new/", holds.hold_new, name="hold-new"),
    path("holds/<str:ref>/", holds.hold_page, name="hold"),
    path("holds/<str:ref>/lift/", holds.lift, name="hold-lift"),
    path("reviews/", reviews.review_list, name="review-list"),
    path("reviews/<str:ref>/", reviews.review_page, name="review"),
    path("reviews/<str:ref>/assign/", reviews.give, name="review-assign"),
    path("reviews/<str:ref>/decide/", reviews.decide, name="review-decide"),
]
