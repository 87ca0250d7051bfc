# `make run` serves the app, `make test` runs every check. Both set up .venv themselves.
PYTHON ?= python3.11
PORT ?= 8501
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test check fuzz audit image-check wheel-check load scale train clean

run: $(VENV)/app.stamp
	$(VENV)/bin/streamlit run app/main.py --server.port $(PORT)

test: $(VENV)/test.stamp chromium check
	$(VENV)/bin/python -m pytest

check: $(VENV)/test.stamp
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

fuzz: $(VENV)/test.stamp
	$(VENV)/bin/python -m tests.attack.fuzz_decoder $(NUMBER)

audit:
	test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'
	.venv-audit/bin/python deploy/audit.py

image-check: $(VENV)/test.stamp
	$(VENV)/bin/hadolint deploy/Dockerfile
	PYTHON=$(PYTHON) deploy/check_image.sh

wheel-check:
	PYTHON=$(PYTHON) deploy/check_wheel.sh

load: $(VENV)/test.stamp
	MHKD_LOAD=whole $(VENV)/bin/python -m pytest tests/load -s

scale: $(VENV)/scale.stamp
	$(VENV)/bin/python -m pytest tests/scale

train: $(VENV)/train.stamp
	$(VENV)/bin/mhkd train embedded/sdcnl --data-dir $(DATA)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || ($(SUDO) apt-get install -y python3.11-venv && $(PYTHON) -m venv $(VENV))

$(VENV)/app.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/train.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[train]'
	touch $@

$(VENV)/scale.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[test,scale]'
	touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || ($(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium)

clean:
	rm -rf $(VENV) .venv-audit build *.egg-info .mypy_cache .ruff_cache
