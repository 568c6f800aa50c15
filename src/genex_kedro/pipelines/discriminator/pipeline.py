"""Wiring of discriminator: one base pipeline, one namespace a judge."""

from collections.abc import Callable
from functools import partial
from typing import get_type_hints

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.discriminator import nodes
from genex_kedro.study.judges import JUDGES, Judge

_SETTINGS = "params:discriminator"


def create_pipeline() -> Pipeline:
    """Studies in; for each judge checkpoints, history, trained models and scores out."""
    return sum((_judge(judge) for judge in JUDGES), start=Pipeline([]))


def _judge(judge: Judge) -> Pipeline:
    return Pipeline(
        [
            node(
                _for(judge, nodes.train_judge),
                ["reversion.studies", "resume", _SETTINGS],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                _for(judge, nodes.keep_judge),
                ["reversion.studies", "checkpoints", _SETTINGS],
                "models",
                name="keep",
            ),
            node(
                _for(judge, nodes.score_samples),
                ["reversion.studies", "models", _SETTINGS],
                "scores",
                name="score",
            ),
            node(
                _for(judge, nodes.score_references),
                ["reversion.studies", _SETTINGS],
                ["reference_scores", "reference_fits"],
                name="score_references",
            ),
        ],
        namespace=f"discriminator.{judge}",
        inputs={"reversion.studies"},
        parameters={_SETTINGS},
        tags="discriminator",
    )


def _for(judge: Judge, function: Callable) -> Callable:
    """The node of one judge, with the name and the types that Kedro shows and validates by."""
    bound = partial(function, judge=judge)
    bound.__name__, bound.__doc__ = function.__name__, function.__doc__
    bound.__annotations__ = get_type_hints(function)
    return bound
