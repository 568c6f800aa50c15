"""What the search chose, on its way into the settings that are trained."""

import logging

import pandas as pd
import pytest

from genex_kedro.errors import InputError
from genex_kedro.fingerprint import data_digest
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.pipelines.cvae.nodes import choose_settings
from genex_kedro.pipelines.cvae_tuning.nodes import choose_best, weigh_parameters
from genex_kedro.pipelines.cvae_tuning.settings import TuningSettings
from genex_kedro.plots.tuning import plot_parameters, plot_search
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.generation.settings import GeneratorSettings

SETTINGS = GeneratorSettings[CvaeConfig](
    networks={"paper": {"network": {}, "fit": {"epochs": 1400, "batch_size": 50}}}
)
TUNING = TuningSettings(
    studies={
        "grid": {
            "base": "paper",
            "epochs": 5,
            "sampler": "grid",
            "widths": [8, 4],
            "space": {"learning_rate": [0.1, 0.01], "hidden_layers": [1, 2]},
        },
        "tpe": {
            "base": "paper",
            "epochs": 5,
            "n_trials": 6,
            "space": {"latent": {"low": 2, "high": 9}, "batch_size": [20, 50]},
        },
    }
)


def study(seed=0):
    settings = SimulationSettings(tissues=("lung",), n_genes=150, seed=seed)
    cohort, _ = simulate(settings)
    cohort.uns["seed"] = 0
    return {"seed_0": cohort}


STUDIES = study()


def trials(**states):
    """The grid: its loss depends on the rate ten times as much as on the depth. And the search."""
    rows = [
        {"name": "grid", "sampler": "grid", "trial": i, "parameter.learning_rate": rate,
         "parameter.hidden_layers": depth, "validation_loss": 100 + 1000 * rate + depth}
        for i, (rate, depth) in enumerate([(0.1, 1), (0.01, 1), (0.1, 2), (0.01, 2)])
    ] + [
        {"name": "tpe", "sampler": "tpe", "trial": i, "parameter.latent": latent,
         "parameter.batch_size": 20 + 30 * (i % 2), "validation_loss": 90.0 + latent}
        for i, latent in enumerate([9, 4, 2, 7, 3, 5])
    ]  # fmt: skip
    table = pd.DataFrame(rows).assign(state="finished", seed=0, best_epoch=3)
    for row, state in states.items():
        table.loc[int(row.removeprefix("row_")), "state"] = state
    return table


def test_the_smallest_validation_loss_of_a_finished_trial_is_chosen():
    best = choose_best(STUDIES, trials(), SETTINGS, TUNING)
    assert (best["study"], best["trial"], best["base"]) == ("tpe", 2, "paper")
    assert best["parameters"] == {"latent": 2, "batch_size": 20}
    assert (best["network"]["latent"], best["batch_size"]) == (2, 20)
    best = choose_best(STUDIES, trials(row_6="pruned", row_8="diverged"), SETTINGS, TUNING)
    assert (best["study"], best["trial"]) == ("tpe", 1)
    of_grid = trials()[:4]
    assert choose_best(STUDIES, of_grid, SETTINGS, TUNING)["network"]["encoder_hidden"] == [8]


def test_where_no_trial_finished_nothing_is_chosen_and_nothing_tuned(caplog):
    table = trials().assign(state="diverged")
    assert choose_best(STUDIES, table, SETTINGS, TUNING) == {}
    assert "no trial was finished" in caplog.text
    assert set(choose_settings(STUDIES, SETTINGS, {})["networks"]) == {"paper"}


def test_the_choice_is_a_setting_more_trained_as_long_as_its_base():
    best = choose_best(STUDIES, trials(), SETTINGS, TUNING)
    chosen = GeneratorSettings[CvaeConfig].model_validate(choose_settings(STUDIES, SETTINGS, best))
    assert chosen.networks["paper"] == SETTINGS.networks["paper"]
    tuned = chosen.networks["tuned"]
    assert (tuned.network.latent, tuned.fit.batch_size, tuned.fit.epochs) == (2, 20, 1400)
    assert tuned.seeds == 1  # the split that the search looked at
    assert set(SETTINGS.networks) == {"paper"}  # what came in is as it was


def test_a_choice_on_other_data_or_of_a_base_that_is_gone_is_left_out(caplog):
    best = choose_best(STUDIES, trials(), SETTINGS, TUNING)
    others = study(seed=1)
    assert data_digest(others["seed_0"]) != best["data"]
    assert set(choose_settings(others, SETTINGS, best)["networks"]) == {"paper"}
    assert "chosen on other data" in caplog.text
    later = others["seed_0"].copy()
    later.uns["seed"] = 1
    assert "tuned" in choose_settings({**STUDIES, "seed_1": later}, SETTINGS, best)["networks"]
    earlier = STUDIES["seed_0"].copy()
    earlier.uns["seed"] = (
        2  # chosen on a split that is not the first here: its patients are elsewhere
    )
    other = {"seed_0": others["seed_0"], "seed_2": earlier}
    assert set(choose_settings(other, SETTINGS, best)["networks"]) == {"paper"}
    gone = choose_settings(STUDIES, SETTINGS, best | {"base": "gone"})
    assert set(gone["networks"]) == {"paper"}
    assert "base 'gone'" in caplog.text


def test_its_name_cannot_be_taken():
    taken = GeneratorSettings[CvaeConfig](networks={"tuned": SETTINGS.networks["paper"]})
    assert set(choose_settings(STUDIES, taken, {})["networks"]) == {"tuned"}
    best = choose_best(STUDIES, trials(), SETTINGS, TUNING)
    with pytest.raises(InputError, match=r"cvae\.networks\.tuned"):
        choose_settings(STUDIES, taken, best)


def test_the_parameter_that_matters_is_named():
    weights = weigh_parameters(trials(), TUNING).set_index(["name", "parameter"])["importance"]
    assert weights["grid", "learning_rate"] > 0.7 > weights["grid", "hidden_layers"]
    assert weights["tpe", "latent"] > weights["tpe", "batch_size"]
    assert weights.groupby("name").sum().to_list() == pytest.approx([1, 1])
    few = weigh_parameters(trials(row_4="pruned", row_5="pruned", row_6="diverged"), TUNING)
    assert set(few["name"]) == {"grid"}
    assert weigh_parameters(trials().assign(validation_loss=1.0), TUNING).empty


@pytest.mark.parametrize("spoil", ["nothing", "diverged", "one", "none"])
def test_the_figures_are_drawn_whatever_became_of_the_trials(spoil, caplog):
    caplog.set_level(logging.WARNING)
    table = trials(row_3="diverged", row_8="pruned")
    table.loc[3, "validation_loss"] = float("nan")
    if spoil == "diverged":
        table = table.assign(state="diverged", validation_loss=float("nan"))
    table = table[: {"one": 1, "none": 0}.get(spoil, len(table))]
    history = pd.DataFrame(
        [
            {"name": row["name"], "trial": row["trial"], "epoch": epoch, "validation.loss": row["validation_loss"] + 1 / epoch}
            for _, row in table.iterrows() if row["state"] != "diverged" for epoch in (1, 2, 3)
        ],
        columns=["name", "trial", "epoch", "validation.loss"],
    )  # fmt: skip
    figure = plot_search(table, history)
    figure.canvas.draw()
    assert len(figure.axes) >= 2
    weights = weigh_parameters(table, TUNING)
    figure = plot_parameters(table, weights)
    figure.canvas.draw()
    texts = {text.get_text() for axis in figure.axes for text in axis.texts}
    if spoil == "nothing":
        assert {"201", "111", "202", "diverged"} <= texts
