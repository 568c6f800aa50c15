"""Wiring of evaluation."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.evaluation import (
    cards,
    classifiers,
    judges,
    translators,
)
from genex_kedro.pipelines.evaluation.generator_pipeline import (
    pictures_of_generators,
    scorecard_of_generators,
)
from genex_kedro.pipelines.evaluation.report_pipeline import report_on
from genex_kedro.study.judges.samples import JUDGES


def create_pipeline() -> Pipeline:
    """Every model's output in; tables, figures, cards and the report of `data/08_reporting` out."""
    return of_judges() + of_translators() + of_generators() + of_classifiers()


def of_judges() -> Pipeline:
    """The study reversion: judges of tumor against normal."""
    scores = [
        f"discriminator.{judge}.{kind}"
        for judge in JUDGES
        for kind in ("scores", "reference_scores")
    ]
    return _evaluation(
        node(
            judges.score_discriminators,
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
            judges.summarise_discriminators,
            "evaluation.discriminators",
            ["evaluation.discriminators_summary", "evaluation.study_detector"],
            name="summarise_discriminators",
        ),
        node(
            judges.draw_discriminators,
            "evaluation.discriminators",
            "evaluation.discriminators_figure",
            name="draw_discriminators",
        ),
        node(
            cards.write_judge_cards,
            ["evaluation.discriminators", *(f"discriminator.{judge}.models" for judge in JUDGES)],
            "evaluation.cards.judges",
            name="write_judge_cards",
        ),
        *report_on("judges"),
    )


TRANSLATED = (
    "cyclegan.translated",
    "translators.translated",
)  # of every pipeline that translates tumors


def of_translators() -> Pipeline:
    """The study reversion: translators of tumors into normals."""
    return _evaluation(
        node(
            translators.score_translators,
            [
                "reversion.studies",
                "discriminator.pooled.models",
                "discriminator.adjacent.models",
                "params:evaluation.bootstrap",
                *TRANSLATED,
            ],
            "evaluation.translators",
            name="score_translators",
        ),
        node(
            translators.summarise_translators,
            "evaluation.translators",
            "evaluation.translators_summary",
            name="summarise_translators",
        ),
        node(
            translators.lay_beside_paper,
            "evaluation.translators",
            "evaluation.translators_by_code",
            name="lay_beside_paper",
        ),
        node(
            translators.draw_frontier,
            "evaluation.translators",
            "evaluation.translators_frontier",
            name="draw_frontier",
        ),
        node(
            translators.draw_neighbours,
            ["reversion.studies", "params:evaluation.translators.pictures", *TRANSLATED],
            "evaluation.translators_neighbours",
            name="draw_neighbours",
        ),
        node(
            cards.write_translator_cards,
            ["evaluation.translators", "cyclegan.models", "translators.models"],
            "evaluation.cards.translators",
            name="write_translator_cards",
        ),
        *report_on("translators"),
    )


def of_generators() -> Pipeline:
    """The study synthesis: generators of expression."""
    return _evaluation(
        *scorecard_of_generators(), *pictures_of_generators(), *report_on("generators")
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
        node(
            cards.write_classifier_cards,
            ["evaluation.classifiers", "image_transfer.models"],
            "evaluation.cards.classifiers",
            name="write_classifier_cards",
        ),
        *report_on("classifiers"),
    )


def _evaluation(*steps) -> Pipeline:
    return Pipeline(
        steps, namespace="evaluation", prefix_datasets_with_namespace=False, tags="evaluation"
    )
