"""Wiring of data_processing."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from genex_kedro.pipelines.data_processing import nodes

STUDIES = ("reversion", "synthesis", "tumor_types")


def create_pipeline(studies: Sequence[str] = STUDIES) -> Pipeline:
    """Raw cohort in; checked cohort, splits, the studies named and what is in them out."""
    cohort = [
        node(nodes.check_cohort, "raw_cohort", "cohort", name="check_cohort"),
        node(nodes.split_patients, ["cohort", "params:split"], "splits", name="split_patients"),
        node(
            nodes.report_cohort,
            "cohort",
            ["cohort_summary", "cohort_counts", "panel_coverage"],
            name="report_cohort",
        ),
    ]
    return Pipeline(
        cohort
        + [_study(study) for study in studies]
        + (_report() if "reversion" in studies else []),
        namespace="data_processing",
        prefix_datasets_with_namespace=False,
        tags="data_processing",
    )


def _study(study: str) -> Node:
    if study == "tumor_types":
        return node(
            nodes.prepare_tumor_types,
            ["cohort", "params:split", "params:tumor_types", "params:cohort.missing"],
            "tumor_types.studies",
            name="prepare_tumor_types",
        )
    return node(
        nodes.prepare_studies,
        ["cohort", "splits", f"params:{study}", "params:cohort.missing"],
        f"{study}.studies",
        name=f"prepare_{study}",
    )


def _report() -> list[Node]:
    """How far laboratories can be told apart, which looks at the genes of reversion."""
    return [
        node(
            nodes.report_study,
            ["cohort_summary", "splits", "reversion.studies"],
            "cohort_report",
            name="report_study",
        ),
        node(nodes.draw_cohort, "reversion.studies", "cohort_components", name="draw_cohort"),
    ]
