"""Where a section comes from: the command, the cohort, the seeds, the versions."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any


def about(
    summary: dict[str, Any], provenance: dict[str, Any], pipeline: str, seeds: Iterable[int]
) -> dict[str, Any]:
    """What a reader needs to make a section again, as plain JSON.

    Parameters
    ----------
    summary : dict
        Of the cohort; its digest tells sections of another one.
    provenance : dict
        Of :class:`genex_kedro.datasets.provenance.ProvenanceDataset`.
    pipeline : str
        The pipeline that makes the section; empty for the whole run.
    seeds : iterable of int
        Of the splits and trainings.
    """
    return {
        "cohort": summary["digest"],
        "command": command(provenance, pipeline),
        "seeds": sorted({int(seed) for seed in seeds}),
        "environment": provenance.get("versions", {}),
    }


def command(provenance: dict[str, Any], pipeline: str) -> str:
    """The command line, as one would type it."""
    words = ["kedro", "run"]
    if env := provenance.get("env"):
        words += ["--env", env]
    if pipeline:
        words += ["--pipelines", pipeline]
    if params := provenance.get("params"):
        words += ["--params", ",".join(f"{key}={value}" for key, value in params.items())]
    return shlex.join(words)
