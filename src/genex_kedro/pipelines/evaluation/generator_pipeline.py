"""Wiring of what is said of generators."""

from kedro.pipeline import node
from kedro.pipeline.node import Node

from genex_kedro.models.families import RIVALS
from genex_kedro.pipelines.evaluation import cards, generator_pictures, generators

_SYNTHETIC = [
    "cvae.synthetic",
    *(f"baselines.{family.name}.synthetic" for family in RIVALS),
    "baselines.synthetic",
]
_MODELS = ["cvae.models", *(f"baselines.{family.name}.models" for family in RIVALS)]
_SCORES = [
    "evaluation.scores.cvae",
    *(f"evaluation.scores.{family.name}" for family in RIVALS),
    "evaluation.scores.simple",
]
_CEILINGS = "evaluation.scores.real"
_TABLE = "evaluation.generators"
_SETTINGS = "params:evaluation.generators"


def scorecard_of_generators() -> list[Node]:
    """Scores of every generator and of real samples, what follows from them, and the cards."""
    return [*_scores(), *_summaries()]


def _scores() -> list[Node]:
    return [
        *(
            node(
                generators.score_generators,
                ["synthesis.studies", f"{_SETTINGS}.score", synthetic],
                scores,
                name=f"score_{scores.rpartition('.')[2]}",
            )
            for synthetic, scores in zip(_SYNTHETIC, _SCORES, strict=True)
        ),
        node(
            generators.score_ceilings,
            ["synthesis.studies", f"{_SETTINGS}.score"],
            _CEILINGS,
            name="score_real",
        ),
        node(generators.collect_scores, [*_SCORES, _CEILINGS], _TABLE, name="collect_scores"),
    ]


def _summaries() -> list[Node]:
    summary = "evaluation.generators_summary"
    return [
        node(
            generators.summarise_generators,
            [_TABLE, f"{_SETTINGS}.ranking"],
            summary,
            name="summarise_generators",
        ),
        node(
            generators.compare_generators_with_goals,
            [_TABLE, f"{_SETTINGS}.goals"],
            "evaluation.generators_goals",
            name="compare_generators_with_goals",
        ),
        node(
            generators.draw_ranks,
            summary,
            "evaluation.generators_ranks",
            name="draw_generator_ranks",
        ),
        node(
            generators.draw_precision_recall,
            _TABLE,
            "evaluation.generators_precision_recall",
            name="draw_generator_precision_recall",
        ),
        node(
            cards.write_generator_cards,
            [_TABLE, *_MODELS],
            "evaluation.cards.generators",
            name="write_generator_cards",
        ),
    ]


def pictures_of_generators() -> list[Node]:
    """Real and synthetic samples side by side, and what synthetic ones add to real ones."""
    pictures = ["synthesis.studies", f"{_SETTINGS}.pictures", *_SYNTHETIC]
    planes, curves = "evaluation.generators_planes", "evaluation.augmentation"
    return [
        node(generator_pictures.embed_generators, pictures, planes, name="embed_generators"),
        node(
            generator_pictures.draw_planes,
            planes,
            "evaluation.generators_planes_figure",
            name="draw_generator_planes",
        ),
        node(
            generator_pictures.draw_correlations,
            pictures,
            "evaluation.generators_correlations",
            name="draw_generator_correlations",
        ),
        node(
            generator_pictures.augment_generators,
            ["synthesis.studies", f"{_SETTINGS}.augmentation", "cvae.settings", *_SYNTHETIC],
            curves,
            name="augment_generators",
        ),
        node(
            generator_pictures.draw_augmentation,
            curves,
            "evaluation.augmentation_figure",
            name="draw_augmentation",
        ),
    ]
