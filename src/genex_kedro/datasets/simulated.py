"""The simulated cohort in place of a real one: for a first run, for tests, for known truths."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview
from pydantic import ValidationError

from genex_kedro.errors import InputError
from genex_kedro.fingerprint import digest
from genex_kedro.simulation import SimulationSettings, simulate


class SimulatedCohortDataset(AbstractDataset[NoReturn, AnnData]):
    """A cohort drawn anew at each load, the same for the same settings.

    Parameters
    ----------
    settings : dict, optional
        Fields of :class:`~genex_kedro.simulation.SimulationSettings`; the rest keep their
        defaults.
    metadata : dict, optional
        Ignored by Kedro.
    """

    def __init__(
        self, settings: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._settings = dict(settings or {})
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort; an InputError, which Kedro wraps in a DatasetError, for bad settings."""
        cohort, _ = simulate(simulation_settings(self._settings))
        return cohort

    def save(self, data: NoReturn) -> NoReturn:
        """A drawn cohort has no place to be written to."""
        raise DatasetError(
            "The simulated cohort is only drawn: name another dataset for what you want to save."
        )

    def fingerprint(self) -> str:
        """Of the settings: the runner draws the cohort again when they change."""
        return digest(self._settings)

    def preview(self) -> JSONPreview:
        """The settings, for kedro-viz."""
        return JSONPreview(json.dumps(simulation_settings(self._settings).model_dump(mode="json")))

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"settings": self._settings}


def simulation_settings(given: dict[str, Any]) -> SimulationSettings:
    """Settings from what a catalog or a command line gave.

    Raises
    ------
    InputError
        Naming each unknown field and each value that cannot be.
    """
    try:
        return SimulationSettings(**given)
    except ValidationError as error:
        problems = error.errors()
        raise InputError(
            where=f"parameters {', '.join(_name(problem) for problem in problems)}",
            found="; ".join(_finding(problem, given) for problem in problems),
            expected="; ".join(_expectation(problem) for problem in problems),
            remedy="Correct the values in globals.yml; what is left out keeps its default.",
        ) from error


def _name(problem: dict[str, Any]) -> str:
    """``simulated.seed``, or ``simulated`` where fields contradict each other."""
    return ".".join(["simulated", *map(str, problem["loc"])])


def _finding(problem: dict[str, Any], given: dict[str, Any]) -> str:
    return repr(problem["input"] if problem["loc"] else given)


def _expectation(problem: dict[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"one of {', '.join(SimulationSettings.model_fields)}"
    return problem["msg"].removeprefix("Value error, ")
