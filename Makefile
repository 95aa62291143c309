# make app    opens the page          make test   runs the tests
# make lint   checks style            make clean  removes the virtual environment and what was built
# Each sets up .venv when it's missing or when the requirements have changed.

PYTHON ?= python3
VENV ?= .venv
# For instance: make test ARGS="-k hub -x", make app ARGS="--model DIR"
ARGS ?=

PIP = $(VENV)/bin/python -m pip install --disable-pip-version-check
# The stamps carry a checksum: a fresh clone's file times say nothing about what is installed.
APP_STAMP := $(VENV)/.app-$(shell cat requirements.txt | cksum | tr ' ' '-')
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')

.PHONY: help app test lint clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,3s/^# //p' Makefile

app: $(APP_STAMP)
	@echo "== Starting the page, and a browser where there is one; otherwise open the address that it prints. Ctrl-C ends it."
	$(VENV)/bin/python app.py --open $(ARGS)

test: $(DEV_STAMP)
	@echo "== Running the tests."
	$(VENV)/bin/python -m pytest $(ARGS)

lint: $(DEV_STAMP)
	@echo "== Checking style and format."
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache screenshots

$(APP_STAMP): | $(VENV)/bin/python
	@echo "== Installing requirements.txt into $(VENV): this fetches PyTorch and takes a few minutes, once."
	$(PIP) -r requirements.txt
	@rm -f $(VENV)/.app-*
	@touch $@

$(DEV_STAMP): | $(VENV)/bin/python
	@echo "== Installing requirements-dev.txt into $(VENV): this fetches PyTorch and takes a few minutes, once."
	$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.app-* $(VENV)/.dev-*
	@touch $(APP_STAMP) $@

$(VENV)/bin/python:
	@echo "== Making a virtual environment in $(VENV) with $(PYTHON)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "HumanSegNet needs Python 3.10 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
