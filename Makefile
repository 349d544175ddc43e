# make report: from a fresh machine to report/index.html. make test: the test suite. See `make help`.
VENV ?= .venv
PYTHON ?= python3
BIN := $(abspath $(VENV))/bin
SNAKEMAKE := PATH="$(BIN):$$PATH" snakemake --cores all

.PHONY: help report quick test lint docs licences environment test-environment

help:
	@echo "make report   set up $(VENV), run the default workflow, print where the report is"
	@echo "make quick    the same with one pair per backbone"
	@echo "make test     set up $(VENV) with the test tools, run the test suite"
	@echo "make test COVERAGE=yes   the same, and how much of the package it reaches"
	@echo "make lint     formatting, linting, types"
	@echo "make docs     the user guide, docs/_build/index.html"
	@echo "make licences docs/licences.md, of the packages in requirements.lock"
	@echo
	@echo "VENV=path     use that environment; if it exists it is taken as it is"
	@echo "PYTHON=name   interpreter for a new environment (default: $(PYTHON), at least 3.11)"

# $(call install,LOCK): make the environment and install a lock and the package; the target is the stamp.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than Python 3.11; name a newer one with PYTHON=python3.x" >&2; exit 1; }
	@set -e; if command -v uv >/dev/null; then \
		test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV); \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
		uv pip install --quiet --python $(BIN)/python --no-deps -e .; \
	else \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $(1); \
		$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps -e .; \
	fi
	@touch $@
endef

# An environment that somebody else made (named on the command line, without our stamp) is only checked.
ifeq ($(origin VENV)$(wildcard $(VENV)/.dcanet-*),command line)
ifneq ($(wildcard $(VENV)/bin/python),)
FOREIGN := yes
endif
endif

ifdef FOREIGN

environment:
	@$(BIN)/python -c 'import dcanet, snakemake, torch' || \
		{ echo "make: $(VENV) lacks this package; run: $(BIN)/python -m pip install -e ." >&2; exit 1; }
test-environment: environment
	@$(BIN)/python -c 'import pytest, hypothesis, xdist, pytest_cov, furo, myst_parser' || \
		{ echo "make: $(VENV) lacks the test tools; run: $(BIN)/python -m pip install -e '.[test,docs]'" >&2; exit 1; }
else

environment: $(VENV)/.dcanet-run
test-environment: $(VENV)/.dcanet-test

$(VENV)/.dcanet-run: requirements.lock pyproject.toml
	$(call install,requirements.lock)

# The test lock has all of the other lock too.
$(VENV)/.dcanet-test: requirements-test.lock pyproject.toml
	$(call install,requirements-test.lock)
	@touch $(VENV)/.dcanet-run
endif

report: environment
	@$(SNAKEMAKE)
	@echo "the report is at $(CURDIR)/report/index.html"

quick: environment
	@$(SNAKEMAKE) --config scope=quick
	@echo "the report is at $(CURDIR)/report/index.html"

# The slow tests repeat the others on more layouts: make test TESTS=slow, or all of them with TESTS="slow or not slow".
# Those that kill, fill disks and damage files count what they did: make test TESTS=faults.
# Hostile input of every kind, 100,000 cases: make test TESTS=fuzz.
# A fifth slower: make test COVERAGE=yes tells how much of the package is reached, and fails below 90 %.
# Those on a real SLURM share one cluster: make test TESTS=slurm WORKERS=0.
TESTS ?= not slow and not slurm and not faults and not fuzz
WORKERS ?= auto
COVERAGE ?=
test: test-environment
	@PATH="$(BIN):$$PATH" python -m pytest -n $(WORKERS) --dist worksteal -m "$(TESTS)" $(if $(COVERAGE),--cov)

lint: test-environment
	@PATH="$(BIN):$$PATH" sh -ec 'ruff check .; ruff format --check .; mypy; snakefmt --check .; snakemake --lint'

licences: environment
	@$(BIN)/python docs/extensions/licences.py

docs: test-environment
	@$(BIN)/python -m sphinx -W --keep-going -n -q -b html -d docs/_build/.doctrees docs docs/_build
	@echo "the guide is at $(CURDIR)/docs/_build/index.html"
