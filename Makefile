# Everything runs in .venv, which the first target that needs it makes from pyproject.toml and constraints.txt.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
DRAWS ?= 1000000
OUT ?= out

.DEFAULT_GOAL := help
.PHONY: help install run test test-slow smoke docs bench bench-compare bench-history lint types imports check clean

help: ## what the targets do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev,docs]'
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

smoke: $(VENV)/.installed ## the small batch, studies/smoke.toml, in out/smoke
	$(BIN)/mcengine batch smoke --out $(OUT)/smoke --resume

docs: $(VENV)/.installed ## the documentation site, in out/site; a broken link or a page that is missing fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --site-dir $(abspath $(OUT))/site

bench: $(VENV)/.installed ## throughput, start-up, memory, accuracy per second; adds a line to benchmarks/history
	$(BIN)/asv machine --yes --config benchmarks/asv.conf.json
	$(BIN)/asv run --config benchmarks/asv.conf.json --environment existing:$(abspath $(BIN))/python \
	  --set-commit-hash $$(git rev-parse HEAD)
	$(BIN)/python benchmarks/history.py record

bench-compare: $(VENV)/.installed ## throughput against BASE=ref; fails on a fall of more than 10% beyond noise
	@test -n "$(BASE)" || { echo "name the version to compare with: make bench-compare BASE=main"; exit 2; }
	$(BIN)/python benchmarks/compare.py "$(BASE)" --out $(OUT)/bench-compare.md

bench-history: $(VENV)/.installed ## the recorded throughput as a page
	$(BIN)/python benchmarks/history.py page --out $(OUT)/bench-history.html

lint: $(VENV)/.installed ## style and formatting rules
	$(BIN)/ruff check .

types: $(VENV)/.installed ## static types
	$(BIN)/mypy

imports: $(VENV)/.installed ## layers import downwards only
	$(BIN)/lint-imports

check: lint types imports docs test ## all that continuous integration runs

clean: ## remove the environment and what runs made
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
