"""Wiring of data_processing."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from genex_kedro.pipelines.data_processing import nodes

STUDIES = ("reversion", "synthesis", "tumor_types")


def create_pipeline(studies: Sequence[str] = STUDIES) -> Pipeline:
    """Raw cohort in; checked cohort, splits, the studies named and (with reversion) the report out."""
    cohort = [
        node(nodes.check_cohort, "raw_cohort", "cohort", name="check_cohort"),
        node(nodes.split_patients, ["cohort", "params:split"], "splits", name="split_patients"),
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
    """The report on the cohort; its controls look at the genes of reversion."""
    return [
        node(
            nodes.report_cohort,
            ["cohort", "splits", "reversion.studies"],
            ["cohort_report", "cohort_counts", "panel_coverage"],
            name="report_cohort",
        ),
        node(nodes.draw_cohort, "reversion.studies", "cohort_components", name="draw_cohort"),
    ]
