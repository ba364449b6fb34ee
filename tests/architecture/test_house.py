"""The house rules that a machine can hold: sizes, names of tasks, migrations, imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from governance.adapters import queue
from governance.licensing import catalogue_words
from governance.models import DeploymentTarget, work
from governance.policy import words

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("governance", "inference") for path in (ROOT / top).rglob("*.py"))
WRITTEN = [path for path in SOURCES if path.name != "0001_initial.py"]
# The only place that loads by name: engines bring torch, so they come on first use.
LOADS_BY_NAME = {"inference/registry.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_no_module_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_no_function_is_longer_than_40_lines(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [f"{node.name}: {length}" for node in functions(tree) if (length := code_lines(node)) > 40]
    assert not long


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = [
        f"{node.name} line {child.lineno}"
        for node in functions(tree)
        for child in ast.walk(node)
        if isinstance(child, ast.Import | ast.ImportFrom)
    ]
    assert not inner


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_only_the_registry_loads_by_name(path: Path) -> None:
    assert "importlib.import_module" not in path.read_text(encoding="utf-8") or relative(path) in LOADS_BY_NAME


def test_every_queued_task_name_is_registered_with_the_worker() -> None:
    code = "from governance.celery import app; app.loader.import_default_modules(); print(*app.tasks)"
    setup = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'governance.settings'; django.setup(); "
    done = subprocess.run([sys.executable, "-c", setup + code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert queue.PROCESS_CUTOUT in done.stdout.split()


def test_the_import_contracts_hold() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_the_migrations_are_those_of_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("rows", "core"),
    [
        (work.Ternary, words.Answer),
        (work.TargetKind, words.TargetKind),
        (work.HostingMode, catalogue_words.HostingMode),
        (work.WeightsDistribution, words.WeightsDistribution),
        (work.OutputDistribution, words.OutputDistribution),
        (work.UseDetermination.Result, words.UseClass),
    ],
)
def test_the_words_in_the_rows_are_the_evaluators(rows: type, core: type) -> None:
    assert {member.value for member in rows} == {member.value for member in core}  # type: ignore[attr-defined]


def test_a_target_holds_every_fact_the_evaluator_asks_for() -> None:
    columns = {field.name for field in DeploymentTarget._meta.get_fields()}
    assert {"kind", "channel", "monetised", "territories", "hosting_mode", "valid_until"} <= columns
