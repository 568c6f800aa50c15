"""Wiring of classify: an application of trained models, which trains nothing."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.classify import nodes


def create_pipeline() -> Pipeline:
    """A table and trained models in; calls and a report out."""
    return Pipeline(
        [
            node(
                nodes.classify_samples,
                ["classify.profiles", "trained_models", "params:classify"],
                ["classify.calls", "classify.report"],
                name="classify_samples",
            )
        ],
        namespace="classify",
        prefix_datasets_with_namespace=False,
        tags="classify",
    )
