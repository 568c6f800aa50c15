"""Wiring of cvae."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.cvae import nodes

_SETTINGS = "params:cvae"


def create_pipeline() -> Pipeline:
    """Studies in; checkpoints, history, trained models and synthetic samples out."""
    return Pipeline(
        [
            node(
                nodes.train_cvae,
                ["synthesis.studies", "resume", _SETTINGS],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                nodes.keep_cvae,
                ["synthesis.studies", "checkpoints", _SETTINGS],
                "models",
                name="keep",
            ),
            node(
                nodes.sample_cvae,
                ["synthesis.studies", "models", _SETTINGS],
                "synthetic",
                name="sample",
            ),
        ],
        namespace="cvae",
        inputs={"synthesis.studies"},
        parameters={_SETTINGS},
        tags="cvae",
    )
