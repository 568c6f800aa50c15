"""Real samples in the place of a generator's: what the best of generators could score.

=========================================  =================================================
``real/training samples``                  all of them. The ceiling of what is compared with test
                                           samples: most metrics take as many of each class as
                                           there are test samples, ``*_all`` and TSTR take all
``real/training samples, as many as test`` a part with the test samples' classes: what those two
                                           come to with few samples
``real/held-out samples``                  validation samples: the ceiling of ``*_train`` and of
                                           privacy, which the other two, being training samples,
                                           leave empty
=========================================  =================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genex_kedro.metrics.samples import Samples, real_ceilings
from genex_kedro.models.names import REAL, full_name

TRAINING = full_name(REAL, "training samples")
EQUAL_N = full_name(REAL, "training samples, as many as test")
HELD_OUT = full_name(REAL, "held-out samples")
CEILINGS = (TRAINING, EQUAL_N, HELD_OUT)


def is_real(model: str) -> bool:
    """Whether a row of the scorecard is a ceiling and no generator."""
    return model.startswith(f"{REAL}/")


@dataclass(frozen=True)
class Ceiling:
    """Real samples to score.

    Parameters
    ----------
    samples : Samples
    population : Samples or None
        Real samples that DOMIAS compares with: the validation part, but for the validation part
        itself None, which makes half of the test samples stand in for it
        (:func:`genex_kedro.metrics.generator_scorecard.score_generator`).
    against_train : bool
        Whether a comparison with training samples means anything.
    """

    samples: Samples
    population: Samples | None
    against_train: bool


def ceilings(train: Samples, validation: Samples, test: Samples, seed: int) -> dict[str, Ceiling]:
    """What stands in the table for the real samples of one study, by name."""
    real = real_ceilings(train, test, validation, np.random.default_rng(seed))
    return {
        TRAINING: Ceiling(real["real_all"], validation, against_train=False),
        EQUAL_N: Ceiling(real["real_equal_n"], validation, against_train=False),
        HELD_OUT: Ceiling(real["real_held_out"], None, against_train=True),
    }
