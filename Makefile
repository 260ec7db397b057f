# Everything a person or a CI machine types. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-latest check format bench clean clean-environments conda

PYTHON ?= python3
# Whole files of tests side by side; PYTEST_ARGS given by the caller takes the place of all this.
PYTEST_ARGS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
ENTER := environment/enter
# The two programs without an ending are Python as well.
SOURCES := . dormatrix environment/enter

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make the environment, unless it is there
	@$(PYTHON) environment/bootstrap.py

demo: setup ## run the quickstart case
	./dormatrix run cases/gallery/quickstart.yaml

test: setup ## run the tests, on up to 4 cores (on one: PYTEST_ARGS="-k name -x")
	$(ENTER) python -m pytest $(PYTEST_ARGS)

test-latest: ## run the tests with the newest DOLFINx, in a tree of Debian sid
	DORMATRIX_SUITE=sid $(MAKE) test

check: setup ## lint, format and types, changing nothing
	$(ENTER) ruff check $(SOURCES)
	$(ENTER) ruff format --check $(SOURCES)
	$(ENTER) mypy
	$(ENTER) mypy -p environment

format: setup ## format the sources and mend what ruff can mend
	$(ENTER) ruff format $(SOURCES)
	$(ENTER) ruff check --fix $(SOURCES)

bench: setup ## run every benchmark and print its table
	@set -e; for script in benchmarks/*.py; do \
	    test -e "$$script" || continue; echo "== $$script"; $(ENTER) python "$$script"; done

conda: ## write environment/environment.yml from packages.txt and pyproject.toml
	@$(PYTHON) environment/bootstrap.py --write-conda

clean: ## remove results, caches and build products of this checkout
	rm -rf results build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

clean-environments: ## remove old environments, keeping the one this checkout uses
	@$(PYTHON) environment/bootstrap.py --prune
