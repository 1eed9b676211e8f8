# `make demo` shows it, `make test` checks it; `make help` lists the rest. Everything lives in .venv and var.

PYTHON ?= python3
PORT ?= 8000
ONCE ?=
FAULTS ?=
UPGRADE ?=
WHOLE ?=
MINUTES ?= 1
SEED := $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))

VENV := .venv
BIN := $(VENV)/bin
# Only what the lock files name, with a hash that they have; a source is built by the packages that they name too.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --use-pep517
LOCKED := $(PIP) --require-hashes --requirement constraints.txt
PROJECT := $(PIP) --no-index --no-deps --editable client --editable . --editable testkit
PROJECTS := client/pyproject.toml pyproject.toml testkit/pyproject.toml
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command 'make constraints' $(PROJECTS) --group build \
  --no-emit-package mshield --no-emit-package mshield-client --no-emit-package mshield-testkit
FRONTEND := $(shell find frontend '(' -name node_modules -o -name generated ')' -prune -o -type f -print) scripts/frontend.py hatch_build.py \
  client/src/mshield/wire/state_words.json
# Several test processes, even if a container reports fewer physical than logical cores. Bytecode of Python and pytest
# is cached whatever the environment says, so that the next process starts faster.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --dist worksteal --numprocesses
# Tests often wait for a disk, a browser or a clock, so 1.5 processes per core keep the cores busy.
PROCESSES = $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 ))
# Slow tests wait half of their time.
SLOW_PROCESSES = $$(( $$(getconf _NPROCESSORS_ONLN) * 2 ))

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow drill fuzz lint lint-python format bench schema api docs names manual constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.server $(VENV)/.frontend ## run the service with demo data at http://localhost:8000 (PORT=; ONCE=1 ends after one whole run)
	@$(BIN)/python -m mshield.testkit.demo --port $(PORT) $(if $(ONCE),--once)

# Front-end tests run in parallel; their output is printed at the end.
test: $(VENV)/.dev $(VENV)/.frontend ## run the tests except the slow ones, on SQLite and on a PostgreSQL of their own
	@scripts/install-test-needs
	@output=$$(mktemp); trap 'rm -f $$output' EXIT; \
	$(BIN)/python scripts/frontend.py test >$$output 2>&1 & \
	$(PYTEST) $(PROCESSES); code=$$?; \
	wait $$! || code=1; \
	cat $$output; exit $$code

test-slow: $(VENV)/.dev $(VENV)/.frontend ## run the slow tests
	@scripts/install-test-needs
	@$(PYTEST) $(SLOW_PROCESSES) -m slow

drill: $(VENV)/.dev ## run a whole site in network namespaces, with each fault of docs/ha.md under load, image and units (as root, 40 minutes; FAULTS='"NAME" …')
	@scripts/install-test-needs drill
	@PYTHONPATH=client/src:src:testkit/src $(BIN)/python -m drill.run $(FAULTS)

fuzz: $(VENV)/.dev ## try new inputs on every reader and operation and on both verifiers (MINUTES= for each; SEED= from a failure)
	@scripts/install-test-needs
	@echo "SEED=$(SEED)"
	@FUZZ_MINUTES=$(MINUTES) FUZZ_SEED=$(SEED) $(PYTEST) logical --timeout 0 -m 'slow or not slow' tests/fuzz tests/http/test_schemathesis.py

lint: api ## check style, types (mypy --strict), import directions, and the front end
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python $(VENV)/.frontend-lint

lint-python:
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy client/src src testkit/src tests benches drill examples
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/advice.py

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix --select I --quiet
	@$(BIN)/ruff format
	@$(BIN)/python scripts/frontend.py format

bench: $(VENV)/.dev ## measure the figures of docs/performance.md (WHOLE=1: 20 million signatures, 30 GB)
	@$(BIN)/python -m benches.run $(if $(WHOLE),--whole)

schema: $(VENV)/.dev ## renew the schema snapshot after adding a migration
	@$(BIN)/python -m tests.support.schema

api: $(VENV)/.dev $(VENV)/.frontend ## write the front end's types of the HTTP API, for its type checker and editors
	@$(BIN)/python scripts/api_types.py

docs: $(VENV)/.dev $(VENV)/.frontend ## renew the generated documents: errors, settings, commands, security events, licences, index of ADRs, the app's FAQ
	@$(BIN)/python -m tests.support.generated_pages

names: $(VENV)/.dev ## renew the record of public names and texts after an intended change
	@$(BIN)/python -m tests.support.public_names

manual: $(VENV)/.dev $(VENV)/.frontend ## renew the pictures of docs/manual
	@scripts/install-test-needs
	@MANUAL_PICTURES=docs/manual/pictures $(BIN)/pytest -m slow tests/browser/app/test_manual.py tests/browser/app/test_manual_install.py tests/browser/desk tests/browser/verify/test_verify.py tests/browser/verify/test_page.py

# Each lock file adds packages to the previous ones, at the same versions.
constraints: $(VENV)/.dev ## renew the lock files after a change of pyproject.toml (UPGRADE=1 takes the newest releases)
	@$(LOCK) $(if $(UPGRADE),--upgrade) --output-file constraints.txt >/dev/null
	@set -- --extra aliyun --extra tencent --extra otel --extra pkcs11; earlier=constraints.txt; \
	for file in constraints-extras.txt constraints-dev.txt; do \
	  $(LOCK) "$$@" $(if $(UPGRADE),--upgrade) --output-file $$file $$(printf -- '--constraint %s ' $$earlier) \
	    $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $$earlier) >/dev/null || exit 1; \
	  set -- "$$@" --group dev; earlier="$$earlier $$file"; \
	done

clean: ## remove .venv, caches and var
	@rm -rf $(VENV) var dist build src/mshield/server/http/static frontend/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	@find client src testkit tests benches drill -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.pip:
	@scripts/make-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.server: $(VENV)/.pip $(PROJECTS) constraints.txt
	@echo "installing mshield into $(VENV)"
	@$(LOCKED)
	@$(PROJECT)
	@touch $@

$(VENV)/.frontend: $(FRONTEND) | $(VENV)/.server
	@$(BIN)/python scripts/frontend.py build
	@touch $@

$(VENV)/.frontend-lint: $(FRONTEND) $(wildcard frontend/packages/api/src/generated/*) | $(VENV)/.dev $(VENV)/.frontend
	@$(BIN)/python scripts/frontend.py lint
	@touch $@

$(VENV)/.dev: $(VENV)/.server constraints-extras.txt constraints-dev.txt
	@echo "installing the tools of tests and lint into $(VENV)"
	@$(LOCKED) --requirement constraints-extras.txt --requirement constraints-dev.txt
	@touch $@
