"""Wiring of generate and share: applications of trained models, which train nothing."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.generate import nodes


def create_pipeline() -> Pipeline:
    """A trained generator and a request in; an expression table and a report out."""
    return _application(
        node(
            nodes.generate_samples,
            ["trained_models", "params:generate"],
            ["generate.samples", "generate.report"],
            name="generate_samples",
        )
    )


def create_share_pipeline() -> Pipeline:
    """A trained generator and the scorecard's cards in; a model folder to hand on out."""
    return _application(
        node(
            nodes.share_model,
            ["trained_models", "evaluation.cards.generators", "params:generate"],
            "share.model",
            name="share_model",
        )
    )


def _application(step) -> Pipeline:
    return Pipeline(
        [step], namespace="generate", prefix_datasets_with_namespace=False, tags="generate"
    )
