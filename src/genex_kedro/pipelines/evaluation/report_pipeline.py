"""Wiring of the report: each study makes its section; the page takes those that are there."""

from collections.abc import Iterable

from kedro.pipeline import node
from kedro.pipeline.node import Node

from genex_kedro.pipelines.evaluation import report
from genex_kedro.report.page import PARTS

_OF_ALL = {"summary": "cohort_summary", "provenance": "provenance"}
_SECTIONS = {
    "cohort": (report.report_on_cohort, {"counts": "cohort_counts", "panels": "panel_coverage"}),
    "judges": (
        report.report_on_judges,
        {
            "study": "cohort_report",
            "every": "evaluation.discriminators",
            "means": "evaluation.discriminators_summary",
            "detector": "evaluation.study_detector",
            "figure": "evaluation.discriminators_figure",
            "components": "cohort_components",
            "cards": "evaluation.cards.judges",
        },
    ),
    "translators": (
        report.report_on_translators,
        {
            "every": "evaluation.translators",
            "means": "evaluation.translators_summary",
            "by_code": "evaluation.translators_by_code",
            "frontier": "evaluation.translators_frontier",
            "neighbours": "evaluation.translators_neighbours",
            "cards": "evaluation.cards.translators",
        },
    ),
    "generators": (
        report.report_on_generators,
        {
            "every": "evaluation.generators",
            "means": "evaluation.generators_summary",
            "goals": "evaluation.generators_goals",
            "augmentation": "evaluation.augmentation",
            "cards": "evaluation.cards.generators",
        },
    ),
    "classifiers": (
        report.report_on_classifiers,
        {
            "every": "evaluation.classifiers",
            "means": "evaluation.classifiers_summary",
            "checks": "image_transfer.explanation_checks",
            "markers": "image_transfer.marker_ranks",
            "cards": "evaluation.cards.classifiers",
        },
    ),
}
# passed by keyword, in the order of the page
_FIGURES = {
    "generators": {
        "ranks": "evaluation.generators_ranks",
        "planes": "evaluation.generators_planes_figure",
        "correlations": "evaluation.generators_correlations",
        "precision_recall": "evaluation.generators_precision_recall",
        "augmented": "evaluation.augmentation_figure",
    },
    "classifiers": {
        "classifiers": "evaluation.classifiers_figure",
        "confusion": "evaluation.confusion_figure",
        "layouts": "image_transfer.layouts_figure",
        "class_means": "image_transfer.class_means_figure",
        "attributions": "image_transfer.attributions_figure",
        "curves": "image_transfer.curves_figure",
    },
}


def report_on(*parts: str) -> Iterable[Node]:
    """Nodes that make these sections, that on the cohort, and the page.

    The page takes the sections of all studies: one that this pipeline does not make is an input
    from an earlier run, or empty. So each study refreshes its own and the page.
    """
    for part in ("cohort", *parts):
        function, inputs = _SECTIONS[part]
        inputs = _OF_ALL | inputs | _FIGURES.get(part, {})
        yield node(function, inputs, f"report.{part}", name=f"report_on_{part}")
    sections = {part: f"report.{part}" for part in PARTS}
    yield node(report.write_report, sections, "report", name="write_report")
