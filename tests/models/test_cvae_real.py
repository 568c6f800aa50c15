"""The setting `best` on the 27 RNAseqDB files, against the generator it has to beat."""

import numpy as np
import pytest
import torch

from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
from genex_kedro.metrics import correlation
from genex_kedro.metrics.samples import Samples, match_classes
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.learner import CvaeLearner, finish
from genex_kedro.models.cvae.model import build
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import split_patients
from genex_kedro.training import FitSettings, fit
from genex_kedro.transforms import Standardiser

pytestmark = pytest.mark.real

BEST = CvaeConfig(
    encoding="separate",
    encoder_hidden=(256,),
    decoder_hidden=(256,),
    widen_encoder=False,
    sampling_statistics="running",
    observation="per_class",
    noise_freedom=10,
    noise_shrinkage=5.0,
    observation_noise=True,
    core=True,
    prior="class",
    prior_shrinkage=5.0,
    average=0.99,
)


@pytest.fixture(scope="module")
def study(real_data):
    cohort = read_rnaseqdb(real_data / "rnaseqdb/normalized")
    split = split_patients(cohort.obs, np.array([0.6, 0.2, 0.2]), 0)
    settings = StudySettings(panel="l1000_original")
    return prepare_study(cohort, split, 0, settings, "refuse")


def samples(study, expression=None):
    tissue, condition = (study.obs[name].to_numpy(str) for name in ("tissue", "condition"))
    return Samples(study.X if expression is None else expression, tissue, condition)


def test_best_has_the_correlations_of_unseen_patients(study):
    train, validation, test = (
        study[study.obs["split"] == part] for part in ("train", "validation", "test")
    )
    vocabulary = Vocabulary.fit(train.obs)
    validation = validation[vocabulary.knows(validation.obs)]
    scaler = Standardiser.fit(train.X, "per_gene")

    def batch(part):
        return tuple(map(torch.from_numpy, (scaler.apply(part.X), vocabulary.index(part.obs))))

    cvae = build(BEST, vocabulary, study.n_vars, 0)
    learner = CvaeLearner(cvae, batch(train))
    settings = FitSettings(epochs=25, batch_size=50, device="cpu", save_every_s=1e9)
    *_, last = fit(learner, batch(train), batch(validation), settings, 0)
    losses = [row["validation.loss"] for row in last.history]
    assert losses[-1] < losses[0] < 520 and last.status == "finished"
    cvae.load_state_dict(last.weights("generator"))
    finish(cvae, batch(train))
    standardised = cvae.sample(batch(train)[1], seed=0).numpy()
    made = samples(train, np.maximum(scaler.invert(standardised, train.X), 0))
    normal = SIMPLE_GENERATORS["class_normal"]()
    of_normal = normal.fit(train.X, samples(train).classes).sample(
        samples(train).classes, np.random.default_rng(0)
    )

    def gammas(other):
        pair = test.X, other.expression
        within = correlation.gamma_within_class(*pair, samples(test).classes, other.classes)
        return np.array([correlation.correlation_agreement(*pair).gamma, within])

    assert (gammas(made) > gammas(samples(train, of_normal))).all()
    ceiling = match_classes(samples(test), samples(train), np.random.default_rng(0))[1]
    assert (gammas(made) > gammas(ceiling)).all()  # all made against as many as there are in test
