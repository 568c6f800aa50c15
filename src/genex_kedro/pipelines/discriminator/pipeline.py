"""Wiring of discriminator: one base pipeline, one namespace a judge."""

from typing import get_args

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.discriminator import nodes
from genex_kedro.study.judges import Judge

JUDGES = get_args(Judge)


def create_pipeline() -> Pipeline:
    """Studies in; for each judge checkpoints, history, trained models and scores out."""
    return sum((_judge(judge) for judge in JUDGES), start=Pipeline([]))


def _judge(judge: str) -> Pipeline:
    settings = ["params:discriminator", f"params:judges.{judge}"]
    return Pipeline(
        [
            node(
                nodes.train_judge,
                ["reversion.studies", "resume", *settings],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                nodes.keep_judge,
                ["reversion.studies", "checkpoints", *settings],
                "models",
                name="keep",
            ),
            node(
                nodes.score_samples,
                ["reversion.studies", "models", *settings],
                "scores",
                name="score",
            ),
            node(
                nodes.score_references,
                ["reversion.studies", *settings],
                ["reference_scores", "reference_fits"],
                name="score_references",
            ),
        ],
        namespace=f"discriminator.{judge}",
        inputs={"reversion.studies"},
        parameters=set(settings),
        tags="discriminator",
    )
