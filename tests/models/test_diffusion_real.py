"""The diffusion model on the 27 RNAseqDB files, against the generator it has to beat."""

import numpy as np
import pytest

from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
from genex_kedro.metrics import correlation, manifold
from genex_kedro.metrics.neighbours import pair_distances
from genex_kedro.metrics.samples import match_classes
from genex_kedro.models.diffusion.config import DIFFUSION, DiffusionConfig
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.study.generation import fitting, sampling
from genex_kedro.study.generation.settings import GeneratorSettings
from genex_kedro.study.generation.synthetic import samples_of, synthetic_cohort
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import split_patients

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def study(real_data):
    cohort = read_rnaseqdb(real_data / "rnaseqdb/normalized")
    split = split_patients(cohort.obs, np.array([0.6, 0.2, 0.2]), 0)
    return prepare_study(cohort, split, 0, StudySettings(panel="l1000_original"), "refuse")


def test_twenty_epochs_have_the_correlations_of_unseen_patients(study):
    fit = {"epochs": 20, "batch_size": 64, "patience": None, "device": "cpu", "save_every_s": 1e9}
    settings = GeneratorSettings[DiffusionConfig](networks={"best": {"network": {}, "fit": fit}})
    *_, (checkpoints, history) = fitting.train({"0": study}, {}, settings, DIFFUSION)
    losses = history["validation.loss"]
    # .0763 is the class normal of the core, .0763 a network without it after 100 epochs
    assert losses.iloc[-1] < 0.0757 < losses.iloc[0] < 0.0765
    kept = fitting.keep({"0": study}, checkpoints, settings, DIFFUSION)
    (made,) = sampling.sample({"0": study}, kept, settings, DIFFUSION).values()
    made, train, test = samples_of(made), samples_of(study, "train"), samples_of(study, "test")
    normal = SIMPLE_GENERATORS["class_normal"]().fit(train.expression, train.classes)
    drawn = normal.sample(train.classes, np.random.default_rng(0))
    labels = study.obs[(study.obs["split"] == "train").to_numpy()]
    drawn = samples_of(synthetic_cohort(drawn, labels, study.var, "class_normal", 0))

    def gamma(other):
        pair = match_classes(test, other, np.random.default_rng(0))
        return correlation.correlation_agreement(*(part.expression for part in pair)).gamma

    assert gamma(made) > gamma(drawn) - 0.005
    distances = pair_distances(
        *(part.expression for part in match_classes(test, made, np.random.default_rng(0)))
    )
    assert manifold.precision(distances) > 0.85 and manifold.recall(distances) > 0.75
