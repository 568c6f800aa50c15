"""Parameters of runs: each model's own, under the same keys for all."""

from pydantic import BaseModel

from genex_kedro.run_parameters import of_model, plain


class Network(BaseModel):
    hidden: tuple[int, ...] = (8,)


PARAMETERS = {
    "cvae": {"factors": ["tissue"], "networks": {"best": {"fit": {"epochs": 3}}, "paper": {"fit": {"epochs": 9}}}},
    "baselines": {"ctgan": {"networks": {"log2": {"network": Network(), "fit": {"epochs": 5}}}}},
    "discriminator": {"least": 5, "networks": {"best": {"fit": {"epochs": 7}}}},
    "tuning": {"together": "auto", "studies": {"grid": {"epochs": 2}, "tpe": {"epochs": 4}}},
    "split": {"seeds": [0]},
}  # fmt: skip


def test_two_families_have_the_same_keys_and_none_of_each_other_s_values():
    parameters = plain(PARAMETERS)
    assert of_model(parameters, "cvae", "best") == {"factors": ["tissue"], "fit": {"epochs": 3}}
    ours = of_model(parameters, "baselines.ctgan", "log2")
    assert ours == {"network": {"hidden": [8]}, "fit": {"epochs": 5}}
    assert of_model(parameters, "discriminator.pooled", "best") == {"least": 5, "fit": {"epochs": 7}}  # fmt: skip


def test_a_search_has_its_own_study_and_a_model_without_settings_nothing():
    parameters = plain(PARAMETERS)
    assert of_model(parameters, "tuning", "grid") == {"together": "auto", "epochs": 2}
    assert of_model(parameters, "baselines", "class_mean") == {}
    assert of_model(parameters, "elsewhere", "best") == {}
