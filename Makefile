# Each target sets up what it needs first; a second start touches neither network nor apt.
.DEFAULT_GOAL := help
.PHONY: help run test look check proof bench install setup lock clean
PYTHON := .venv/bin/python
LOCK := --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Set up, then start the demo at http://localhost:8501
	@deploy/setup.sh run
	@exec $(PYTHON) gatehouse.py demo

test: ## Set up, then run every test, the fast ones first
	@deploy/setup.sh test
	@exec deploy/test.sh

look: ## Run the tests of screens and keep a picture of each in tests/output
	@deploy/setup.sh test
	@GATEHOUSE_PICTURES=1 exec $(PYTHON) -m pytest tests -m browser

check: ## Format, lint, import rules, dependencies, types, fast tests
	@deploy/setup.sh check
	@exec deploy/check.sh

proof: ## The long runs with full counts
	@deploy/setup.sh test
	@GATEHOUSE_PROOF=full exec $(PYTHON) -m pytest tests/proof -q -s --timeout=0 -p no:randomly

bench: ## Measure beside a raw broker client
	@deploy/setup.sh test
	@exec $(PYTHON) -m bench

install: ## Install what a server needs, start nothing
	@deploy/setup.sh run

setup: ## Install that and what the tests need, start nothing
	@deploy/setup.sh test

lock: ## Compile both requirements files again (needs uv)
	uv pip compile requirements.in -o requirements.txt $(LOCK)
	uv pip compile requirements-dev.in -o requirements-dev.txt $(LOCK)

clean: ## Remove caches and test output; keeps .venv and the data folder
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/output bench/output
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
