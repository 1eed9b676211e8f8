# `make demo` shows it, `make test` checks it; `make help` lists the rest. Everything lives in .venv and var.

PYTHON ?= python3
PORT ?= 8000
ONCE ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print) scripts/frontend.py hatch_build.py \
  src/mshield/domain/certificates/state_words.json
# More than one test process, also where a container counts fewer physical than logical cores. Python keeps what it
# compiled and pytest what it rewrote, whatever the environment says: the next process starts in less time.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --dist worksteal --numprocesses
# The slow tests often wait, for a browser or a clock: half as many processes again keep the cores busy.
SLOW_PROCESSES = $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 ))

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format bench schema api docs manual constraints clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.server $(VENV)/.frontend ## the main job with demo data at http://localhost:8000 (PORT=, ONCE=1 ends after the job)
	@$(BIN)/python -m mshield.demo --port $(PORT) $(if $(ONCE),--once)

test: $(VENV)/.dev $(VENV)/.frontend ## all tests but the slow ones, on SQLite and on a PostgreSQL of their own
	@$(BIN)/python scripts/frontend.py test
	@scripts/install-test-needs
	@$(PYTEST) logical

test-slow: $(VENV)/.dev $(VENV)/.frontend ## the slow tests
	@scripts/install-test-needs
	@$(PYTEST) $(SLOW_PROCESSES) -m slow

lint: $(VENV)/.dev $(VENV)/.frontend-lint ## ruff, mypy --strict, import directions, and the front end's own
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy src tests benches examples
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## formats the code
	@$(BIN)/ruff check --fix --select I --quiet
	@$(BIN)/ruff format
	@$(BIN)/python scripts/frontend.py format

bench: $(VENV)/.dev ## the figures of the README
	@$(BIN)/python -m benches.run

schema: $(VENV)/.dev ## renews the schema's snapshot after a migration was added
	@$(BIN)/python -m tests.support.schema

api: $(VENV)/.dev $(VENV)/.frontend-lint ## renews the front end's types of the HTTP API
	@$(BIN)/python -m tests.support.api_types

docs: $(VENV)/.dev ## renews what repeats the code: docs of errors, settings, commands and security events, the app's FAQ
	@$(BIN)/python -m tests.support.generated_pages

manual: $(VENV)/.dev $(VENV)/.frontend ## renews the manuals' pictures, docs/manual
	@scripts/install-test-needs
	@MSHIELD_MANUAL=docs/manual/pictures $(BIN)/pytest -m slow tests/browser/app/test_manual.py tests/browser/app/test_manual_install.py tests/browser/desk tests/browser/verify/test_verify.py

constraints: $(VENV)/.dev ## renews constraints.txt from what .venv holds
	@{ echo '# What `make` installs, exactly. Renewed by `make constraints`.'; \
	  $(BIN)/pip freeze --exclude-editable --exclude pip --exclude setuptools | grep -v '@'; } > constraints.new
	@mv constraints.new constraints.txt

clean: ## removes .venv, caches and var
	@rm -rf $(VENV) var dist build src/mshield/web/static frontend/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	@find src tests benches -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.pip:
	@scripts/make-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.server: $(VENV)/.pip pyproject.toml constraints.txt
	@echo "installing mshield[server] into $(VENV)"
	@$(INSTALL) --editable '.[server]'
	@touch $@

# A change of the front end alone: built by the tools of .dev where they are, else as the install does.
$(VENV)/.frontend: $(FRONTEND) | $(VENV)/.server
	@$(BIN)/python scripts/frontend.py build || $(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.frontend-lint: $(FRONTEND) | $(VENV)/.dev $(VENV)/.frontend
	@$(BIN)/python scripts/frontend.py lint
	@touch $@

$(VENV)/.dev: $(VENV)/.server
	@echo "installing the tools of tests and lint into $(VENV)"
	@$(INSTALL) --group dev
	@touch $@
