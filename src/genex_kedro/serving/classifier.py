"""A trained classifier of tumor types, served: profiles in, calls out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from genex_kedro.datasets.model_shelf import models_in
from genex_kedro.datasets.tables.tumor_table import tumors_in
from genex_kedro.models.card_uses import CLASSIFIER
from genex_kedro.serving.plainly import plainly
from genex_kedro.study.tumor_types.calls import call_types

_STEPS = 16  # of integrated gradients, as in ``classify``


class ServedClassifier(PythonModel):
    """``kedro run --pipelines classify`` for a client: a profile a row, a gene a column."""

    def load_context(self, context) -> None:
        asked = context.model_config
        shelf = models_in(Path(context.artifacts["models"]))
        _, self.model = shelf.find(asked["model"], asked["seed"], CLASSIFIER)

    @plainly
    def predict(self, context, model_input: pd.DataFrame, params: dict[str, Any] | None = None):
        """The call, all probabilities, whether to reject it and why; with ``top`` genes.

        Raises
        ------
        MlflowException
            Too few genes, values that contradict the unit, repeated samples.
        """
        asked = {"unit": "", "min_coverage": 0.8, "top": 0} | (params or {})
        table = tumors_in(model_input, asked["unit"] or None, "the table to classify")
        return call_types(self.model, table, asked["min_coverage"], asked["top"], _STEPS)[0]


set_model(ServedClassifier())
