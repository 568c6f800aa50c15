"""Which parameters matter."""

from __future__ import annotations

import optuna
import pandas as pd
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import create_trial

from genex_kedro.training_status import FINISHED
from genex_kedro.tuning.settings import Range, SearchSettings, Value
from genex_kedro.tuning.tables import parameters_of

_LEAST = 4  # trials


def importances(trials: pd.DataFrame, settings: SearchSettings) -> dict[str, float]:
    """Share of the variance of the loss by parameter (functional ANOVA, Hutter et al. 2014).

    Of finished trials alone: a pruned one has another number of epochs. The losses enter by
    rank, so that one wild learning rate does not hide all else.

    Parameters
    ----------
    trials : DataFrame
        Of one search, see :func:`genex_kedro.tuning.tables.trials_table`.
    settings : SearchSettings

    Returns
    -------
    dict
        By parameter, adding up to 1, the largest first; empty with fewer than four finished
        trials or with equal losses.
    """
    finished = trials[trials["state"] == FINISHED]
    losses = finished["validation_loss"].astype(float).rank()
    if len(finished) < _LEAST or (losses == losses.iloc[0]).all():
        return {}
    distributions = {name: _distribution(values) for name, values in settings.searched.items()}
    study = optuna.create_study(direction="minimize")
    for (_, row), loss in zip(finished.iterrows(), losses, strict=True):
        params = parameters_of(row, settings)
        study.add_trial(create_trial(value=loss, params=params, distributions=distributions))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=settings.seed)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _distribution(values: Range | tuple[Value, ...]) -> BaseDistribution:
    if isinstance(values, tuple):
        return CategoricalDistribution(values)
    whole = isinstance(values.low, int) and isinstance(values.high, int)
    kind = IntDistribution if whole else FloatDistribution
    return kind(values.low, values.high, log=values.log)
