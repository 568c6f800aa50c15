"""The simulated cohort as a Kedro dataset: settings in, a cohort out, clear refusals."""

import numpy as np
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.simulated import SimulatedCohortDataset, simulation_settings
from genex_kedro.errors import InputError

SMALL = {"tissues": ["lung"], "n_genes": 120, "tumors_per_type": 4, "pairs_per_type": 2}


def test_two_loads_give_the_same_cohort():
    dataset = SimulatedCohortDataset(settings=SMALL | {"seed": 3})
    first, second = dataset.load(), dataset.load()
    np.testing.assert_array_equal(first.X, second.X)
    assert first.obs.equals(second.obs)
    assert dataset.exists() and "lung" in str(dataset)


def test_it_is_not_written():
    with pytest.raises(DatasetError, match="only drawn"):
        SimulatedCohortDataset().save(SimulatedCohortDataset(SMALL).load())


@pytest.mark.parametrize(
    ("given", "where", "said"),
    [
        ({"n_tumors": 3}, "simulated.n_tumors", "tumors_per_type"),
        ({"seed": -1}, "simulated.seed", "greater than or equal to 0"),
        ({"seed": "x", "noise_sd": -1}, "simulated.seed, simulated.noise_sd", "'x'"),
        ({"tissues": ["lung", "moon"]}, "simulated", "breast, colon"),
        ({"tumors_per_type": 3, "pairs_per_type": 4}, "simulated", "a pair needs its tumor"),
        ({"purity_sd": 0.6}, "simulated", "purity_sd"),
    ],
)
def test_settings_that_cannot_be_are_refused(given, where, said):
    with pytest.raises(InputError) as refusal:
        simulation_settings(given)
    assert where in refusal.value.where
    assert said in str(refusal.value)


def test_the_dataset_passes_the_refusal_on():
    with pytest.raises(DatasetError) as refusal:
        SimulatedCohortDataset(settings={"sed": 1}).load()
    assert isinstance(refusal.value.__cause__, InputError)
