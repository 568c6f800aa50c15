"""What all served models share: a user's mistake goes to the client as it is worded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from mlflow.exceptions import MlflowException
from pydantic import ValidationError

from genex_kedro.errors import InputError


def plainly(predict: Callable) -> Callable:
    """MLflow's server hides every exception but its own: a mistake becomes one, with status 400."""

    @wraps(predict)
    def told(self, context, model_input, params=None):
        try:
            return predict(self, context, model_input, params)
        except (InputError, ValidationError) as mistake:
            raise MlflowException.invalid_parameter_value(str(mistake)) from mistake

    return told
