"""Wiring of cyclegan."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.cyclegan import nodes

_SETTINGS = "params:cyclegan"


def create_pipeline() -> Pipeline:
    """Studies in; checkpoints, history, trained translators and translated test samples out."""
    return Pipeline(
        [
            node(
                nodes.train_cyclegan,
                ["reversion.studies", "resume", _SETTINGS],
                ["checkpoints", "history"],
                name="train",
            ),
            node(
                nodes.keep_cyclegan,
                ["reversion.studies", "checkpoints", _SETTINGS],
                "models",
                name="keep",
            ),
            node(
                nodes.translate_test,
                ["reversion.studies", "models", _SETTINGS],
                "translated",
                name="translate",
            ),
        ],
        namespace="cyclegan",
        inputs={"reversion.studies"},
        parameters={_SETTINGS},
        tags="cyclegan",
    )
