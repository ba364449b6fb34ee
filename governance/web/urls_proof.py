"""Addresses of the log, its records, and what may be asked of a file."""

from __future__ import annotations

from django.urls import path

from governance.web.views import ledger, records, source_types, verify

urlpatterns = [
    path("verify/", verify.verify_page, name="verify"),
    path("records/<uuid:pk>/", records.record_page, name="record"),
    path("records/<uuid:pk>/receipt/", records.record_receipt, name="record-receipt"),
    path("records/<uuid:pk>/proof/", records.record_proof, name="record-proof"),
    path("records/<uuid:pk>/correct/", records.record_correct, name="record-correct"),
    path("ledger/", ledger.ledger_page, name="ledger"),
    path("ledger/trust.json", ledger.trust_file, name="trust"),
    path("ledger/alarms/<int:pk>/", ledger.alarm_acknowledge, name="alarm-acknowledge"),
    path("source-types/", source_types.source_type_page, name="source-types"),
]
