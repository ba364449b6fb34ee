"""The Celery application. The queues carry calls only; the row is the truth, so there is no result backend."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

CPU, GPU = "cpu", "gpu"
QUEUES = (CPU, GPU)

app = Celery("clearcut", include=["governance.tasks.cutouts"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_default_queue=CPU,
    # A lost call is made again by the scheduler and a doubled one finds nothing to take, so an early
    # acknowledgement is safe and keeps a killed worker's call from coming back an hour late.
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=None,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5},
    worker_hijack_root_logger=False,
)
