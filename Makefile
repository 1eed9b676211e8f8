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
PROJECT := $(PIP) --no-index --no-deps --editable .
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command 'make constraints' pyproject.toml --extra server --group build
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print) scripts/frontend.py hatch_build.py \
  src/mshield/domain/certificates/state_words.json
# More than one test process, also where a container counts fewer physical than logical cores. Python keeps what it
# compiled and pytest what it rewrote, whatever the environment says: the next process starts in less time.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --dist worksteal --numprocesses
# Tests often wait, for a disk, a browser or a clock: half as many processes again keep the cores busy.
PROCESSES = $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 ))
# The slow ones wait half of their time.
SLOW_PROCESSES = $$(( $$(getconf _NPROCESSORS_ONLN) * 2 ))

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow drill fuzz lint lint-python format bench schema api docs manual constraints clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.server $(VENV)/.frontend ## the main job with demo data at http://localhost:8000 (PORT=, ONCE=1 ends after the job)
	@$(BIN)/python -m mshield.demo --port $(PORT) $(if $(ONCE),--once)

# The front end's are run beside the others and told after them: either leaves a core alone at times.
test: $(VENV)/.dev $(VENV)/.frontend ## all tests but the slow ones, on SQLite and on a PostgreSQL of their own
	@scripts/install-test-needs
	@told=$$(mktemp); trap 'rm -f $$told' EXIT; \
	$(BIN)/python scripts/frontend.py test >$$told 2>&1 & \
	$(PYTEST) $(PROCESSES); code=$$?; \
	wait $$! || code=1; \
	cat $$told; exit $$code

test-slow: $(VENV)/.dev $(VENV)/.frontend ## the slow tests
	@scripts/install-test-needs
	@$(PYTEST) $(SLOW_PROCESSES) -m slow

drill: $(VENV)/.dev ## a whole site in network namespaces, each fault of docs/ha.md under load, image and units (as root, 40 minutes; FAULTS='"NAME" …')
	@scripts/install-test-needs drill
	@PYTHONPATH=src $(BIN)/python -m drill.run $(FAULTS)

fuzz: $(VENV)/.dev ## new inputs for every reader, operation and both verifiers (MINUTES= for each, SEED= as a failure says it)
	@scripts/install-test-needs
	@echo "SEED=$(SEED)"
	@FUZZ_MINUTES=$(MINUTES) FUZZ_SEED=$(SEED) $(PYTEST) logical --timeout 0 -m 'slow or not slow' tests/fuzz tests/http/test_schemathesis.py

lint: $(VENV)/.dev $(VENV)/.frontend ## ruff, mypy --strict, import directions, and the front end's own
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python $(VENV)/.frontend-lint

lint-python:
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy src tests benches drill examples
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## formats the code
	@$(BIN)/ruff check --fix --select I --quiet
	@$(BIN)/ruff format
	@$(BIN)/python scripts/frontend.py format

bench: $(VENV)/.dev ## the figures of the README and of docs/search.md (WHOLE=1: 20 million signatures, 30 GB)
	@$(BIN)/python -m benches.run $(if $(WHOLE),--whole)

schema: $(VENV)/.dev ## renews the schema's snapshot after a migration was added
	@$(BIN)/python -m tests.support.schema

api: $(VENV)/.dev $(VENV)/.frontend-lint ## renews the front end's types of the HTTP API
	@$(BIN)/python -m tests.support.api_types

docs: $(VENV)/.dev $(VENV)/.frontend ## renews what repeats the code: docs of errors, settings, commands, security events, licences, the app's FAQ
	@$(BIN)/python -m tests.support.generated_pages

manual: $(VENV)/.dev $(VENV)/.frontend ## renews the manuals' pictures, docs/manual
	@scripts/install-test-needs
	@MANUAL_PICTURES=docs/manual/pictures $(BIN)/pytest -m slow tests/browser/app/test_manual.py tests/browser/app/test_manual_install.py tests/browser/desk tests/browser/verify/test_verify.py tests/browser/verify/test_page.py

# Each file has what those before it haven't, at their versions.
constraints: $(VENV)/.dev ## renews the lock files after pyproject.toml changed (UPGRADE=1 takes the newest releases)
	@$(LOCK) $(if $(UPGRADE),--upgrade) --output-file constraints.txt >/dev/null
	@set -- --extra aliyun --extra tencent --extra otel --extra pkcs11; earlier=constraints.txt; \
	for file in constraints-extras.txt constraints-dev.txt; do \
	  $(LOCK) "$$@" $(if $(UPGRADE),--upgrade) --output-file $$file $$(printf -- '--constraint %s ' $$earlier) \
	    $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $$earlier) >/dev/null || exit 1; \
	  set -- "$$@" --group dev; earlier="$$earlier $$file"; \
	done

clean: ## removes .venv, caches and var
	@rm -rf $(VENV) var dist build src/mshield/web/static frontend/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	@find src tests benches drill -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.pip:
	@scripts/make-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.server: $(VENV)/.pip pyproject.toml constraints.txt
	@echo "installing mshield[server] into $(VENV)"
	@$(LOCKED)
	@$(PROJECT)
	@touch $@

$(VENV)/.frontend: $(FRONTEND) | $(VENV)/.server
	@$(BIN)/python scripts/frontend.py build
	@touch $@

$(VENV)/.frontend-lint: $(FRONTEND) | $(VENV)/.dev $(VENV)/.frontend
	@$(BIN)/python scripts/frontend.py lint
	@touch $@

$(VENV)/.dev: $(VENV)/.server constraints-extras.txt constraints-dev.txt
	@echo "installing the tools of tests and lint into $(VENV)"
	@$(LOCKED) --requirement constraints-extras.txt --requirement constraints-dev.txt
	@touch $@
