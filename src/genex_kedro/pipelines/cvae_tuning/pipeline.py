"""Wiring of cvae_tuning."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.cvae_tuning import nodes

_TUNED, _TUNING = "params:cvae", "params:cvae_tuning"


def create_pipeline() -> Pipeline:
    """Studies in; trials, the best of them, tables and figures out."""
    return Pipeline(
        [
            node(
                nodes.tune,
                ["synthesis.studies", "resume", _TUNED, _TUNING],
                ["trials", "history"],
                name="tune",
            ),
            node(
                nodes.choose_best,
                ["synthesis.studies", "trials", _TUNED, _TUNING],
                "best",
                name="choose_best",
            ),
            node(
                nodes.weigh_parameters,
                ["trials", _TUNING],
                "importances",
                name="weigh_parameters",
            ),
            node(
                nodes.draw_search,
                ["trials", "history"],
                "search_figure",
                name="draw_search",
            ),
            node(
                nodes.draw_parameters,
                ["trials", "importances"],
                "parameters_figure",
                name="draw_parameters",
            ),
        ],
        namespace="cvae_tuning",
        inputs={"synthesis.studies"},
        parameters={_TUNED, _TUNING},
        tags="cvae_tuning",
    )
