"""A trained translator, with what says how far to believe it, applied to tumors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import to_study_unit
from genex_kedro.errors import InputError
from genex_kedro.models.atlas import Atlas
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card_uses import JUDGE, TRANSLATOR
from genex_kedro.models.names import full_name, judge_label
from genex_kedro.models.shelf import ATLAS, ModelShelf
from genex_kedro.study.judges.samples import judge_expression
from genex_kedro.study.matching import Profiles
from genex_kedro.study.translation import applied_output as outputs
from genex_kedro.study.translation.applied_input import fit_to_model
from genex_kedro.study.translation.trained import Translator, load_translator

log = logging.getLogger(__name__)

JUDGES = ("pooled", "adjacent")  # whose calls stand beside every translation
_TRAIN = "Train first, on your cohort: kedro run --pipelines reversion (with its --env and --params)."  # fmt: skip


def judge_name(judge: str) -> str:
    """Of the judge whose calls are shown, among its networks."""
    return full_name(judge_label(judge), "best")


@dataclass(frozen=True)
class Bench:
    """A translator, the atlas and the judges that were trained on the same study.

    Parameters
    ----------
    name : str
        Full name of the translator.
    seed : int
        Of all of them.
    model : TrainedModel
    atlas : TrainedModel
    judges : mapping of str to TrainedModel
        Some of :data:`JUDGES`.

    Raises
    ------
    InputError
        If their genes differ.
    """

    name: str
    seed: int
    model: TrainedModel
    atlas: TrainedModel
    judges: Mapping[str, TrainedModel]

    def __post_init__(self) -> None:
        others = {ATLAS: self.atlas, **{judge_name(k): m for k, m in self.judges.items()}}
        for name, other in others.items():
            if list(other.genes.index) != list(self.model.genes.index):
                raise InputError(
                    where=f"trained model {name}",
                    found=f"{len(other.genes)} genes that are not the translator's {len(self.model.genes)}",
                    expected="models that were trained on the same study",
                    remedy=_TRAIN,
                )

    def lay(self, table: AnnData, least: float) -> Laid:
        """A table brought to the model's genes, ready to be translated.

        Parameters
        ----------
        table : AnnData
            In any unit of a cohort.
        least : float
            Share of the model's genes that the table, and each sample, must measure.

        Raises
        ------
        InputError
            The table measures too little.
        """
        from genex_kedro.models import atlas as atlases

        atlas = atlases.from_trained_model(self.atlas)
        translator = load_translator(self.model, atlas)
        cohort = to_study_unit(table)
        tumors = fit_to_model(cohort, self.model.genes, atlas, least)
        return Laid(self, translator, atlas, cohort, tumors, outputs.tissue_for(translator, tumors))


@dataclass(frozen=True)
class Laid:
    """Tumors and the translator that takes them; see :meth:`Bench.lay`.

    Attributes
    ----------
    cohort : AnnData
        The table in log2(x+1), with its notices.
    tumors : Profiles
    tissue : ndarray of str, shape (n_samples,)
        What the translator is told of each.
    """

    bench: Bench
    translator: Translator
    atlas: Atlas
    cohort: AnnData
    tumors: Profiles
    tissue: np.ndarray

    def guess(self) -> np.ndarray:
        """The best guess of each normal, log2(x+1), (n_samples, n_genes)."""
        return outputs.guesses(self.translator, self.tumors, self.tissue)

    def draws(self, n: int, seed: int):
        """Yields `n` draws of all normals."""
        return outputs.some_draws(self.translator, self.tumors, self.tissue, n, seed)

    def calls(self, guess: np.ndarray, draw: np.ndarray) -> pd.DataFrame:
        """What the judges and the atlas say, indexed by sample id."""
        judges = {k: partial(_judge, model=m) for k, m in self.bench.judges.items()}
        made = {"after": guess, "after_draw": draw}
        return outputs.calls_table(
            self.tumors, self.tissue, self.translator, self.atlas, judges, made
        )


def take_bench(models: ModelShelf, asked: str, seed: int | None) -> Bench:
    """A translator by name, with the atlas and the judges of its seed.

    Judges that could not be trained are left out, and said.

    Raises
    ------
    InputError
        Nothing of that name is trained, it is no translator, or no atlas is with it.
    """
    name, model = models.find(asked, seed, TRANSLATOR)
    judges = {}
    for judge in JUDGES:
        if models.has(judge_name(judge), name.seed):
            _, judges[judge] = models.find(judge_name(judge), name.seed, JUDGE)
        else:
            log.warning("noticed: no trained '%s' judge of seed %d: left out of calls.tsv", judge, name.seed)  # fmt: skip
    if not models.has(ATLAS, name.seed):
        raise InputError(
            where=f"translator {name.full}, seed {name.seed}",
            found="no atlas of its training cohort, which tells tissues and fills what is not measured",
            expected="the atlas that is trained with the judges and simple translators",
            remedy=_TRAIN,
        )
    _, atlas = models.find(ATLAS, name.seed)
    return Bench(name.full, name.seed, model, atlas, judges)


def _judge(values: np.ndarray, model: TrainedModel) -> np.ndarray:
    return judge_expression(model, AnnData(values, var=model.genes[[]]))
