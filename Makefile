# The two commands a newcomer needs: `make run` and `make test`.
# Both prepare what they need in .venv first; nothing outside the checkout is
# touched, but for Debian's qemu and chromium, which are installed when we may.

VENV    ?= .venv
PY      := $(VENV)/bin/python
PORT    ?= 5006
PYTEST  ?= $(PY) -m pytest
export WORKBENCH_CACHE ?= $(CURDIR)/.cache/workbench

.PHONY: help run test setup setup-test browser lint types layers unit integration \
        browser-tests notebooks screenshots guest-stress bench format schema constraints wheel clean

help:            ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: setup       ## prepare everything and open the app
	@$(PY) -m workbench serve --port $(PORT)

test: lint types layers  ## everything CI checks
	@sh .ci/tests $(PY)

setup: $(VENV)/ready        ## create .venv, install, compile engine and guest programs, get QEMU

setup-test: $(VENV)/ready-for-tests browser  ## what the tests need beyond that

$(VENV)/bin/python:
	@sh .ci/make-venv $(VENV)

$(VENV)/ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the workbench into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
	@$(PY) -m pip install --quiet --disable-pip-version-check --progress-bar on -c constraints.txt -e .
	@$(PY) -m workbench.backends.simulated.compile
	@$(PY) -m workbench.backends.guest
	@$(PY) -m workbench.backends.qemu.prepare
	@touch $@

$(VENV)/ready-for-tests: pyproject.toml constraints.txt $(VENV)/ready
	@echo "Installing what the tests need ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[notebook]' --group test
	@touch $@

browser:
	@sh .ci/find-chromium

lint: setup-test            ## ruff: lint and format
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: setup-test           ## mypy
	$(VENV)/bin/mypy workbench

layers: setup-test          ## import-linter: floors import only downwards
	@$(VENV)/bin/lint-imports --no-logo 2>/dev/null || $(VENV)/bin/lint-imports

unit: setup-test            ## unit and property tests
	$(PYTEST) tests/unit

integration: setup-test     ## tests with real parts: store, processes, wheel
	$(PYTEST) tests/integration

browser-tests: setup-test   ## tests in a real Chromium
	$(PYTEST) tests/browser

notebooks: setup-test       ## execute the notebooks
	$(PYTEST) tests/notebooks

screenshots: setup-test     ## take the pictures of the README again
	WORKBENCH_SCREENSHOTS=$(CURDIR)/tests/screenshots $(PYTEST) tests/browser/test_screenshots.py tests/browser/test_user_journeys.py

guest-stress: setup-test    ## the guest programs under sanitizers, long random runs
	$(PYTEST) tests/stress

bench: setup-test           ## timings; never part of the tests
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	$(PY) -m tests.benchmarks

format: setup-test          ## format the code
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

schema: setup               ## write the published JSON Schemas again
	@$(PY) -m workbench.formats.yaml_schema
	@$(PY) -m workbench.scenario.catalogue_schema

constraints: setup-test     ## write constraints.txt from what is installed
	$(PY) -m pip freeze --all --exclude-editable | grep -v -e '^affinity-workbench' -e '@' -e '^setuptools==' > constraints.txt

wheel: setup-test           ## build the wheel into dist/
	$(PY) -m build --wheel --no-isolation

clean:           ## remove the environment and all caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
