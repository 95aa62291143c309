# make app    opens the page          make train  trains: make train ARGS="--data DIR --epochs 25"
# make test   runs the tests          make lint   checks style
# make clean  removes the virtual environment and what was built
# Each sets up .venv when it's missing or when the requirements have changed, with no more than it needs.

PYTHON ?= python3
VENV ?= .venv
# For instance: make test ARGS="-k hub -x", make app ARGS="--model DIR"
ARGS ?=
# Processes that share the tests. Two suit two cores, since browser tests wait a good deal; each takes up to 3 GB.
PROCESSES ?= 2

PIP = $(VENV)/bin/python -m pip install --disable-pip-version-check
# The stamps carry a checksum: a fresh clone's file times say nothing about what is installed.
APP_STAMP := $(VENV)/.app-$(shell cat requirements.txt | cksum | tr ' ' '-')
TRAIN_STAMP := $(VENV)/.train-$(shell cat requirements.txt requirements-train.txt | cksum | tr ' ' '-')
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements*.txt | cksum | tr ' ' '-')

.PHONY: help app train test lint clean
.DEFAULT_GOAL := help

help:
	@sed -n '1,4s/^# //p' Makefile

app: $(APP_STAMP)
	@echo "== Starting the page, and a browser where there is one; otherwise open the address that it prints. Ctrl-C ends it."
	$(VENV)/bin/python app.py --open $(ARGS)

train: $(TRAIN_STAMP)
	@echo "== Training. Without --data in ARGS the public human dataset is fetched first, 290 photos. Ctrl-C ends it; --resume goes on."
	$(VENV)/bin/python train.py $(ARGS)

test: $(DEV_STAMP)
	@echo "== Running the tests."
	$(VENV)/bin/python -m pytest -n $(PROCESSES) --dist loadfile $(ARGS)

lint: $(DEV_STAMP)
	@echo "== Checking style and format."
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	@echo "== Checking the types of the browser's JavaScript."
	bash .ci/check-types

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache screenshots

$(APP_STAMP): | $(VENV)/bin/python
	@echo "== Installing requirements.txt into $(VENV): 0.8 GB, about a minute, once."
	$(PIP) -r requirements.txt
	@rm -f $(VENV)/.app-*
	@touch $@

$(TRAIN_STAMP): | $(VENV)/bin/python
	@echo "== Installing requirements-train.txt into $(VENV): this fetches PyTorch and takes a few minutes, once."
	$(PIP) -r requirements-train.txt
	@rm -f $(VENV)/.app-* $(VENV)/.train-*
	@touch $(APP_STAMP) $@

$(DEV_STAMP): | $(VENV)/bin/python
	@echo "== Installing requirements-dev.txt into $(VENV): this fetches PyTorch and takes a few minutes, once."
	$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.app-* $(VENV)/.train-* $(VENV)/.dev-*
	@touch $(APP_STAMP) $(TRAIN_STAMP) $@

$(VENV)/bin/python:
	@echo "== Making a virtual environment in $(VENV) with $(PYTHON)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "HumanSegNet needs Python 3.10 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
