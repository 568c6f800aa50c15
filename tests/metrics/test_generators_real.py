"""What gamma and the scorecard say of simple generators on the 27 RNAseqDB files."""

import numpy as np
import pytest

from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
from genex_kedro.genes.panels import match_panel
from genex_kedro.metrics import correlation
from genex_kedro.metrics.generator_scorecard import score_generator
from genex_kedro.metrics.samples import Samples, real_ceilings
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.study.split import SPLITS, split_patients

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def parts(real_data):
    """Training, validation and test samples of other patients, 969 landmark genes."""
    cohort = read_rnaseqdb(real_data / "rnaseqdb/normalized")
    genes, _ = match_panel(cohort.var, "l1000_original")
    assert len(genes) == 969
    split = split_patients(cohort.obs, np.array([0.6, 0.2, 0.2]), seed=0).to_numpy()
    tissue, condition = (cohort.obs[name].to_numpy(str) for name in ("tissue", "condition"))
    whole = Samples(cohort.X[:, genes], tissue, condition)
    return [whole.take(split == part) for part in SPLITS]


def made_by(name, train, seed=0):
    """As many samples of each class as there are training samples."""
    fitted = SIMPLE_GENERATORS[name]().fit(train.expression, train.classes)
    made = fitted.sample(train.classes, np.random.default_rng(seed))
    return Samples(made, train.tissue, train.condition)


def test_gamma_rewards_what_the_methods_say_it_does(parts):
    train, _, test = parts
    rows = real_ceilings(train, test, None, np.random.default_rng(0))
    rows |= {name: made_by(name, train) for name in SIMPLE_GENERATORS}

    def agreement(name):
        return correlation.correlation_agreement(test.expression, rows[name].expression)

    def within(name):
        pair = test.expression, rows[name].expression
        return correlation.gamma_within_class(*pair, test.classes, rows[name].classes)

    assert agreement("real_equal_n").gamma == pytest.approx(0.93, abs=0.02)
    assert agreement("real_all").gamma == pytest.approx(0.95, abs=0.015)
    assert agreement("class_mean").gamma == pytest.approx(0.913, abs=0.02)
    assert agreement("class_mean").slope == pytest.approx(1.39, abs=0.08)
    assert agreement("class_mean").rmse == pytest.approx(0.173, abs=0.02)
    assert within("class_mean") == 0
    assert agreement("training_copies").gamma == pytest.approx(0.942, abs=0.015)
    assert agreement("class_normal").gamma == pytest.approx(0.945, abs=0.015)
    assert within("class_normal") > 0.78
    assert abs(within("class_noise")) < 0.02
    assert within("real_all") > within("real_equal_n") > 0.75


def test_the_scorecard_lets_new_samples_pass_and_catches_copies(parts):
    train, validation, test = parts
    new = score_generator(train, test, validation, seed=0)
    assert new["adversarial_accuracy_train"] == pytest.approx(0.5, abs=0.08)
    assert new["trees_auc_test"] == pytest.approx(0.5, abs=0.08)
    assert new["closest_record_ratio"] == pytest.approx(1, abs=0.1)
    assert new["domias_auc"] == pytest.approx(0.5, abs=0.08)
    assert min(new["precision_test"], new["recall_test"]) > 0.9
    copies = score_generator(train, test, made_by("training_copies", train), 0, validation)
    assert copies["nearest_in_training"] == 1
    assert min(copies["gan_leaks_auc"], copies["domias_auc"]) > 0.75
    assert copies["adversarial_accuracy_train"] < 0.2
