"""Wiring of discriminator: one base pipeline, one namespace a judge."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.binding import bound
from genex_kedro.pipelines.discriminator import nodes
from genex_kedro.study.judges.samples import JUDGES, Judge

_SETTINGS = "params:discriminator"


def create_pipeline() -> Pipeline:
    """Studies in; for each judge checkpoints, history, trained models and scores out."""
    return sum((_judge(judge) for judge in JUDGES), start=Pipeline([]))


def _judge(judge: Judge) -> Pipeline:
    return Pipeline(
        [
            node(
                bound(nodes.train_judge, judge=judge),
                ["reversion.studies", "resume", _SETTINGS],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                bound(nodes.keep_judge, judge=judge),
                ["reversion.studies", "checkpoints", _SETTINGS],
                "models",
                name="keep",
            ),
            node(
                bound(nodes.score_samples, judge=judge),
                ["reversion.studies", "models", _SETTINGS],
                "scores",
                name="score",
            ),
            node(
                bound(nodes.score_references, judge=judge),
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
