"""What the import linter cannot see: package ``__init__`` files and imports by string, in a fresh interpreter."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE = [
    "governance.errors",
    "governance.licensing",
    "governance.policy",
    "governance.provenance",
    "governance.ledger",
]
FRAMEWORKS = {"django", "celery", "redis", "psycopg", "torch", "transformers", "PIL", "numpy"}


def modules_below(name: str) -> list[str]:
    path = ROOT / Path(*name.split("."))
    return [name, *(module.name for module in pkgutil.walk_packages([str(path)], f"{name}."))]


def loaded_after_importing(names: list[str], setup: str = "") -> set[str]:
    """The top-level packages in ``sys.modules`` after importing ``names`` in a new interpreter."""
    code = f"{setup}\nimport importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
    code += "print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("package", PURE)
def test_the_pure_packages_load_no_framework(package: str) -> None:
    assert not loaded_after_importing(modules_below(package)) & FRAMEWORKS


def test_the_web_process_loads_neither_torch_nor_numpy() -> None:
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'governance.settings'; django.setup()"
    names = ["governance.wsgi", "governance.urls", *modules_below("governance.web")]
    assert not loaded_after_importing(names, setup) & {"torch", "transformers", "numpy", "onnx"}


def test_governance_outside_tasks_and_commands_loads_without_torch() -> None:
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'governance.settings'; django.setup()"
    names = [
        name
        for name in modules_below("governance")
        if not name.startswith(("governance.tasks", "governance.management"))
    ]
    assert not loaded_after_importing(names, setup) & {"torch", "transformers"}


def test_the_pipeline_loads_torch_only_with_its_engine() -> None:
    assert "torch" not in loaded_after_importing(["inference.pipeline", "inference.registry"])
