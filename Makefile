# Everything a developer or an operator types; each target sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
# Both halves of a parallel run must see sets in one order.
export PYTHONHASHSEED = 0
BIN = $(VENV)/bin
STAMP = $(VENV)/.ready-$(shell cat requirements.lock requirements-dev.lock pyproject.toml | sha256sum | cut -c1-16)

.PHONY: run test check bench drill mutants machine setup words lock clean

run: setup ## Set up, load the demo town once, serve it on http://127.0.0.1:8000
	FAIR_DEMO=1 $(BIN)/fair demo --size district
	FAIR_DEMO=1 $(BIN)/fair run

test: setup ## Every test, on SQLite and then on PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(BIN)/python -m pytest -n 2 --dist loadfile --database postgresql tests/app tests/ledger tests/races

check: setup ## Style, types, walls between the rooms, templates, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m app.locale.tool --check

bench: setup ## Speed, as ratios to references in the same run
	$(BIN)/python -m benchmarks

drill: setup ## Break something on purpose: make drill NAME=kill9 [ARGS=--canary]
	$(BIN)/python -m tests.drills $(NAME) $(ARGS)

mutants: setup ## Plant some thirty mistakes in copies of the ledger; its tests must find them
	$(BIN)/python -m tests.mutants $(ARGS)

STEPS ?= 200000
DATABASE ?= sqlite
machine: setup ## The ledger against its model: make machine [STEPS=200000] [DATABASE=postgresql]
	FAIR_LEDGER_STEPS=100 FAIR_LEDGER_EXAMPLES=$$(($(STEPS) / 80)) FAIR_TEST_DATABASE=$(DATABASE) $(BIN)/python -m pytest -s --confcutdir=tests/ledger tests/ledger/test_machine.py

words: setup ## Rebuild the Traditional catalogues from the Simplified ones
	$(BIN)/python -m app.locale.tool

lock: ## Pin every dependency again (needs uv)
	uv pip compile --universal --generate-hashes --no-header -o requirements-dev.lock --group dev pyproject.toml
	uv pip compile --universal --generate-hashes --no-header -c requirements-dev.lock -o requirements.lock pyproject.toml

setup: $(STAMP)

$(STAMP):
	@./.ci/venv $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@rm -f $(VENV)/.ready-*
	@touch $@

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
