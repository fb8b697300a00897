# Everything runs in .venv, which the first target that needs it makes from pyproject.toml and constraints.txt.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
DRAWS ?= 1000000
OUT ?= out

.DEFAULT_GOAL := help
.PHONY: help install run test test-slow lint types imports check clean

help: ## what the targets do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev]'
	@touch $@

install: $(VENV)/.installed ## make the virtual environment

run: $(VENV)/.installed ## the main job: evidence beside replica, plan_centred and sceptical, with reports in out/
	@for study in replica plan_centred evidence sceptical; do \
	  echo; $(BIN)/mcengine run $$study --draws $(DRAWS) --seed 2026 --out $(OUT)/$$study || exit $$?; \
	done
	@echo; $(BIN)/mcengine compare $(OUT)/replica $(OUT)/plan_centred $(OUT)/evidence $(OUT)/sceptical --out $(OUT)

test: $(VENV)/.installed ## the tests, in a few minutes on two cores
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.installed ## the checks that take longer
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.installed ## style and formatting rules
	$(BIN)/ruff check .

types: $(VENV)/.installed ## static types
	$(BIN)/mypy

imports: $(VENV)/.installed ## layers import downwards only
	$(BIN)/lint-imports

check: lint types imports test ## all that continuous integration runs

clean: ## remove the environment and what runs made
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
