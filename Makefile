# Every target does the set-up it needs. Nothing is written outside this folder.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help:  ## What can be typed here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.ready: requirements.txt requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; ok=(3,11)<=sys.version_info[:2]<=(3,13); sys.exit(0 if ok else "Python 3.11 to 3.13 is needed, this is "+sys.version.split()[0]+"; say: make PYTHON=python3.12")'
	test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --disable-pip-version-check uv; }
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

setup: .venv/.ready  ## Install everything into .venv

.PHONY: help setup
