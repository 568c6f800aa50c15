# make run: install, then the main job on the simulated cohort. make test: everything.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export DO_NOT_TRACK = 1
export MLFLOW_DISABLE_TELEMETRY = true

.PHONY: install run test lint viz ui bench clean

install: $(VENV)/.installed

# torch first and pinned: a bare `torch` takes the newest build with gigabytes of CUDA packages
$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $$(grep -E '^torch==' requirements.lock)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

run: install
	$(BIN)/kedro run

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

viz: install
	$(BIN)/kedro viz run

# two processes and half a gigabyte instead of fifteen and three
ui: install
	@echo "Runs side by side: http://127.0.0.1:5000/#/experiments?workflowType=machine_learning (open one, then the chart view)"
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db --workers 1

# quick sizes in some minutes; make bench FULL=1: the sizes of the recorded results
bench: install
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/run_all.py $(if $(FULL),--full)

clean:
	rm -rf $(VENV) build .pytest_cache .ruff_cache
