"""Is one model better than another? Told apart only by what seeds or patients bear out."""

from __future__ import annotations

import math

import pandas as pd
from scipy.stats import t

from genex_kedro.metrics.base import Metric
from genex_kedro.report.blocks import FAILS, HOLDS, NOTE, number


def compare(table: pd.DataFrame, own: str, other: str, metric: Metric) -> tuple[str, str] | None:
    """The verdict on `own` against `other`, and the numbers in words.

    Over two seeds or more the 95 % interval (Student's t) of the difference, seed by seed, has to
    leave out zero; for one seed the 95 % intervals over patients have to lie apart. Else no order
    is claimed. Splits share patients, so an interval over seeds is rather too narrow.

    Parameters
    ----------
    table : DataFrame
        ``model, seed``, the metric, and ``<metric>_low, <metric>_high`` where there are intervals.
    own, other : str
    metric : Metric
        Under its name in the table.

    Returns
    -------
    tuple of str, or None
        None where the two share no seed with a value.
    """
    by_model = {name: table[table["model"] == name].set_index("seed") for name in (own, other)}
    values = pd.DataFrame({name: rows[metric.name] for name, rows in by_model.items()}).dropna()
    if values.empty:
        return None
    gain = metric.loss(values[other]) - metric.loss(values[own])
    clear = _over_seeds(gain) if len(gain) > 1 else _over_patients(by_model, values, metric.name)
    verdict = NOTE if not clear else HOLDS if gain.mean() > 0 else FAILS
    better = gain if gain.mean() > 0 else -gain
    order = (
        f"{'better' if gain.mean() > 0 else 'worse'} in {(better > 0).sum()} of {len(gain)} seeds"
    )
    order += "" if clear else ": no clear difference"
    means = f"{number(values[own].mean())} against {number(values[other].mean())}"
    return verdict, f"{means} ({order})"


def _over_seeds(gain: pd.Series) -> bool:
    half = t.ppf(0.975, len(gain) - 1) * gain.std() / math.sqrt(len(gain))
    return bool(abs(gain.mean()) > half)


def _over_patients(by_model: dict, values: pd.DataFrame, name: str) -> bool:
    """Whether the intervals of the one seed lie apart; without intervals nothing is clear."""
    ends = [f"{name}_low", f"{name}_high"]
    rows = [table.loc[values.index[0]] for table in by_model.values()]
    if any(end not in row or pd.isna(row[end]) for row in rows for end in ends):
        return False
    (a_low, a_high), (b_low, b_high) = ([row[end] for end in ends] for row in rows)
    return bool(a_high < b_low or b_high < a_low)


def gained(rows: pd.DataFrame, gain: str) -> tuple[str, str]:
    """The verdict on a gain that is given with its interval over patients, and in words.

    Parameters
    ----------
    rows : DataFrame
        A row for each seed, with ``<gain>_low, <gain>_high``.
    gain : str
        ``balanced_accuracy_gain``.
    """
    ahead, behind = (rows[f"{gain}_low"] > 0).sum(), (rows[f"{gain}_high"] < 0).sum()
    n = len(rows)
    if ahead > behind:
        return (HOLDS if ahead > n / 2 else NOTE), f"clearly better in {ahead} of {n} seeds"
    if behind > ahead:
        return (FAILS if behind > n / 2 else NOTE), f"clearly worse in {behind} of {n} seeds"
    return NOTE, "no clear difference"
