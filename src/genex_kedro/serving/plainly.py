"""What all served models share: a user's mistake goes to the client as it is worded."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from mlflow.exceptions import MlflowException
from pydantic import ValidationError

from genex_kedro.errors import InputError

_OF_A_RUN = re.compile(r'--params (?:"\w+\.([^"]+)"|\w+\.)')  # with its group, and perhaps quoted


def plainly(predict: Callable) -> Callable:
    """MLflow's server hides every exception but its own: a mistake becomes one, with status 400.

    Who asks a server has no command line: what a run calls `cohort.unit` is its `unit`.
    """

    @wraps(predict)
    def told(self, context, model_input, params=None):
        try:
            return predict(self, context, model_input, params)
        except (InputError, ValidationError) as mistake:
            raise MlflowException.invalid_parameter_value(
                _OF_A_RUN.sub(lambda found: f"params {found[1] or ''}", str(mistake))
            ) from mistake

    return told
