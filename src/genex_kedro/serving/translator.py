"""A trained translator, served: tumors in, their own normals out, and how far to believe them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from genex_kedro.cohort import given_unit
from genex_kedro.datasets.model_shelf import models_in
from genex_kedro.datasets.tables.tumor_table import tumors_in
from genex_kedro.serving.plainly import plainly
from genex_kedro.study.translation.applied import take_bench
from genex_kedro.study.translation.applied_report import in_unit


class ServedTranslator(PythonModel):
    """``kedro run --pipelines translate`` for a client: a tumor a row, a gene a column.

    ``tissue`` is inferred where it is not told; ``sample_id`` may be left out.
    """

    def load_context(self, context) -> None:
        asked = context.model_config
        shelf = models_in(Path(context.artifacts["models"]))
        self.bench = take_bench(shelf, asked["model"], asked["seed"])

    @plainly
    def predict(self, context, model_input: pd.DataFrame, params: dict[str, Any] | None = None):
        """What ``calls.tsv`` says of each sample, and its normal in the unit it came in.

        Raises
        ------
        MlflowException
            Too few genes, values that contradict the unit, repeated samples.
        """
        asked = {"unit": "", "min_coverage": 0.8, "draw": False, "seed": 0} | (params or {})
        table = tumors_in(model_input, asked["unit"] or None, "the table to translate")
        laid = self.bench.lay(table, asked["min_coverage"])
        guess, draw = laid.guess(), next(laid.draws(1, asked["seed"]))
        normal = in_unit(draw if asked["draw"] else guess, laid.tumors, given_unit(table))
        return pd.concat([laid.calls(guess, draw), normal], axis=1).reset_index()


set_model(ServedTranslator())
