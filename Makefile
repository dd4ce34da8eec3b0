# Each target does its own set-up in .venv. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
# The engine on Python floats: shown at once, while collecting all tests takes its seconds.
ENGINE := tests/test_graph.py
INSTALL = $(RUN) -m pip --disable-pip-version-check install --editable

.PHONY: train test test-all check bench notebooks notebooks-check site lint clean

train: .venv/installed
	$(RUN) -m nn train lenet5 $(ARGS)

test: .venv/installed-test
	$(if $(ARGS),,$(RUN) -m pytest $(ENGINE))
	@echo "all the others, on two processes: some minutes; the first time kernels are compiled besides"
	$(RUN) -m pytest -m "not slow" -n 2 $(if $(ARGS),$(ARGS),--ignore=$(ENGINE))

test-all: .venv/installed-test
	$(RUN) -m pytest -n 2 --dist worksteal $(ARGS)

bench: .venv/installed
	$(RUN) -m bench $(ARGS)

notebooks: .venv/installed-notebooks
	$(BIN)/jupyter lab notebooks $(ARGS)

notebooks-check: .venv/installed-notebooks
	$(RUN) -m notebooks $(ARGS)

# From the lessons as they were executed, into build/site.
site: .venv/installed-site
	$(RUN) -m notebooks.site $(ARGS)

# Before a commit, under a minute: style, types, and the tests of the engine and of the house.
check: lint .venv/installed-test
	$(RUN) -m pytest -m "not slow" -n 2 tests/test_house.py tests/test_graph.py tests/test_tensor.py tests/test_inplace.py \
		tests/test_gradients.py tests/test_elementwise.py tests/test_shape.py tests/test_reduce.py tests/test_index.py \
		tests/test_table.py tests/test_standin.py

lint: .venv/installed-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf .venv build dist *.egg-info

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12"; exit 1; }
	@echo "creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/created pyproject.toml
	@echo "installing NumPy, Numba, SciPy, Matplotlib … into .venv (once; some 150 MB to download)"
	@$(INSTALL) .
	@touch $@

.venv/installed-%: .venv/created pyproject.toml
	@echo "installing NumPy, Numba, SciPy, Matplotlib … and what $* needs into .venv (once; some 200 MB to download)"
	@$(INSTALL) '.[$*]'
	@touch .venv/installed $@
