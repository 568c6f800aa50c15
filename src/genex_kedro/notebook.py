"""What notebooks need besides the catalog."""

from __future__ import annotations

from kedro.io import DataCatalog

from genex_kedro.errors import InputError, some


def require(catalog: DataCatalog, pipeline: str, *names: str) -> None:
    """Refuse to go on where a pipeline was not run yet.

    Parameters
    ----------
    catalog : DataCatalog
    pipeline : str
        That makes the datasets.
    *names : str
        Datasets that are going to be loaded.

    Raises
    ------
    InputError
        With the command to run.
    """
    missing = [name for name in names if not catalog.exists(name)]
    if missing:
        raise InputError(
            where="results in the folder data",
            found=f"no {some(missing)}",
            expected=f"what the pipeline {pipeline} makes",
            remedy=f"Run it in the project's folder, with your --env and --params: kedro run --pipelines {pipeline}",
        )
