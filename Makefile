# `make mock` and `make test` do all their own set-up: Python 3.11 or later and make are all they need.
PYTHON ?= python3
BIN := .venv/bin
REDOCLY := npx --yes @redocly/cli@2.77.0

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true

.PHONY: help mock test test-all faults example check dist bench constraints clean

help:  ## What there is to make.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

mock: $(BIN)/ready  ## Start the mock on 127.0.0.1:8080. More options: make mock ARGS="--port 0 --fresh"
	@$(BIN)/nexus-mock $(ARGS)

test: $(BIN)/ready  ## The tests, the mock's own on PostgreSQL too, and the judge's verdict on a mock that it starts.
	$(BIN)/pytest tests -n 2 --dist worksteal $(ARGS)
	NEXUS_TEST_STORE=postgresql $(BIN)/pytest tests/mockserver -n 2 --dist worksteal $(ARGS)
	$(BIN)/python -m tests.with_mock -- $(BIN)/nexus-contract run fixtures/targets/mock.toml

test-all: $(BIN)/ready  ## What takes longer: every seeded fault, thirty seeds, the wheel in an empty environment.
	$(BIN)/pytest tests -m slow -n 2 $(ARGS)

faults: $(BIN)/ready  ## What the judge catches of every seeded fault, and stock Schemathesis: an hour, or more. Less: make faults ARGS=--help
	@$(BIN)/python -m tests.kills $(ARGS)

example: $(BIN)/ready  ## The judge on Prism serving openapi.yaml, whose report is docs/examples/prism (needs Node's npx).
	@$(BIN)/python -m tests.prism $(ARGS)

check: $(BIN)/ready  ## ruff, mypy strict, the pipelines' schemas, and the documents' lint (needs Node's npx).
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m fixtures.generate --check
	$(BIN)/python -m contract_tests.catalogue --check
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows examples/ci/github.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci examples/ci/gitlab.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	@command -v npx > /dev/null || { echo "make check: npx is missing; install Node.js for the document's lint" >&2; exit 2; }
	$(REDOCLY) lint openapi.yaml sandbox.yaml --config redocly.yaml

dist: $(BIN)/ready  ## The wheel, and dist/nexus-contract.pyz, one file for Linux on x86-64 with Python 3.11, 3.12 or 3.13.
	$(BIN)/python -m release $(ARGS)

bench: $(BIN)/ready  ## Speed beside Starlette, Connexion's apps, Prism, Mockoon and others (needs wrk). Less: make bench ARGS=--help
	@$(BIN)/python -m bench $(ARGS)

constraints: $(BIN)/ready  ## Pin what is installed now, by name.
	$(BIN)/pip freeze --exclude-editable --exclude nexuscommerce-contract > constraints.txt

clean:  ## Forget the environment and every cache.
	rm -rf .venv .node bench/.cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

$(BIN)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or later is needed; name yours with PYTHON=python3.12" >&2; exit 2; }
	@echo "Setting up .venv: about a minute, once"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
