"""What is planted: one function an effect, each with a generator of its own.

Strengths multiply standard draws, so that a stronger effect is the same effect, stronger.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from genex_kedro.simulation.genes import PROLIFERATION
from genex_kedro.simulation.samples import TUMOR_TYPES
from genex_kedro.simulation.settings import SimulationSettings

_SCARCE_SHARE = 0.06  # genes hardly expressed anywhere, as in RNAseqDB's panel genes


def base_levels(genes: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Each gene's level in no tissue in particular, shape (n_genes,).

    RNAseqDB's panel genes have mean levels of 7.0, 9.3 and 12.0 at their 5, 50 and 95 %
    quantiles, with a tail of scarce ones. Markers start low; sex genes at their mean level.
    """
    common, scarce = rng.normal(9.4, 1.4, len(genes)), rng.uniform(0, 5, len(genes))
    base = np.where(rng.random(len(genes)) < _SCARCE_SHARE, scarce, common)
    base = np.where(genes["marks"] != "", rng.uniform(1.5, 4, len(genes)), base)
    base = np.where(genes["female"].notna(), genes[["female", "male"]].mean(axis=1), base)
    return pd.Series(np.clip(base, 0, None), genes.index)


def tissue_programs(settings: SimulationSettings, genes: pd.DataFrame, rng) -> pd.DataFrame:
    """How a tissue departs from the base, shape (n_tissues, n_genes); markers only upwards."""
    shape = (len(settings.tissues), len(genes))
    width = rng.lognormal(0, 0.5, shape[1])  # some genes differ a lot between tissues, most little
    program = pd.DataFrame(
        rng.normal(0, settings.tissue_sd, shape) * width, settings.tissues, genes.index
    )
    rise = settings.marker_shift * rng.uniform(0.8, 1.2, shape[1])
    for tissue in settings.tissues:
        marks = (genes["marks"] == tissue).to_numpy()
        program.loc[tissue, marks] = rise[marks]
    program.loc[:, genes["female"].notna()] = 0.0
    return program


def shared_shift(settings: SimulationSettings, genes: pd.DataFrame, rng) -> pd.Series:
    """How every pure tumor departs from its tissue, shape (n_genes,): proliferation is up."""
    shift = pd.Series(0.0, genes.index)
    free = _free(genes)
    chosen = rng.permutation(free)[: settings.shared_genes]
    shift[chosen] = rng.normal(0, settings.shared_sd, len(chosen))
    dividing = [gene for gene in PROLIFERATION if gene in shift.index]
    shift[dividing] = settings.shared_sd * rng.uniform(1.2, 2, len(dividing))
    return shift.clip(-settings.shift_limit, settings.shift_limit)


def type_shifts(settings: SimulationSettings, genes, programs, rng) -> pd.DataFrame:
    """What is particular to a tumor type, shape (n_types, n_genes).

    Its own genes shift, and the tissue's program fades: a tumor forgets what it came from.
    """
    types = [code for code, (tissue, _) in TUMOR_TYPES.items() if tissue in settings.tissues]
    shifts = pd.DataFrame(0.0, types, genes.index)
    free = _free(genes)
    for code in types:
        chosen = rng.permutation(free)[: settings.type_genes]
        shifts.loc[code, chosen] = rng.normal(0, settings.type_sd, len(chosen))
        shifts.loc[code] -= settings.dedifferentiation * programs.loc[TUMOR_TYPES[code][0]]
    return shifts


def source_shifts(settings: SimulationSettings, genes: pd.DataFrame, rng) -> pd.DataFrame:
    """What the source adds, rows TCGA (nothing) and GTEX, shape (2, n_genes)."""
    shift = rng.normal(0, settings.source_sd, len(genes))
    return pd.DataFrame([np.zeros(len(genes)), shift], ["TCGA", "GTEX"], genes.index)


def patient_effects(settings: SimulationSettings, patients, genes, rng) -> pd.DataFrame:
    """What all samples of a patient share beyond sex, shape (n_patients, n_genes)."""
    loadings_rng, factors_rng, private_rng = rng.spawn(3)
    loadings = loadings_rng.standard_normal((settings.patient_rank, len(genes)))
    factors = factors_rng.standard_normal((len(patients), settings.patient_rank))
    effects = settings.patient_sd / np.sqrt(settings.patient_rank) * (factors @ loadings)
    private = private_rng.random(effects.shape) < settings.private_share
    effects += settings.private_sd * private * private_rng.standard_normal(effects.shape)
    return pd.DataFrame(effects, patients, genes.index)


def module_loadings(settings: SimulationSettings, genes: pd.DataFrame, rng) -> pd.DataFrame:
    """How much each gene follows each module, shape (n_modules, n_genes); most are 0.

    The first module covers half of the genes (as cell composition does), the later ones fewer.
    The mean variance of a gene by all modules is ``module_sd`` squared, at factor variance 1.
    """
    share = np.maximum(0.5 * 0.85 ** np.arange(settings.n_modules), 0.05)[:, None]
    shape = (settings.n_modules, len(genes))
    member = rng.random(shape) < share
    sign = np.where(rng.random(shape) < 0.8, 1.0, -1.0)  # co-expression is mostly positive
    loadings = member * sign * rng.gamma(2, 0.5, shape)
    loadings *= settings.module_sd / np.sqrt((loadings**2).sum(axis=0).mean())
    modules = [f"module_{number + 1:02d}" for number in range(settings.n_modules)]
    return pd.DataFrame(loadings, modules, genes.index)


def module_strength(settings: SimulationSettings, rng) -> pd.DataFrame:
    """A module's factor spread in each tissue, shape (n_tissues, n_modules), mean square 1."""
    strength = rng.lognormal(0, 0.5, (len(settings.tissues), settings.n_modules))
    strength /= np.sqrt((strength**2).mean(axis=1, keepdims=True))
    modules = [f"module_{number + 1:02d}" for number in range(settings.n_modules)]
    return pd.DataFrame(strength, settings.tissues, modules)


def purities(settings: SimulationSettings, is_tumor: np.ndarray, rng) -> np.ndarray:
    """Share of tumor cells, Beta-distributed in tumors and 0 in normals, shape (n_samples,)."""
    mean = settings.purity_mean
    concentration = mean * (1 - mean) / settings.purity_sd**2 - 1
    purity = rng.beta(mean * concentration, (1 - mean) * concentration, len(is_tumor))
    return np.where(is_tumor, purity, 0.0)


def _free(genes: pd.DataFrame) -> np.ndarray:
    """The symbols that no marker or sex gene takes: tumors leave those to other effects."""
    return genes.index[(genes["marks"] == "") & genes["female"].isna()].to_numpy()
