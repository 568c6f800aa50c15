"""The discriminator on real pairs of unseen patients, against logistic regression."""

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

from conftest import ROOT
from genex_kedro.metrics.bootstrap import bootstrap_difference
from genex_kedro.metrics.classification import auc, balanced_accuracy
from genex_kedro.models.discriminator import build_discriminator
from genex_kedro.models.discriminator_learner import DiscriminatorLearner
from genex_kedro.pipelines.discriminator.settings import JudgeSettings
from genex_kedro.training import fit
from genex_kedro.transforms import Standardiser

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def pairs(real_data):
    """Expression of the fully observed genes, condition and patient of TCGA pairs."""
    expression = pd.read_parquet(real_data / "tcga_pairs/expression.parquet").dropna(axis=1)
    samples = pd.read_csv(real_data / "tcga_pairs/samples.tsv", sep="\t", index_col="sample_id")
    samples = samples.loc[expression.index]
    is_tumor = (samples["condition"] == "tumor").to_numpy(np.float32)
    return expression.to_numpy(np.float32), is_tumor, samples["patient_id"].to_numpy()


def logistic_regression(x, y, train, validation):
    """Probability of tumor for all samples; genes standardised, C chosen on validation."""
    z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    fits = [
        LogisticRegression(C=c, max_iter=2000).fit(z[train], y[train])
        for c in np.logspace(-4, 1, 6)
    ]
    losses = [log_loss(y[validation], fit.predict_proba(z[validation])[:, 1]) for fit in fits]
    return fits[int(np.argmin(losses))].predict_proba(z)[:, 1]


def discriminator(preset, x, y, train, validation):
    """Probability of tumor for all samples."""
    parameters = yaml.safe_load((ROOT / "conf/base/parameters_discriminator.yml").read_text())
    chosen = JudgeSettings(**parameters["discriminator"]).networks[preset]
    x = Standardiser.fit(x[train], chosen.scaling).apply(x)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    network = build_discriminator(chosen.network, x.shape[1], 0)
    held_out = (x[validation], y[validation])
    *_, last = fit(DiscriminatorLearner(network), (x[train], y[train]), held_out, chosen.fit, 0)
    network.load_state_dict(last.weights("discriminator"))
    network.eval()
    with torch.no_grad():
        return torch.sigmoid(network(x)).double().numpy()


def test_the_best_preset_is_no_worse_than_logistic_regression(pairs):
    x, y, patient = pairs
    fold = np.empty(len(y), dtype=int)
    for number, (_, rows) in enumerate(
        GroupKFold(5, shuffle=True, random_state=0).split(x, y, patient)
    ):
        fold[rows] = number
    train, validation, test = fold < 3, fold == 3, fold == 4
    ours = discriminator("best", x, y, train, validation)[test]
    linear = logistic_regression(x, y, train, validation)[test]
    assert auc(y[test], ours) > 0.985
    assert balanced_accuracy(y[test], ours) > 0.95
    for metric in (auc, balanced_accuracy):
        difference = bootstrap_difference(metric, y[test], ours, linear, patient[test])
        assert difference.high >= 0, metric.__name__  # not worse beyond what patients explain
        assert difference.value > -0.01
