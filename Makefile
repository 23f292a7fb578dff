# Capwright. `make` alone lists the targets.
#
#   PYTHON=python3.12 make test     use that interpreter for .venv (any 3.11 or newer)
#   JOBS=1 make test                run the tests in one process (default: one for each core, four at most)
#   PORT=8080 make demo             open the platform on another port
#   ARGS='-k journal -x' make test  hand pytest more arguments

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
JOBS ?= auto
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --maxprocesses=4 --dist worksteal $(ARGS)
UNTIL ?= 2024-07-22T10:00
PORT ?= 8000
UPGRADE ?=
PATHS ?= .
UV_COMPILE := $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

CORE := $(VENV)/.core-installed
WEB := $(VENV)/.web-installed
DEV := $(VENV)/.dev-installed

.PHONY: help demo year test slow check check-static packages audit format bench lock clean install

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(WEB) ## Run the Guangdong 2023 compliance year, then open its platform on http://127.0.0.1:8000 (Ctrl-C ends it)
	@$(MAKE) year
	@rm -f build/desk.sqlite*
	@$(BIN)/capwright run guangdong-2023 --db build/desk.sqlite --until $(UNTIL) >/dev/null
	@$(BIN)/capwright serve --db build/desk.sqlite --demo --port $(PORT)

year: $(CORE) ## Run the year alone; leaves build/demo.sqlite and build/report.html
	@mkdir -p build
	@rm -f build/demo.sqlite build/demo.sqlite-* build/report.html
	@$(BIN)/capwright run guangdong-2023 --db build/demo.sqlite --report build/report.html

install: $(DEV) ## Make .venv with everything for development

test: $(DEV) ## Run the whole default test suite
	@tools/get-chromium
	@$(PYTEST)

slow: $(DEV) ## Run the soak tests
	@CAPWRIGHT_HYPOTHESIS_PROFILE=soak $(PYTEST) -m slow

check: check-static test ## Format, lint, types, import rules, tests

check-static: $(DEV) ## The parts of `check` that run no test
	@status=0; \
	echo '== ruff format'; $(BIN)/ruff format --check --output-format=concise --quiet . || { echo 'Run: make format'; status=1; }; \
	echo '== ruff check'; $(BIN)/ruff check --quiet . || status=1; \
	echo '== mypy --strict'; $(BIN)/mypy || status=1; \
	echo '== import rules'; $(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

packages: $(DEV) ## Check pins, hashes and licences of all packages; needs no network
	@$(BIN)/python tools/packages.py

audit: $(VENV)/bin/python ## Ask public databases for known weaknesses of the pinned packages
	@test -x $(VENV)/audit/bin/pip-audit || { $(BIN)/python -m venv $(VENV)/audit \
		&& $(VENV)/audit/bin/pip -qq --disable-pip-version-check install pip-audit; } \
		|| { echo 'NOT AUDITED: pip-audit cannot be installed from here.'; exit 3; }
	@$(BIN)/python tools/audit.py $(VENV)/audit/bin/pip-audit requirements/production.txt requirements/dev.txt

format: $(DEV) ## Format the code and apply the safe fixes (PATHS=... for these files only)
	@$(BIN)/ruff check --quiet --fix-only $(PATHS)
	@$(BIN)/ruff format $(PATHS)

bench: $(DEV) ## Run the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/bin/python ## Resolve requirements/*.txt anew (UPGRADE=1 for newest versions)
	@test -x $(VENV)/lock/bin/uv || { $(BIN)/python -m venv $(VENV)/lock && $(VENV)/lock/bin/pip -qq --disable-pip-version-check install uv; }
	@$(UV_COMPILE) pyproject.toml requirements/build.in -o requirements/core.txt
	@$(UV_COMPILE) --extra web --extra excel --extra pdf -c requirements/core.txt \
		pyproject.toml requirements/build.in -o requirements/web.txt
	@$(UV_COMPILE) --extra web --extra excel --extra pdf --extra postgres --extra s3 -c requirements/core.txt -c requirements/web.txt \
		pyproject.toml requirements/build.in -o requirements/production.txt
	@$(UV_COMPILE) --extra dev --extra postgres -c requirements/core.txt -c requirements/web.txt \
		pyproject.toml requirements/build.in -o requirements/dev.txt
	@! grep -n '://' requirements/core.txt requirements/web.txt requirements/production.txt requirements/dev.txt

clean: ## Remove .venv, build output and caches
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# One .venv. The core stamp says that the run-time packages and the project are in it, the dev stamp that the tests' are too.
$(VENV)/bin/python:
	@tools/make-venv $(VENV)

$(CORE): requirements/core.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing Capwright and its pinned requirements into $(VENV)'
	@$(PIP) install --require-hashes -r requirements/core.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(WEB): requirements/web.txt $(CORE)
	@echo 'Installing the pinned requirements of the platform into $(VENV)'
	@$(PIP) install --require-hashes -r requirements/web.txt
	@touch $@

$(DEV): requirements/dev.txt $(CORE)
	@echo 'Installing the pinned development requirements into $(VENV)'
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
