"""A trained translator at work on tumors that it never saw."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import given_unit
from genex_kedro.models.shelf import ModelShelf
from genex_kedro.study.translation import applied_output as outputs
from genex_kedro.study.translation.applied import Laid, take_bench
from genex_kedro.study.translation.applied_report import in_unit, readable, report_of
from genex_kedro.study.translation.settings import TranslateSettings

log = logging.getLogger(__name__)


def translate_tumors(
    table: AnnData, models: ModelShelf, settings: TranslateSettings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The normals of tumors, what changed, the judges' calls, and what to make of it.

    Returns
    -------
    results : dict
        ``expression``, ``draws`` (where asked for), ``change``, ``calls`` (DataFrames) and
        ``report`` (Markdown).
    report : dict

    Raises
    ------
    InputError
        Nothing is trained, the model is no translator, or the table measures too little.
    """
    bench = take_bench(models, settings.model, settings.trained_seed)
    laid = bench.lay(table, settings.min_coverage)
    unit, normal = given_unit(table), laid.guess()
    drawn, sd, first = _draws(laid, settings, unit)
    calls = laid.calls(normal, first)
    report = report_of(laid.cohort, laid.tumors, calls, bench.name, bench.seed, bench.model)
    log.info("%d samples translated by %s", len(calls), bench.name)
    results = {
        "expression": in_unit(normal, laid.tumors, unit),
        **({"draws": drawn} if drawn is not None else {}),
        "change": outputs.change_table(laid.tumors, normal, sd),
        "calls": calls,
        "report": readable(report, settings.draws, unit),
    }
    return results, report


def _draws(laid: Laid, settings: TranslateSettings, unit: str):
    """The draws asked for, the standard deviation over draws, and the first draw."""
    mean, squares, first, kept = 0.0, 0.0, None, []
    n = max(settings.draws, settings.uncertainty_draws)
    for number, draw in enumerate(laid.draws(n, settings.seed)):
        first = draw if first is None else first
        if number < settings.draws:
            kept.append(in_unit(draw, laid.tumors, unit))
        if number < settings.uncertainty_draws:
            off = draw - mean
            mean = mean + off / (number + 1)
            squares = squares + off * (draw - mean)
    sd = np.sqrt(squares / (settings.uncertainty_draws - 1)).astype(np.float32)
    drawn = pd.concat(kept, keys=range(len(kept)), names=["draw", "sample_id"]) if kept else None
    return drawn, sd, first
