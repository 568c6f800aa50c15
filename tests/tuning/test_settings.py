"""What can be searched, and what is refused before anything runs."""

import pytest
from pydantic import ValidationError

from genex_kedro.errors import InputError
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.pipelines.cvae_tuning.settings import (
    TuningSettings,
    TuningStudySettings,
    check,
    check_samples,
)
from genex_kedro.study.generation.settings import GeneratorSettings

GRID = {"sampler": "grid", "base": "as_published", "epochs": 2, "space": {"hidden_layers": [2, 3]}}
TPE = {"n_trials": 5, "base": "best", "epochs": 2, "space": {"latent": {"low": 5, "high": 9}}}
SETTINGS = GeneratorSettings[CvaeConfig](
    networks={
        "as_published": {"network": {}, "fit": {"batch_size": 50}},
        "best": {"network": {"core": True}, "fit": {"batch_size": 50}},
    }
)


@pytest.mark.parametrize(
    ("given", "piece"),
    [
        (GRID | {"space": {"latent": {"low": 5, "high": 9}}}, "space.latent is a range"),
        (GRID | {"n_trials": 5}, "a grid counts its points"),
        (TPE | {"n_trials": None}, "n_trials belongs to tpe"),
        (GRID | {"space": {}}, "names no parameter"),
        (GRID | {"space": {"latent": []}}, "space.latent has no value"),
        (GRID | {"space": {"learning_rat": [0.1]}}, "space.learning_rat is none of"),
        (GRID | {"space": {"hidden_layers": [2, 5]}}, "5 hidden layers need as many widths"),
        (TPE | {"space": {"latent": {"low": 9, "high": 5}}}, "low 9 is not below high 5"),
        (TPE | {"space": {"kl_weight": {"low": 0.0, "high": 1.0, "log": True}}}, "above 0"),
        (TPE | {"pruner": {"warmup": 3}}, "warmup"),
        (GRID | {"space": {"hidden_layers": ["two"]}}, "holds numbers of layers, not"),
        (TPE | {"epochs": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_searched_is_refused(given, piece):
    with pytest.raises(ValidationError, match=piece):
        TuningStudySettings(**given)


@pytest.mark.parametrize(
    ("given", "pieces"),
    [
        ({"base": "bst"}, ["studies.one.base", "'bst'", "as_published, best"]),
        ({"space": {"latent": [5, 0]}}, ["studies.one.space.latent", "0", "greater"]),
        ({"space": {"prior": ["flow"]}}, ["space.prior", "'flow'", "'class'"]),
        ({"space": {"hidden_layers": [0]}}, ["space.hidden_layers", "a layer each"]),
        ({"space": {"batch_size": [1]}}, ["space.batch_size", "greater"]),
    ],
)
def test_a_value_that_would_fail_late_is_refused_early(given, pieces):
    with pytest.raises(InputError) as error:
        check(TuningSettings(studies={"one": GRID | given}), SETTINGS)
    assert all(piece in str(error.value) for piece in pieces), str(error.value)


def test_losses_of_differently_scaled_data_do_not_compare():
    other = SETTINGS.model_dump() | {}
    other["networks"]["best"]["scaling"] = "per_sample"
    settings = GeneratorSettings[CvaeConfig].model_validate(other)
    with pytest.raises(InputError, match="one scaling"):
        check(TuningSettings(studies={"grid": GRID, "tpe": TPE}), settings)
    check(TuningSettings(studies={"grid": GRID, "tpe": None}), settings)


def test_more_latents_than_a_core_can_be_fitted_with_are_refused_before_they_are_drawn():
    tuning = TuningSettings(studies={"tpe": TPE, "grid": GRID})  # up to nine, with a core; 50
    check_samples(tuning, SETTINGS, 15, 5)
    with pytest.raises(InputError, match=r"(?s)tpe\.space\.latent.*up to 9.*fewer than 9"):
        check_samples(tuning, SETTINGS, 14, 5)


def test_a_trial_is_its_base_with_its_parameters():
    study = TuningStudySettings(**GRID, widths=(64, 32, 16))
    base = SETTINGS.networks["as_published"]
    chosen = {"hidden_layers": 2, "learning_rate": 0.5, "batch_size": 20}
    setting = study.setting(base, chosen)
    assert setting.network.encoder_hidden == (64, 32)
    assert setting.network.decoder_hidden == (32, 64)
    assert (setting.network.learning_rate, setting.fit.batch_size) == (0.5, 20)
    same = {"encoder_hidden", "decoder_hidden", "learning_rate"}
    assert setting.network.model_dump(exclude=same) == base.network.model_dump(exclude=same)


def test_the_paper_searches_twelve_points():
    paper = GRID | {"space": {"learning_rate": [0.001, 0.005, 0.0001, 0.00001], "hidden_layers": [2, 3, 4]}}  # fmt: skip
    assert TuningStudySettings(**paper).total == 12
    assert TuningStudySettings(**TPE | {"space": {**TPE["space"], "kl_weight": None}}).searched.keys() == {"latent"}  # fmt: skip
