"""The search: trials asked for, trained, pruned and told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import optuna
from optuna.trial import TrialState

from genex_kedro.training_status import FINISHED, RUNNING
from genex_kedro.tuning.trials import Trials

log = logging.getLogger(__name__)

_PAUSE = 0.5  # seconds between two looks at trials of other processes


class Fits(Protocol):
    """Fits under way, one for each trial (:class:`genex_kedro.training.together.Together`).

    Attributes
    ----------
    states : list of dict
        Of every fit ``status`` (``running``, ``finished``, ``diverged``, ``stopped``),
        ``epoch``, ``value`` (the validation loss of that epoch), ``best_value``, ``best_epoch``.
    """

    states: list[dict[str, Any]]

    def running(self) -> list[int]:
        """Positions of the fits that go on."""
        ...

    def advance(self) -> list[int]:
        """One more epoch, of all that go on or of some; the positions of those."""
        ...

    def stop(self, i: int) -> None:
        """Give up one."""
        ...


def search(
    trials: Trials, at_once: int, start: Callable[[list[dict[str, Any]]], Fits]
) -> Iterator[None]:
    """Train until the study has all its trials, those of other processes included.

    Parameters
    ----------
    trials : Trials
    at_once : int
        Trials asked for before any is told.
    start : callable
        Begins a fit for each dict of parameters.

    Yields
    ------
    None
        When something was told; the study holds it.
    """
    said = False
    while True:
        batch: list[optuna.Trial] = []
        try:
            while len(batch) < at_once and (trial := trials.next()) is not None:
                batch.append(trial)
            if batch:
                yield from _train(trials, batch, start([trial.params for trial in batch]))
            elif trials.others_run():
                if not said:
                    log.info("waiting for trials of other processes")
                said = True
                time.sleep(_PAUSE)
            else:
                return
        finally:  # an error, or Ctrl-C: the next run takes them over
            for trial in batch:
                if not _is_told(trials.study, trial):
                    trials.release(trial)


def _train(trials: Trials, batch: list[optuna.Trial], fits: Fits) -> Iterator[None]:
    """Epoch by epoch; yields when a trial has ended."""
    reported = [_last_step(trials.study, trial) for trial in batch]
    begun = time.monotonic()
    while fits.running():
        for i in fits.advance():
            trial, state = batch[i], fits.states[i]
            if _is_told(trials.study, trial):  # by a process that took it for abandoned
                fits.stop(i)
                continue
            trials.sign(trial)
            if state["value"] is not None and state["epoch"] > reported[i]:
                trial.report(state["value"], state["epoch"])
            # before the epoch it was taken over at, it was judged already
            judged_now = state["status"] == RUNNING and state["epoch"] >= reported[i]
            if judged_now and trial.should_prune():
                fits.stop(i)
            if state["status"] != RUNNING:
                _tell(trials.study, trial, state, time.monotonic() - begun)
                yield


def _tell(study: optuna.Study, trial: optuna.Trial, state: dict, seconds: float) -> None:
    kept = {"epochs": state["epoch"], "best_epoch": state["best_epoch"], "seconds": seconds}
    for name, value in kept.items():
        trial.set_user_attr(name, value)
    if state["status"] == FINISHED:
        study.tell(trial, state["best_value"], skip_if_finished=True)
    elif state["status"] == "stopped":
        study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
    else:
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)


def _is_told(study: optuna.Study, trial: optuna.Trial) -> bool:
    return study.get_trials(deepcopy=False)[trial.number].state.is_finished()


def _last_step(study: optuna.Study, trial: optuna.Trial) -> int:
    return max(study.get_trials(deepcopy=False)[trial.number].intermediate_values, default=0)
