# make run        set up, then the main job on the sample flight
# make test       set up, then the tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/sample

.PHONY: help run test test-all check bench sample setup clean docs
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# make /make /p' Makefile

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("trucewatch needs Python 3.11 or newer; set PYTHON=python3.11 or so" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m pipeline.cli.opencv
	@touch $@

run: setup
	$(BIN)/trucewatch batch sample_frames/flights --config sample_frames/sample.toml --out $(OUT)

# make sample     render the sample flights anew
sample: setup
	$(BIN)/trucewatch simulate --sample --out sample_frames

# make check      lint, format, types, layers, generated docs
check: setup
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_columns_doc.py

test: setup
	$(BIN)/python -m pytest -n 2 -m 'not slow'

# make test-all   also the slow tests
test-all: setup
	$(BIN)/python -m pytest -n 2

# make bench      speed, memory and accuracy beside those of plain methods
bench: setup
	$(BIN)/python -m tests.bench

# make docs       what is generated: docs/columns.md, the picture of the result
docs: setup run
	$(BIN)/python -m pipeline.sinks.columns_doc docs/columns.md
	$(BIN)/python docs/images/result.py $(OUT)

clean:
	rm -rf $(VENV) out dist build
