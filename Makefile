# Two commands set everything up: `make demo` and `make test`. They need Python 3.11 or newer, git and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Where nothing compiled is to be kept, each process would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint bench soak settings clean

demo: $(VENV)/.installed  ## publish the example to all three channels, on this machine alone
	@$(BIN)/publisher demo

test: $(VENV)/.developing  ## the whole test suite
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/.developing  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.developing  ## figures, side by side; nothing here passes or fails
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

soak: $(VENV)/.developing  ## the long runs: thousands of kills, many examples of each property
	$(BIN)/python -m pytest -n 2 -m slow
	PUBLISHER_TEST_EXAMPLES=30 $(BIN)/python -m pytest -n 2 --timeout 1800 tests/property

settings: $(VENV)/.installed  ## write settings.example.env anew from the settings models
	$(BIN)/python -c 'from publisher.settings import example; print(example(), end="")' > settings.example.env

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	@echo "Setting up …" >&2
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
