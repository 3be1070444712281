# Every target works alone on a fresh clone: the environment is made first, and again when
# pyproject.toml or constraints.txt have changed.

.DEFAULT_GOAL := test
.PHONY: demo test lint types fuzz prove bench docs examples wheel clean

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?=
PROVE_ARGS ?=

# One thread per process: pytest runs one process per core already.
THREADS := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

$(STAMP): pyproject.toml constraints.txt
	@python=; for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "archc needs Python 3.11 or newer, and found none (looked for python3, python3.11 to python3.14)." >&2; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ]; then \
	    echo "Making the environment in $(VENV) (once; a few minutes, mostly PyTorch)." >&2; \
	    $$python -m venv $(VENV) || { echo "Could not make $(VENV): is the venv module installed (python3-venv)?" >&2; exit 1; }; \
	fi
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/python examples/demo.py

test: $(STAMP)
	$(THREADS) $(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# mypy finds the package by its name: a link stands in for the name of the clone's folder.
types: $(STAMP)
	@mkdir -p $(VENV)/types && ln -sfn '$(CURDIR)' $(VENV)/types/archc
	MYPYPATH=$(VENV)/types $(BIN)/mypy -p archc

fuzz: $(STAMP)
	$(THREADS) $(BIN)/python -m pytest tests/fuzz tests/compiler/spaces/test_counts.py tests/compiler/spaces/test_ahead.py \
		tests/compiler/spaces/test_bounds.py --long $(PYTEST_ARGS)

# A million programs of each space, every one checked afresh: many hours. It goes on where it stopped;
# PROVE_ARGS="--per-space 10000" makes it shorter.
# tests/proof/draws.py tells whether a later commit still draws what was proved; tests/proof/stream.py
# streams a million programs with their ONNX.
prove: $(STAMP)
	$(THREADS) $(BIN)/python tests/proof/prove.py $(PROVE_ARGS)

examples: $(STAMP)
	$(THREADS) $(BIN)/python -m pytest tests/examples $(PYTEST_ARGS)

bench: $(STAMP)
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: $(STAMP)
	$(BIN)/python docs/generate.py

wheel: $(STAMP)
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
