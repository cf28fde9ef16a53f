# Everything runs in a virtual environment of its own that the first command makes.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
DEMO ?= corpus/
export OMP_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.PHONY: demo test battery lint types wheel bench clean

demo: $(VENV)/ready
	$(BIN)/codeopt suggest $(DEMO)

test: $(VENV)/ready
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Labelled pairs of functions that behave alike or not, and what the comparator says of them.
battery: $(VENV)/ready
	$(BIN)/python -m tests.battery

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy

wheel: $(VENV)/ready
	$(BIN)/python tests/check_wheel.py

bench: $(VENV)/ready
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/check_start.py
	$(BIN)/python bench/corpus_expected.py

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
