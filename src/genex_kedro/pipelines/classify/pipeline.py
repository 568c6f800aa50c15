"""Wiring of classify."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.classify import nodes


def create_pipeline() -> Pipeline:
    """A table and trained models in, calls out; nothing is trained."""
    return Pipeline(
        [
            node(
                nodes.classify_samples,
                ["profiles", "image_transfer.models", "params:classify"],
                ["calls", "report"],
                name="classify_samples",
            )
        ],
        namespace="classify",
        inputs={"image_transfer.models"},
        parameters={"params:classify"},
        tags="classify",
    )
