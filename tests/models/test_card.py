"""The model card says what a reader must know, and nothing that is not so."""

from __future__ import annotations

import pandas as pd
import pytest

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card import model_card, small_classes
from genex_kedro.pipelines.evaluation.cards import (
    write_classifier_cards,
    write_judge_cards,
    write_translator_cards,
)
from genex_kedro.study.cards import card_key, scored_card, with_scores
from trained_generators import PLANTED, trained


def scorecard(name="cvae/best", seed=0):
    rows = {
        name: {"gamma": 0.9, "gan_leaks_auc": 0.54, "domias_auc": float("nan")},
        "real/training samples": {"gamma": 0.95, "gan_leaks_auc": 1.0, "domias_auc": 0.9},
        "simple/class_normal": {"gamma": 0.91, "gan_leaks_auc": 0.57, "domias_auc": 0.6},
        "simple/class_mean": {"gamma": 0.7, "gan_leaks_auc": 0.5, "domias_auc": 0.5},
    }
    table = pd.DataFrame(rows).T.rename_axis("model").reset_index().assign(seed=seed)
    other = table.assign(seed=seed + 1, gamma=0.1)
    return pd.concat([table, other])


def test_a_card_tells_classes_data_and_limits():
    text = model_card(trained())
    assert text.startswith("# cvae/best, seed 0\n")
    for (tissue, condition, source), (n, _) in PLANTED.items():
        assert f"| {tissue} | {condition} | {source} | {n} |" in text
    for piece in ("| digest of the training data | planted |", "log2(x+1)", "Research use only",
                  "holds no training sample", "liver tumor TCGA (3)", "None in this folder"):  # fmt: skip
        assert piece in text, piece


def test_a_model_that_holds_a_sample_says_so():
    text = model_card(trained(nearest_to_training=0.01))
    assert "holds a training sample" in text and "holds no training sample" not in text


def test_small_classes_are_named():
    assert small_classes(trained().config["vocabulary"]) == ["liver tumor TCGA (3)"]


JUDGE = TrainedModel(
    {"model": "Discriminator"}, {}, pd.DataFrame(index=["TP53"]), {},
    {"judge": "across", "setting": "best", "seed": 0, "training_samples": 7},
)  # fmt: skip


def test_a_helper_of_other_models_has_a_card_of_facts():
    atlas = TrainedModel({"model": "atlas"}, {}, pd.DataFrame(index=["TP53"]), {}, {})
    text = model_card(atlas)
    assert "atlas" in text and "## Use" not in text and "## Privacy" not in text
    atlas.card["nearest_to_training"] = 0.6
    assert "holds no training sample" in model_card(atlas)


def test_a_judge_says_what_it_learned_from_and_stands_beside_those_that_did_too():
    table = pd.DataFrame(
        {
            "judge": ["across", "across", "pooled"],
            "model": ["best", "source alone", "source alone"],
            "auc": [0.9, 0.8, 0.7],
        }
    ).assign(seed=0, subset="overall")
    ((key, card),) = write_judge_cards(table, {}, {}, {"best_seed_0": JUDGE}).items()
    assert key == "across_judge-best_seed_0"
    assert card["scores"]["columns"] == ["across judge/best", "across judge/source alone"]
    assert "| auc | 0.900 | 0.800 | higher | 1 |" in card["text"]
    for piece in ("may know the laboratory", "not for diagnosis", "| training samples | 7 |"):
        assert piece in card["text"], piece


def test_a_translator_is_asked_for_by_the_name_it_has_in_tables():
    config = {"model": "residual_translator", "tissues": ["lung|odd"], "paired": True}
    facts = {"setting": "gene_slopes", "seed": 1}
    model = TrainedModel(config, {}, pd.DataFrame(index=["TP53"]), {}, facts)
    row = {"model": "simple/gene_slopes", "subset": "overall", "seed": 1, "rmse_point": 0.6}
    tumor = row | {"model": "simple/identity", "rmse_point": 1.2}
    ((key, card),) = write_translator_cards(pd.DataFrame([row, tumor]), {"x": model}).items()
    assert key == "simple-gene_slopes_seed_1"
    assert "translate.model=simple/gene_slopes" in card["text"]
    assert "| rmse_point | 0.600 | 1.200 | lower | 0 |" in card["text"]
    assert "| lung/odd |" in card["text"] and "patient's | yes |" in card["text"]


def test_a_classifier_stands_beside_what_is_published():
    facts = {"setting": "resnet50", "seed": 0, "classes": {"LUAD": 40}, "weights": "none"}
    model = TrainedModel({"model": "ImageClassifier"}, {}, pd.DataFrame(index=["TP53"]), {}, facts)
    table = pd.DataFrame(
        {
            "model": ["images/resnet50", "simple/logistic regression", "paper 002: ResNet50"],
            "subset": ["overall", "overall", "published"],
            "seed": [0, 0, None],
            "accuracy": [0.9, 0.95, 0.92],
        }
    )
    ((_, card),) = write_classifier_cards(table, {"x": model}).items()
    assert "| accuracy | 0.900 | 0.950 | 0.920 | higher | 1 |" in card["text"]
    assert "| LUAD | 40 |" in card["text"]


def test_scores_stand_beside_the_ceiling_and_the_baseline_of_the_same_seed():
    model = trained()
    card = scored_card(scorecard(), model)
    scores = card["scores"]
    assert scores["columns"] == ["cvae/best", "real/training samples", "simple/class_normal"]
    by_figure = {row["figure"]: row for row in scores["rows"]}
    assert by_figure["gamma"] == {
        "figure": "gamma", "values": [0.9, 0.95, 0.91], "better": "higher", "ideal": 1.0
    }  # fmt: skip
    assert by_figure["domias_auc"]["values"][0] is None  # JSON has no NaN
    assert "| gamma | 0.900 | 0.950 | 0.910 | higher | 1 |" in card["text"]
    assert "None in this folder" not in card["text"]
    assert card_key(model) == "cvae-best_seed_0"


def test_a_generator_that_collapsed_is_called_so():
    told = [scored_card(scorecard().assign(status=s), trained())["text"] for s in ("finished", "collapsed")]  # fmt: skip
    assert ["Training: collapsed" in text for text in told] == [False, True]


@pytest.mark.parametrize("table", [scorecard("cvae/corrected"), scorecard(seed=5)])
def test_a_model_that_was_not_scored_has_no_scored_card(table):
    assert scored_card(table, trained()) is None


def test_scores_of_other_weights_are_not_taken():
    model = trained()
    scores = scored_card(scorecard(), model)["scores"]
    assert with_scores(model, scores).card["scores"] == scores
    retrained = trained()
    retrained.weights["means"] = retrained.weights["means"] + 1e-3
    assert "scores" not in with_scores(retrained, scores).card
    assert "scores" not in with_scores(model, None).card
