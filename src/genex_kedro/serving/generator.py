"""A trained generator, served: rows that say what is wanted in, samples out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from genex_kedro.datasets.model_shelf import models_in
from genex_kedro.models.card_uses import GENERATOR
from genex_kedro.serving.plainly import plainly
from genex_kedro.study.generation.fulfilment import fulfil
from genex_kedro.study.generation.request import GenerateSettings


class ServedGenerator(PythonModel):
    """``kedro run --pipelines generate`` for a client: same samples for the same request.

    A row asks for ``n`` samples (1 where it is not said) of every class that fits its
    ``tissue``, ``condition`` and further factors; what is empty is not asked for.
    """

    def load_context(self, context) -> None:
        asked = context.model_config
        shelf = models_in(Path(context.artifacts["models"]))
        self.name, self.model = shelf.find(asked["model"], asked["seed"], GENERATOR)

    @plainly
    def predict(self, context, model_input: pd.DataFrame, params: dict[str, Any] | None = None):
        """``sample_id``, the labels, and a column a gene, in the unit asked for.

        Raises
        ------
        MlflowException
            A class, a unit or a number that cannot be had.
        """
        wanted = [_request(row) for row in model_input.to_dict("records")]
        cohort, _ = fulfil(self.model, self.name.full, GenerateSettings(**params or {}), wanted)
        labels = cohort.obs[self.model.config["vocabulary"]["factors"]].astype(str)
        return pd.concat([labels, cohort.to_df()], axis=1).rename_axis("sample_id").reset_index()


def _request(row: dict[str, Any]) -> tuple[int, dict[str, str]]:
    said = {key: value for key, value in row.items() if pd.notna(value) and value != ""}
    n = GenerateSettings(n=said.pop("n", 1)).n  # one or more
    return n, {key: str(value) for key, value in said.items()}


set_model(ServedGenerator())
