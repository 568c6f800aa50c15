# make run: install, then the main job on the simulated cohort. make test: everything.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export DO_NOT_TRACK = 1
export MLFLOW_DISABLE_TELEMETRY = true

.PHONY: install run test lint audit viz ui docs bench airflow clean

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

# known weaknesses of the locked packages; --strict: a package that could not be looked up is no pass
audit:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet pip-audit==2.10.1
	.venv-audit/bin/pip-audit -r requirements.lock --no-deps --disable-pip --strict

viz: install
	@echo "The pipelines alone, to begin with: http://127.0.0.1:4141/?pid=__default__&expandAllPipelines=false&types=nodes"
	$(BIN)/kedro viz run

# two processes and half a gigabyte instead of fifteen and three
ui: install
	@echo "Open http://127.0.0.1:5000/#/experiments?workflowType=machine_learning, an experiment, then Models (docs/mlflow.md)"
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db --workers 1

docs: install
	$(BIN)/mkdocs build --strict

# minutes: the DAG in Airflow's own virtual environment, beside `kedro run`; equal or not
airflow: install .venv-airflow/.installed
	$(BIN)/python -m pip install --quiet -c requirements.lock kedro-airflow==0.11.0
	$(BIN)/python deploy/airflow/try_dag.py .venv-airflow

.venv-airflow/.installed: deploy/airflow/requirements.txt
	$(PYTHON) -m venv .venv-airflow
	.venv-airflow/bin/python -m pip install --quiet -r $<
	touch $@

# quick sizes in some minutes; make bench FULL=1: the sizes of the recorded results
bench: install
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/run_all.py $(if $(FULL),--full)

clean:
	rm -rf $(VENV) .venv-airflow .venv-audit build site .pytest_cache .ruff_cache
