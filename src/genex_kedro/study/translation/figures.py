"""What the columns of the translators' scorecard declare: direction, range and ideal."""

from __future__ import annotations

import re
from dataclasses import replace

from genex_kedro.metrics import (
    discrepancy,
    energy,
    false_change,
    fooled,
    pair_error,
    right_patient,
    spread,
    tissue_kept,
    top_genes,
)
from genex_kedro.metrics.base import Metric
from genex_kedro.study.translation.rows import KINDS

_MODULES = (discrepancy, energy, false_change, fooled, pair_error, right_patient, spread, tissue_kept, top_genes)  # fmt: skip
_DECLARED = {metric.name: metric for module in _MODULES for metric in module.METRICS}
_KIND = re.compile(rf"_({'|'.join(sorted(KINDS.values(), key=len, reverse=True))}|tumor)$")


def metric_of(column: str) -> Metric:
    """The metric behind a column, under the column's name: ``rmse_point``, ``fooled_paper_draw``.

    Raises
    ------
    KeyError
        If it is no column of the scorecard.
    """
    name = _KIND.sub("", column).removesuffix("_autosomal")
    name = "fooled" if name.startswith("fooled_") else name
    return replace(_DECLARED[name], name=column)
