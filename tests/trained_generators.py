"""A small conditional VAE, fitted in closed form on planted classes: fit for tests of its use."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from genex_kedro.genes.table import gene_table
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CVAE, CvaeConfig
from genex_kedro.models.cvae.learner import build, start
from genex_kedro.models.family import to_trained_model
from genex_kedro.transforms import Standardiser

# class -> training samples, and the level of gene 0 there
PLANTED = {
    ("lung", "tumor", "TCGA"): (40, 9.0),
    ("lung", "normal", "TCGA"): (10, 3.0),
    ("lung", "normal", "GTEX"): (30, 3.0),
    ("liver", "normal", "GTEX"): (20, 6.0),
    ("liver", "tumor", "TCGA"): (3, 12.0),
}
N_GENES = 25
GENES = gene_table()["symbol"][2000 : 2000 + N_GENES].tolist()
CONFIG = CvaeConfig(
    encoding="separate", encoder_hidden=(), decoder_hidden=(), widen_encoder=False, latent=2,
    sampling_statistics="running", observation="per_class", observation_noise=True, core=True,
    prior="class",
)  # fmt: skip


def planted() -> tuple[np.ndarray, pd.DataFrame]:
    """Expression in log2(x+1), with gene 1 near zero, and the labels."""
    rng = np.random.default_rng(0)
    labels = [key for key, (n, _) in PLANTED.items() for _ in range(n)]
    values = rng.normal(6, 0.5, (len(labels), N_GENES))
    values[:, 0] += [PLANTED[key][1] - 6 for key in labels]
    values[:, 1] -= 5.7
    obs = pd.DataFrame(labels, columns=["tissue", "condition", "source"])
    return np.maximum(values, 0).astype(np.float32), obs


def trained(seed: int = 0, setting: str = "best", **card) -> TrainedModel:
    """The model, with a card."""
    values, obs = planted()
    vocabulary = Vocabulary.fit(obs)
    standardiser = Standardiser.fit(values, "per_gene")
    cvae = build(CONFIG, vocabulary, N_GENES, seed)
    start(cvae, torch.from_numpy(standardiser.apply(values)), torch.from_numpy(vocabulary.index(obs)))  # fmt: skip
    card = {
        "setting": setting,
        "seed": seed,
        "data": "planted",
        "training_samples": len(values),
        "unit": "log2(x+1)",
        "given_unit": "log2(x+1)",
        "status": "finished",
        "nearest_to_training": 0.7,
        **card,
    }
    genes = pd.DataFrame({"entrez": "", "ensembl": ""}, index=pd.Index(GENES, name="symbol"))
    return to_trained_model(CVAE, cvae.eval(), genes, standardiser.to_json(), card)
