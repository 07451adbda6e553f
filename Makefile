# Each target makes its own virtual environment; nothing else has to be installed first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help demo test test-all interop coverage mutants lint local bench bench-quick clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("fftui needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.ready ## run the sample on the simulated platform and watch it
	@$(BIN)/fftui demo $(ARGS)

test: $(VENV)/.ready ## the test suite (under ten minutes on two cores)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-all: $(VENV)/.ready local ## the suite with its long proofs and the real small model
	@$(BIN)/python -m pytest -m '' $(ARGS)

interop: $(VENV)/.ready ## fftui against other projects' servers and tools, where they install
	@$(BIN)/fftui local install || echo 'llama.cpp does not install here: its tests are skipped'
	@test -x .venv-litellm/bin/litellm || { $(PYTHON) -m venv .venv-litellm && .venv-litellm/bin/python -m pip install --quiet --disable-pip-version-check 'litellm[proxy]'; } || { rm -rf .venv-litellm; echo 'LiteLLM does not install here: its tests are skipped'; }
	@test -x .venv-inspect/bin/inspect || { $(PYTHON) -m venv .venv-inspect && .venv-inspect/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[inspect,dev]' openai; } || { rm -rf .venv-inspect; echo 'Inspect AI does not install here: its tests are skipped'; }
	@test -x .venv-garak/bin/garak || test -n "$(GARAK)" || echo 'garak is left out: it brings 6.5 GB with it (PyTorch, CUDA) and takes four minutes; "make interop GARAK=1" installs it. A report that it has written is read by "make test"'
	@test -x .venv-garak/bin/garak || test -z "$(GARAK)" || { $(PYTHON) -m venv .venv-garak && .venv-garak/bin/python -m pip install --quiet --disable-pip-version-check garak; } || { rm -rf .venv-garak; echo 'garak does not install here: its test is skipped'; }
	@$(BIN)/python -m pytest -m interop tests/interop tests/exchange/test_browser.py $(ARGS)
	@test ! -x .venv-inspect/bin/pytest || .venv-inspect/bin/python -m pytest tests/exchange/test_imports.py tests/exchange/test_imported_life.py tests/exchange/test_fields.py tests/exchange/test_export.py tests/exchange/test_round_trips.py $(ARGS)

coverage: $(VENV)/.ready ## how often the intervals hold, and what the flags find, by simulation: the tables of docs/statistics.md and docs/grading.md
	@$(BIN)/python -m benchmarks.coverage
	@$(BIN)/python -m benchmarks.flag_yields

mutants: $(VENV)/.ready ## each guard taken out once: the test that must notice goes red
	@$(BIN)/python -m benchmarks.mutants $(ARGS)

bench: $(VENV)/.ready ## measure fftui against its peers: the table of docs/performance.md
	@$(BIN)/python -m benchmarks.suite $(ARGS)

bench-quick: $(VENV)/.ready ## the rows that guard against regressions, in under two minutes
	@$(BIN)/python -m benchmarks.suite --quick $(ARGS)

lint: $(VENV)/.ready ## style, types, and the floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

local: $(VENV)/.ready ## llama.cpp's server and a small real model, for sample_runs/local_smollm2.toml
	@$(BIN)/fftui local install

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-litellm .venv-inspect .venv-garak benchmarks/.peers .pytest_cache .mypy_cache .ruff_cache .hypothesis
