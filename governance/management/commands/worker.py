from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.celery import QUEUES, app
from inference import registry
from inference.errors import InferenceError

# glibc's number for how many heaps malloc may keep.
M_ARENA_MAX, HEAPS = -8, 2
CELERY = ("--quiet", "worker", "--pool=solo", "--loglevel=WARNING", "--without-mingle", "--without-gossip")


class Command(BaseCommand):
    help = "Make cutouts until stopped: one process, on one processor or one GPU."

    def add_arguments(self, parser: CommandParser) -> None:
        default = ",".join(settings.WORKER_QUEUES)
        parser.add_argument("--queues", default=default, help=f"whose calls to answer (default: {default})")
        parser.add_argument("--name", default="worker", help="its name among the workers of this machine")

    def handle(self, *, queues: str, name: str, **options: Any) -> None:
        chosen = [each.strip() for each in queues.split(",") if each.strip()]
        if not chosen or set(chosen) - set(QUEUES):
            raise CommandError(f"--queues got {queues!r}; expected some of {','.join(QUEUES)}.")
        _share_heaps()
        try:
            # Loads torch and finds the device: what was told to use a GPU and has none must not take any work.
            registry.engine("local")
        except InferenceError as problem:
            raise CommandError(f"[{problem.code}] {problem}") from problem
        # What is loaded by now stays. Looking through all of it again and again would take a third of a second each
        # time, so Python would put it off while pictures that refer to each other pile up.
        gc.collect()
        gc.freeze()
        sys.exit(app.worker_main([*CELERY, f"--queues={','.join(chosen)}", f"--hostname={name}@%h"]))


def _share_heaps() -> None:
    """Keep the threads that decode and encode from filling a heap each, which glibc then holds on to for ever.

    Over 500 photographs a worker's memory grew by a fifth without this, and was a third larger.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # other C libraries have neither the heaps nor the call
        libc.mallopt(M_ARENA_MAX, HEAPS)
