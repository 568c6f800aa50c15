"""Which networks are trained on which splits."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from pydantic import ValidationError

from genex_kedro.fingerprint import digest
from genex_kedro.models.families import FAMILIES
from genex_kedro.study.fits import fits
from genex_kedro.study.generation.settings import settings_of

CVAE = FAMILIES["cvae"]


def settings(**seeds):
    networks = {name: {"network": {}, "fit": {"epochs": 2}} for name in ("long", "short")}
    for name, n in seeds.items():
        networks[name]["seeds"] = n
    return settings_of({"networks": networks}, CVAE)


def studies(n):
    obs = pd.DataFrame({"split": ["train"]}, index=["a"])
    return {str(i): AnnData(np.zeros((1, 1)), obs=obs, uns={"seed": i + 5}) for i in range(n)}


def test_a_costly_network_takes_the_first_splits_only():
    keys = [key for key, *_ in fits(studies(3), settings(long=2).networks)]
    assert keys == ["long_seed_5", "short_seed_5", "long_seed_6", "short_seed_6", "short_seed_7"]


def test_more_splits_do_not_change_what_is_trained_already():
    assert digest(settings(long=1).networks["long"]) == digest(settings().networks["long"])


def test_no_split_at_all_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        settings(long=0)
