"""Calibrated marginals: the distribution of the data, the correlations of the model."""

import pytest
import torch
from test_cvae import N_GENES, SETTINGS, planted

from genex_kedro.models.cvae.calibration import MarginalCalibration
from genex_kedro.models.cvae.learner import CvaeLearner, finish
from genex_kedro.models.cvae.model import build


def skewness(x):
    z = (x - x.mean(0)) / x.std(0)
    return z.pow(3).mean(0)


def skewed():
    """The planted classes; the deviations of gene 3 are exponential."""
    x, classes, vocabulary = planted(1500)
    draw = torch.Generator().manual_seed(1)
    x[:, 3] = 0.5 * (-torch.log(1 - torch.rand(len(x), generator=draw)) - 1)
    return x, classes, vocabulary


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_skewed_gene_is_drawn_skewed(calibrated):
    x, classes, vocabulary = skewed()
    config = SETTINGS["best"].model_copy(update={"latent": 2, "calibrated": calibrated})
    cvae = build(config, vocabulary, N_GENES, 0)
    CvaeLearner(cvae, (x, classes))  # begins at factor analysis
    made = finish(cvae, (x, classes)).sample(torch.full((5000,), 1), 0)
    if calibrated:
        assert skewness(made)[3] > 1.2  # of an exponential distribution it is 2
        assert made[:, 3].min() > -0.6  # it begins at -.5
    else:
        assert abs(skewness(made)[3]) < 0.3
    assert abs(skewness(made)[4]) < 0.3
    assert abs(torch.corrcoef(made.T)[1, 2] - 0.8) < 0.05
    torch.testing.assert_close(made.std(0)[1:], torch.full((N_GENES - 1,), 0.5), atol=0.06, rtol=0)


def test_it_changes_nothing_before_it_is_fitted():
    x, classes, vocabulary = planted(60)
    calibration = MarginalCalibration(len(vocabulary), N_GENES)
    torch.testing.assert_close(calibration(x, classes), x)


def test_it_keeps_the_order_of_samples_and_no_training_value():
    x, classes, vocabulary = skewed()
    config = SETTINGS["best"].model_copy(update={"latent": 2, "calibrated": True})
    cvae = build(config, vocabulary, N_GENES, 0)
    CvaeLearner(cvae, (x, classes))
    asked = torch.full((500,), 2)
    plain = build(config.model_copy(update={"calibrated": False}), vocabulary, N_GENES, 0)
    plain.load_state_dict(cvae.state_dict(), strict=False)
    made, before = cvae.eval().sample(asked, 3), plain.eval().sample(asked, 3)
    assert torch.equal(made.argsort(dim=0), before.argsort(dim=0))
    deviations = (x - cvae.calibration.centre[classes]) / cvae.calibration.spread[classes]
    kept = cvae.calibration.real[:, [0, -1]]  # the outermost quantiles
    assert (kept[:, :1] > deviations.amin(0)[:, None]).all()
    assert (kept[:, 1:] < deviations.amax(0)[:, None]).all()
