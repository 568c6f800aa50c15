"""Wiring of evaluation."""

from kedro.pipeline import Pipeline, node

from genex_kedro.models.families import RIVALS
from genex_kedro.pipelines.evaluation import generators, nodes
from genex_kedro.study.judges import JUDGES


def create_pipeline() -> Pipeline:
    """Every model's output in; tables and figures of `data/08_reporting/evaluation` out."""
    return of_judges() + of_generators()


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
    rivals = [f"baselines.{family.name}.synthetic" for family in RIVALS]
    return _evaluation(
        node(
            generators.score_generators,
            ["synthesis.studies", "cvae.synthetic", *rivals, "baselines.synthetic"],
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


def _evaluation(*steps) -> Pipeline:
    return Pipeline(
        steps, namespace="evaluation", prefix_datasets_with_namespace=False, tags="evaluation"
    )
