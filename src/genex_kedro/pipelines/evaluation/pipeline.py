"""Wiring of evaluation."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.evaluation import classifiers, generators, nodes
from genex_kedro.study.judges import JUDGES


def create_pipeline() -> Pipeline:
    """Every model's output in; tables and figures of `data/08_reporting/evaluation` out."""
    return of_judges() + of_generators() + of_classifiers()


def of_judges() -> Pipeline:
    """The study reversion: judges of tumor against normal."""
    scores = [
        f"discriminator.{judge}.{kind}"
        for judge in JUDGES
        for kind in ("scores", "reference_scores")
    ]
    return _evaluation(
        node(
            nodes.score_discriminators,
            [
                "reversion.studies",
                "params:discriminator.least",
                "params:evaluation.bootstrap",
                *scores,
            ],
            "evaluation.discriminators",
            name="score_discriminators",
        ),
        node(
            nodes.summarise_discriminators,
            "evaluation.discriminators",
            ["evaluation.discriminators_summary", "evaluation.study_detector"],
            name="summarise_discriminators",
        ),
        node(
            nodes.draw_discriminators,
            "evaluation.discriminators",
            "evaluation.discriminators_figure",
            name="draw_discriminators",
        ),
    )


def of_generators() -> Pipeline:
    """The study synthesis: generators of expression."""
    return _evaluation(
        node(
            generators.score_generators,
            ["synthesis.studies", "cvae.synthetic", "baselines.synthetic"],
            "evaluation.generators",
            name="score_generators",
        ),
        node(
            generators.summarise_generators,
            "evaluation.generators",
            "evaluation.generators_summary",
            name="summarise_generators",
        ),
    )


def of_classifiers() -> Pipeline:
    """The study tumor_types: classifiers of tumor types."""
    return _evaluation(
        node(
            classifiers.score_classifiers,
            [
                "tumor_types.studies",
                "image_transfer.models",
                "params:evaluation.bootstrap",
                "image_transfer.predictions",
                "image_transfer.simple_predictions",
            ],
            ["evaluation.classifiers", "evaluation.confusion"],
            name="score_classifiers",
        ),
        node(
            classifiers.summarise_classifiers,
            "evaluation.classifiers",
            "evaluation.classifiers_summary",
            name="summarise_classifiers",
        ),
        node(
            classifiers.draw_classifiers,
            ["evaluation.classifiers", "evaluation.confusion"],
            ["evaluation.classifiers_figure", "evaluation.confusion_figure"],
            name="draw_classifiers",
        ),
    )


def _evaluation(*steps) -> Pipeline:
    return Pipeline(
        steps, namespace="evaluation", prefix_datasets_with_namespace=False, tags="evaluation"
    )
