"""Wiring of baselines."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.baselines import nodes


def create_pipeline() -> Pipeline:
    """Studies in; synthetic samples of the simple generators out."""
    return Pipeline(
        [
            node(
                nodes.sample_simple,
                "synthesis.studies",
                ["synthetic", "fits"],
                name="sample_simple",
            )
        ],
        namespace="baselines",
        inputs={"synthesis.studies"},
        tags="baselines",
    )
