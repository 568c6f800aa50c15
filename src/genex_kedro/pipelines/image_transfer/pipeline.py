"""Wiring of image_transfer."""

from kedro.pipeline import Pipeline, node

from genex_kedro.pipelines.image_transfer import drawing, explain, nodes, simple

_SETTINGS = "params:image_transfer"
_STUDIES = "tumor_types.studies"


def create_pipeline() -> Pipeline:
    """Studies in; layouts, history, trained models, predictions and explanations out."""
    networks = [
        node(nodes.lay_out_genes, [_STUDIES, _SETTINGS], "layouts", name="lay_out_genes"),
        node(
            drawing.draw_layouts,
            [_STUDIES, "layouts"],
            ["layouts_figure", "class_means_figure"],
            name="draw_layouts",
        ),
        node(
            nodes.train_classifiers,
            [_STUDIES, "layouts", "weights", "resume", _SETTINGS],
            ["checkpoints", "history"],
            name="train",
        ),
        node(
            nodes.keep_classifiers,
            [_STUDIES, "layouts", "weights", "checkpoints", _SETTINGS],
            "models",
            name="keep",
        ),
        node(
            nodes.score_networks,
            [_STUDIES, "models", _SETTINGS],
            "predictions",
            name="score_networks",
        ),
        node(
            simple.classify_simple,
            _STUDIES,
            ["simple_predictions", "simple_fits", "linear_weights"],
            name="classify_simple",
        ),
        node(
            explain.explain_classifier,
            [_STUDIES, "cohort", "models", _SETTINGS],
            ["attributions", "sample_attributions", "curves"],
            name="explain",
        ),
        node(
            explain.check_explanations,
            [
                _STUDIES,
                "cohort",
                "layouts",
                "weights",
                "models",
                "attributions",
                "linear_weights",
                _SETTINGS,
            ],
            ["explanation_checks", "marker_ranks"],
            name="check_explanations",
        ),
        node(
            explain.draw_explanations,
            [_STUDIES, "layouts", "attributions", "curves", _SETTINGS],
            ["attributions_figure", "curves_figure"],
            name="draw_explanations",
        ),
    ]
    return Pipeline(
        networks,
        namespace="image_transfer",
        inputs={_STUDIES, "cohort"},
        parameters={_SETTINGS},
        tags="image_transfer",
    )
