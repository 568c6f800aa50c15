"""Wiring of data_processing."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.data_processing import nodes

STUDIES = ("reversion", "synthesis")


def create_pipeline() -> Pipeline:
    """Raw cohort in; checked cohort, splits, one study per seed and the cohort report out."""
    studies = [
        node(
            nodes.prepare_studies,
            ["cohort", "splits", f"params:{study}", "params:cohort.missing"],
            f"{study}.studies",
            name=f"prepare_{study}",
        )
        for study in STUDIES
    ]
    return Pipeline(
        [
            node(nodes.check_cohort, "raw_cohort", "cohort", name="check_cohort"),
            node(nodes.split_patients, ["cohort", "params:split"], "splits", name="split_patients"),
            *studies,
            node(
                nodes.report_cohort,
                ["cohort", "splits", "reversion.studies"],
                ["cohort_report", "cohort_counts", "panel_coverage"],
                name="report_cohort",
            ),
            node(nodes.draw_cohort, "reversion.studies", "cohort_components", name="draw_cohort"),
        ],
        namespace="data_processing",
        prefix_datasets_with_namespace=False,
        tags="data_processing",
    )
