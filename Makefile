# make demo shows Keniki, make test proves it, make check keeps it tidy; make help lists the rest.

VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
HOST ?= 127.0.0.1
PORT ?= 8000
JOBS ?= 2

# Without compiled files every start of Python costs twice the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-fast check format bench clean

help:
	@echo "make demo        install what is locked, load the pilot regions, write documents, serve on http://$(HOST):$(PORT)"
	@echo "                 (SERVE=0 stops after writing; HOST=, PORT=)"
	@echo "make test        the whole suite (JOBS=$(JOBS) at once)"
	@echo "make test-fast   the part that takes less than two minutes"
	@echo "make check       format, lint, strict types, import contracts, API snapshot, generated docs"
	@echo "make format      rewrite in the project's format"
	@echo "make bench       the performance claims"
	@echo "make clean       remove the virtual environment, caches and test data (DATA=1: var/ as well)"

demo: $(VENV)/.keniki-run
	@exec $(BIN)/keniki demo $(if $(filter 0,$(SERVE)),--no-serve,--host $(HOST) --port $(PORT))

test: $(VENV)/.keniki-dev
	@scripts/chromium
	@scripts/faketime
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

test-fast: $(VENV)/.keniki-dev
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow and not browser"

check: $(VENV)/.keniki-dev
	$(BIN)/ruff format --check --no-cache .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m keniki.cli.docs --check

format: $(VENV)/.keniki-dev
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(VENV)/.keniki-dev
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

clean:
	@for home in var/test $(if $(DATA),var); do \
	  if [ -x $(BIN)/python ]; then KENIKI_HOME="$$home" $(BIN)/python -m keniki.site.postgres remove || true; fi; \
	  rm -rf "$$home"; \
	done
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info build
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.keniki-run: requirements.lock pyproject.toml scripts/setup
	@scripts/setup run

$(VENV)/.keniki-dev: requirements-dev.lock pyproject.toml scripts/setup
	@scripts/setup dev
