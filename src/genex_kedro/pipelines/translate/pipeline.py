"""Wiring of translate: an application of trained models, which trains nothing."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.translate import nodes


def create_pipeline() -> Pipeline:
    """A table of tumors and trained models in; their normals, changes, calls and a report out."""
    return Pipeline(
        [
            node(
                nodes.translate_tumors,
                ["translate.tumors", "trained_models", "params:translate"],
                ["translate.results", "translate.report"],
                name="translate_tumors",
            )
        ],
        namespace="translate",
        prefix_datasets_with_namespace=False,
        tags="translate",
    )
