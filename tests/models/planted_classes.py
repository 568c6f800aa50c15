"""A planted truth for conditional generators: three classes, one correlation, known spread."""

import numpy as np
import pandas as pd
import torch

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.training import FitSettings, fit

N_GENES = 12
MEANS = (-2.0, 0.0, 2.0)  # of gene 0, by class
CORRELATION = 0.8  # of genes 1 and 2
SPREAD = 0.5  # of every gene within its class


def planted(n=600, seed=0):
    """Three classes; means differ in gene 0, genes 1 and 2 go together (r = .8) in all.

    Returns expression (n, N_GENES), classes (n,) and their vocabulary.
    """
    g = torch.Generator().manual_seed(seed)
    labels = pd.DataFrame(
        {
            "tissue": np.tile(["lung", "lung", "liver"], n // 3),
            "condition": np.tile(["tumor", "normal", "normal"], n // 3),
            "source": "TCGA",
        }
    )
    vocabulary = Vocabulary.fit(labels)
    classes = torch.from_numpy(vocabulary.index(labels))
    x = SPREAD * torch.randn(n, N_GENES, generator=g)
    x[:, 2] = CORRELATION * x[:, 1] + 0.6 * x[:, 2]
    x[:, 0] += torch.tensor(MEANS)[classes]
    return x, classes, vocabulary


def checkpoints(family, config, epochs, batch_size=75, monitor="loss", resume=None, **settings):
    """All checkpoints of a fit to 750 planted samples, 150 others for validation."""
    x, classes, vocabulary = planted(900)
    learner = family.code().learner(
        family.code().build(config, vocabulary, N_GENES, 0), (x[:750], classes[:750])
    )
    settings = FitSettings(
        epochs=epochs,
        batch_size=batch_size,
        patience=None,
        monitor=monitor,
        device="cpu",
        **{"save_every_s": 1e9, **settings},
    )
    held_out = x[750:], classes[750:]
    return list(fit(learner, (x[:750], classes[:750]), held_out, settings, 0, resume))


def trained(family, config, epochs, **settings):
    """The generator after such a fit, finished, and the fit's last checkpoint."""
    x, classes, vocabulary = planted(900)
    last = checkpoints(family, config, epochs, **settings)[-1]
    generator = family.code().build(config, vocabulary, N_GENES, 0)
    generator.load_state_dict(last.weights("generator"))
    return family.code().finish(generator, (x[:750], classes[:750])), last


def errors(generator, n=2000):
    """Largest errors over classes: of gene 0's mean, of the spread of the others, of the planted
    correlation, and of those that are zero."""
    found = []
    for at, mean in enumerate(MEANS):
        made = generator.sample(torch.full((n,), at), seed=1)
        r = torch.corrcoef(made.T)
        found.append(
            (
                abs(made[:, 0].mean() - mean),
                (made[:, 3:].std(0) - SPREAD).abs().max(),
                abs(r[1, 2] - CORRELATION),
                r[3:, 3:].fill_diagonal_(0).abs().max(),
            )
        )
    return dict(
        zip(
            ("mean", "spread", "correlation", "no correlation"),
            torch.tensor(found).amax(0).tolist(),
            strict=True,
        )
    )
