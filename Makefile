# Every target does the set-up it needs; nothing is written outside this folder.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CORE := .venv-core/bin
SUITE ?= sandbox
# An image that forbids bytecode would compile Airflow anew at every start
unexport PYTHONDONTWRITEBYTECODE
# Caches stay in this folder too
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export MPLCONFIGDIR ?= $(CURDIR)/.cache/matplotlib

help:  ## What can be typed here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready  ## Install everything into .venv (the other targets do it too)

demo: .venv/.ready  ## What published runs say: fastest and cheapest instance, in a minute
	$(BIN)/geoschem-bench demo

run: .venv/.ready  ## Run a suite on this computer to its report: make run SUITE=mini
	$(BIN)/geoschem-bench run $(SUITE)

ui: .venv/.ready  ## Airflow's web page and servers on this computer, with the sandbox; says how to log in (another port: make ui PORT=8394)
	$(BIN)/geoschem-bench ui up $(if $(PORT),--port $(PORT))

ui-down: .venv/.ready  ## End them; history and login stay
	$(BIN)/geoschem-bench ui down

test: .venv/.ready test-core  ## All tests; says which are left out where a program is missing
	@tests/run.sh

test-core: .venv-core/.ready  ## The core's unit tests, with neither Airflow nor boto3 installed
	$(CORE)/python -m pytest -n auto --dist worksteal tests/unit

check: .venv/.ready  ## Format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy include container dags infra tests benchmarks
	$(BIN)/lint-imports

container: .venv/.ready  ## Images for arm64 and x86_64, and a suite in real containers (as root on Debian, or with Docker)
	container/engine.sh setup amd64 arm64
	container/build.sh
	container/engine.sh start
	eval "$$(container/engine.sh env)" && exports="$$($(BIN)/geoschem-bench sandbox up --containers --env)" && eval "$$exports" && \
	  $(BIN)/geoschem-bench run $(SUITE); \
	  ended=$$?; $(BIN)/geoschem-bench sandbox down; container/engine.sh stop; exit $$ended

template: .venv/.ready  ## Synthesize infra/BenchmarkingStack.template.json anew (needs Node)
	$(BIN)/python infra/app.py

bench: .venv/.ready  ## Measure this software itself (recorded, never asserted)
	$(BIN)/python -m benchmarks.measure --write

chaos: .venv/.ready  ## Strike runs at random and check that nothing is lost: make chaos N=20 SEED=1
	$(BIN)/python -m benchmarks.chaos --faults $(or $(N),20) --seed $(or $(SEED),1)

nights: .venv/.ready  ## Night after night in one Airflow: does anything grow? make nights N=24
	$(BIN)/python -m benchmarks.nights --nights $(or $(N),24)

lock: .venv/.ready  ## Compile requirements*.txt anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev --constraint requirements.txt --output-file requirements-dev.txt
	for part in runner build; do $(BIN)/uv pip compile --quiet --no-annotate --no-header --generate-hashes --python-version 3.11 --python-platform x86_64-manylinux_2_28 --constraint requirements.txt --no-emit-package netcdf4 --no-emit-package cftime --no-emit-package certifi container/requirements-$$part.in --output-file container/requirements-$$part.txt || exit 1; done

clean:  ## Stop servers and sandbox and remove what was installed and what runs left behind
	test ! -x $(BIN)/geoschem-bench || { $(BIN)/geoschem-bench ui down && $(BIN)/geoschem-bench sandbox down; }
	rm -rf .venv .venv-core .cache .geoschem-bench

.venv/.ready: requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed and $(PYTHON) is %d.%d; say: make PYTHON=python3.12 $(MAKECMDGOALS)" % v)'
	@echo "Installing into .venv"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --no-cache-dir --disable-pip-version-check uv; }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

.venv-core/.ready: .venv/.ready
	@echo "Installing the core alone into .venv-core"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-core
	@$(BIN)/uv pip install --quiet --python $(CORE)/python --constraint requirements.txt --constraint requirements-dev.txt --editable . pytest pytest-xdist hypothesis psutil
	@touch $@


sample-report: .venv/.ready  ## Make docs/sample-report anew (a test compares it)
	$(BIN)/geoschem-bench demo --made-at 2026-11-22 --to docs/sample-report

.PHONY: help setup demo run ui ui-down sample-report test test-core check container template bench chaos nights lock clean
