"""Wiring of translators."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.translators import nodes

_SETTINGS = "params:translators"


def create_pipeline() -> Pipeline:
    """Studies in; what simple translators make of the test samples, and those that are kept, out."""
    return Pipeline(
        [
            node(
                nodes.translate_simple,
                ["reversion.studies", _SETTINGS],
                ["translated", "models", "fits"],
                name="translate_simple",
            )
        ],
        namespace="translators",
        inputs={"reversion.studies"},
        parameters={_SETTINGS},
        tags="translators",
    )
