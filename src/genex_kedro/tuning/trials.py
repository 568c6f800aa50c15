"""Trials of an Optuna study: asked for in an order that an interruption does not change."""

from __future__ import annotations

import socket
import time
from datetime import datetime
from typing import Any

import optuna
import psutil
from optuna.samplers import BaseSampler, GridSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from genex_kedro.tuning.settings import Range, SearchSettings, Value

SURPLUS = "surplus"  # asked for when another process had just asked for the last
_WORKER, _SEEN = "worker", "seen"  # who trains a trial, and when it last said so
_SECONDS_TO_CLAIM = 5.0  # between asking and claiming lie milliseconds
_SECONDS_TO_LIVE = 900.0  # of a worker on another machine that says nothing
_SECONDS_BETWEEN_SIGNS = 60.0


def open_study(
    storage: optuna.storages.BaseStorage, name: str, settings: SearchSettings
) -> optuna.Study:
    """The study of that name, created if it is not there; it minimises.

    Parameters
    ----------
    storage : BaseStorage
    name : str
        Whatever a trial's result depends on must be part of it, as a digest.
    settings : SearchSettings
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=storage,
        study_name=name,
        direction="minimize",
        load_if_exists=True,
        sampler=_sampler(settings, 0),
        pruner=_pruner(settings),
    )


class Trials:
    """What one process asks for, claims and tells of a study.

    A trial that is running belongs to a worker. If that worker is gone (killed, or silent for
    a quarter of an hour on another machine) the trial is taken over, under its own number and
    with its own parameters: nothing is lost, and later trials see what they would have seen.

    Parameters
    ----------
    study : Study
    settings : SearchSettings
    """

    def __init__(self, study: optuna.Study, settings: SearchSettings) -> None:
        self.study, self.settings = study, settings
        process = psutil.Process()
        # the time of its start tells a process from a later one of the same number
        self._me = f"{socket.gethostname()}/{process.pid}/{process.create_time()}"
        self._signed: dict[int, float] = {}

    def next(self) -> optuna.Trial | None:
        """A trial that was abandoned, else a new one; None if none is left to ask for."""
        trials = self._wait_for_claims()
        for frozen in trials:
            if frozen.state == TrialState.RUNNING and not _is_alive(frozen):
                return self._take_over(frozen)
        if len(trials) >= self.settings.total:
            return None
        self.study.sampler = _sampler(self.settings, len(trials))
        trial = self.study.ask()
        if trial.number >= self.settings.total:
            trial.set_user_attr(SURPLUS, True)
            self.study.tell(trial, state=TrialState.FAIL)
            return None
        self._claim(trial)
        self._suggest(trial)
        return trial

    def others_run(self) -> bool:
        """Whether other processes have trials under way."""
        trials = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return any(frozen.number < self.settings.total for frozen in trials)

    def sign(self, trial: optuna.Trial) -> None:
        """Say now and then that a trial is being worked on."""
        if time.time() - self._signed.get(trial.number, 0.0) >= _SECONDS_BETWEEN_SIGNS:
            self._signed[trial.number] = time.time()
            trial.set_user_attr(_SEEN, time.time())

    def release(self, trial: optuna.Trial) -> None:
        """Abandon a trial, for whoever comes next."""
        trial.set_user_attr(_WORKER, "")

    def _claim(self, trial: optuna.Trial) -> None:
        self.sign(trial)
        trial.set_user_attr(_WORKER, self._me)

    def _take_over(self, frozen: FrozenTrial) -> optuna.Trial:
        self.study.sampler = _sampler(self.settings, frozen.number)
        trial = optuna.Trial(self.study, frozen._trial_id)
        self._claim(trial)
        self._suggest(trial)
        return trial

    def _suggest(self, trial: optuna.Trial) -> None:
        """Give a trial its parameters; one that was cut off in between gets those it would have."""
        known = self.study.get_trials(deepcopy=False)[trial.number]
        for name, values in self.settings.searched.items():
            if name in known.params and name not in trial.relative_params:
                # drawn already: move the generator on by that draw
                self.study.sampler.sample_independent(
                    self.study, known, name, known.distributions[name]
                )
            _suggest_one(trial, name, values)

    def _wait_for_claims(self) -> list[FrozenTrial]:
        """All trials, once each that is running has been claimed, or was never going to be."""
        while True:
            trials = self.study.get_trials(deepcopy=False)
            if not any(_is_unclaimed(frozen) for frozen in trials):
                return trials
            time.sleep(0.05)


def _is_unclaimed(frozen: FrozenTrial) -> bool:
    if frozen.state != TrialState.RUNNING or _WORKER in frozen.user_attrs:
        return False
    return (datetime.now() - frozen.datetime_start).total_seconds() < _SECONDS_TO_CLAIM


def _is_alive(frozen: FrozenTrial) -> bool:
    """Whether the worker of a running trial is at work."""
    worker = frozen.user_attrs.get(_WORKER)
    if not worker:
        return False
    host, pid, started = worker.rsplit("/", 2)
    if host != socket.gethostname():
        return time.time() - frozen.user_attrs[_SEEN] < _SECONDS_TO_LIVE
    try:
        return str(psutil.Process(int(pid)).create_time()) == started
    except psutil.NoSuchProcess:
        return False


def _suggest_one(trial: optuna.Trial, name: str, values: Range | tuple[Value, ...]) -> None:
    if isinstance(values, tuple):
        trial.suggest_categorical(name, values)
    elif isinstance(values.low, int) and isinstance(values.high, int):
        trial.suggest_int(name, values.low, values.high, log=values.log)
    else:
        trial.suggest_float(name, values.low, values.high, log=values.log)


class _Grid(GridSampler):
    """Every combination once, asked for and told one by one."""

    def after_trial(self, *_: Any) -> None:
        """Nothing: Optuna stops the study here, which fails outside ``Study.optimize``."""


def _sampler(settings: SearchSettings, number: int) -> BaseSampler:
    """What proposes trial `number`: the same after any interruption."""
    if settings.sampler == "grid":
        return _Grid({k: list(v) for k, v in settings.searched.items()}, seed=settings.seed)
    return TPESampler(seed=settings.seed + number, n_startup_trials=settings.startup)


def _pruner(settings: SearchSettings) -> optuna.pruners.BasePruner:
    if settings.pruner is None:
        return optuna.pruners.NopPruner()
    first = settings.pruner.warm_up + 1  # epochs count from 1
    return optuna.pruners.MedianPruner(settings.pruner.startup, n_warmup_steps=first)
