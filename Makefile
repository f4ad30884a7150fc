# Every target sets up what it needs by itself; Python 3.13 is all that must be there.
.PHONY: help setup run demo test check generate format infra bench clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## make .venv with the pinned requirements
	@scripts/venv

run: setup  ## start the local Azure and the app
	@exec $(PYTHON) -m local

demo: setup  ## a short tour against a stack of its own, or API=…
	@$(PYTHON) -m local.demo $(API)

test: setup  ## run every test
	@$(PYTHON) -m pytest --numprocesses 4 --dist loadfile --quiet

check: setup  ## ruff, mypy, generated files up to date
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m ops generate --check

generate: setup  ## write the generated files
	@$(PYTHON) -m ops generate

format: setup  ## format the code
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

infra:  ## format and lint the Bicep files, write their snapshots (needs bicep)
	@scripts/infra

bench: setup  ## measure, as ratios within one run
	@$(PYTHON) -m bench

clean:  ## remove the environment and local data
	rm -rf .venv .local .mypy_cache .pytest_cache .ruff_cache .hypothesis
