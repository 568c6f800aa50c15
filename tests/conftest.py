"""Shared fixtures: where the real cohorts lie, and a project to run in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import chdir
from functools import partial
from pathlib import Path

import pytest

os.environ["DO_NOT_TRACK"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real cohorts, or a skip that says so."""
    folder = os.environ.get("GENEX_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GENEX_REAL_DATA names no folder: the real cohorts were not tested")
    return Path(folder)


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory) -> Path:
    """An empty MLflow database: making one takes 5 seconds, copying it none."""
    from genex_kedro.tracking import RunBook

    folder = tmp_path_factory.mktemp("mlflow")
    book = RunBook(f"sqlite:///{folder}/mlflow.db", folder, folder / "runs.json", {})
    book.client.search_experiments()
    return folder / "mlflow.db"


def _new_project(folder: Path, mlflow_template: Path) -> Path:
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "src").mkdir()
    (folder / "data").mkdir()
    shutil.copy(mlflow_template, folder / "mlflow.db")
    return folder


@pytest.fixture
def project(tmp_path, mlflow_template) -> Path:
    """A project folder of its own: the configuration, an empty `data`, an empty MLflow store."""
    return _new_project(tmp_path / "project", mlflow_template)


@pytest.fixture(scope="session")
def run_in() -> Callable:
    """Runs a pipeline in a project as `kedro run` does, in this process."""
    import kedro.framework.project  # noqa: F401  configures logging, before caplog does

    def run(
        project: Path, *pipelines: str, env: str = "test", params: dict | None = None, **kwargs
    ):
        from kedro.framework.startup import bootstrap_project

        from genex_kedro.session import GenexSession

        with chdir(project):
            bootstrap_project(project)
            with GenexSession.create(project, env=env, runtime_params=params) as session:
                return session.run(pipeline_names=list(pipelines) or None, **kwargs)

    return run


@pytest.fixture
def run_session(project, run_in, monkeypatch) -> Callable:
    """Runs a pipeline in the test's own project, and leaves the test in its folder."""
    monkeypatch.chdir(project)
    return partial(run_in, project)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory, mlflow_template, run_in) -> Path:
    """A project with the results of everything, made once for all tests: only to be read."""
    project = _new_project(tmp_path_factory.mktemp("whole") / "project", mlflow_template)
    run_in(project)
    return project
