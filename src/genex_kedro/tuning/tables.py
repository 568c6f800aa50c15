"""A study as tidy tables."""

from __future__ import annotations

from collections.abc import Iterator

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from genex_kedro.training_status import DIVERGED, FINISHED, PRUNED
from genex_kedro.tuning.settings import SearchSettings, Value
from genex_kedro.tuning.trials import SURPLUS

_STATES = {TrialState.COMPLETE: FINISHED, TrialState.PRUNED: PRUNED, TrialState.FAIL: DIVERGED}
TRIALS = ["study", "trial", "state", "validation_loss", "best_epoch", "epochs", "seconds"]
PARAMETER = "parameter."  # begins the name of a column that holds a trial's parameter


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """A row per trial that has ended, in their order.

    ``validation_loss`` is the smallest of all its epochs, also of a trial that was pruned; of
    one that diverged it is NaN. Parameters stand under ``parameter.<name>``.
    """
    rows = []
    for trial in ended(study):
        losses = trial.intermediate_values
        best = min(losses, key=losses.get, default=None)
        diverged = trial.state == TrialState.FAIL
        rows.append(
            {
                "study": study.study_name,
                "trial": trial.number,
                "state": _STATES[trial.state],
                "validation_loss": None if diverged or best is None else losses[best],
                "best_epoch": best,
                **{name: trial.user_attrs.get(name) for name in ("epochs", "seconds")},
                **{f"{PARAMETER}{name}": value for name, value in trial.params.items()},
            }
        )
    return pd.DataFrame(rows, columns=None if rows else TRIALS)


def history_table(study: optuna.Study) -> pd.DataFrame:
    """A row per trial and epoch: ``study, trial, epoch, validation.loss``."""
    rows = [
        (study.study_name, trial.number, epoch, loss)
        for trial in ended(study)
        for epoch, loss in sorted(trial.intermediate_values.items())
    ]
    return pd.DataFrame(rows, columns=["study", "trial", "epoch", "validation.loss"])


def parameters_of(row: pd.Series, settings: SearchSettings) -> dict[str, Value]:
    """The parameters of a trial, from its row, as the settings have them.

    A table that was kept as CSV, or holds several searches, has whole numbers as decimals.
    """
    found = {}
    for name, values in settings.searched.items():
        kept = row[f"{PARAMETER}{name}"]
        if isinstance(values, tuple):
            same = [value for value in values if value == kept or (value is None and pd.isna(kept))]
            found[name] = same[0]
        else:
            whole = isinstance(values.low, int) and isinstance(values.high, int)
            found[name] = int(kept) if whole else float(kept)
    return found


def ended(study: optuna.Study) -> Iterator[FrozenTrial]:
    """The trials that have ended, in their order."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state in _STATES and SURPLUS not in trial.user_attrs:
            yield trial
