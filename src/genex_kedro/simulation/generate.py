"""From settings to a cohort and the truth behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice, build_cohort
from genex_kedro.simulation import effects
from genex_kedro.simulation.genes import simulated_genes
from genex_kedro.simulation.samples import design
from genex_kedro.simulation.settings import SimulationSettings
from genex_kedro.units import STUDY_UNIT

# A generator each, so that a change to one part leaves the draws of the others; new parts are
# added at the end.
_PARTS = (
    *("samples", "base", "programs", "shared", "types", "sources", "purity", "patients"),
    *("loadings", "strength", "factors", "noise_sd", "noise", "dropout"),
)
_CLASS = ["tissue", "cohort", "condition"]


@dataclass(frozen=True)
class Truth:
    """What was planted, log2 units. Rows and columns carry their names.

    Attributes
    ----------
    genes : DataFrame, indexed by symbol
        ``base``; ``noise_sd``; ``shared_shift`` (of a pure tumor); ``sex_shift`` (women minus
        men); ``marks`` (the tissue, or empty).
    samples : DataFrame, indexed by sample id
        ``purity`` (0 in normals), ``sex``.
    programs : DataFrame, shape (n_tissues, n_genes)
    type_shifts : DataFrame, shape (n_types, n_genes)
        Of a pure tumor, on top of the shared shift.
    source_shifts : DataFrame, shape (2, n_genes)
    patient_effects : DataFrame, shape (n_patients, n_genes)
        Without sex.
    module_loadings : DataFrame, shape (n_modules, n_genes)
    module_strength : DataFrame, shape (n_tissues, n_modules)
        Standard deviation of the factors in normals.
    module_factors : DataFrame, shape (n_samples, n_modules)
    class_means : DataFrame, shape (n_classes, n_genes)
        Expected values before drop-outs, by ``tissue, cohort, condition``, at the purities and
        sexes drawn.
    dropout_probability : DataFrame, shape (n_samples, n_genes)
    dropped : ndarray of bool, shape (n_samples, n_genes)
    """

    genes: pd.DataFrame
    samples: pd.DataFrame
    programs: pd.DataFrame
    type_shifts: pd.DataFrame
    source_shifts: pd.DataFrame
    patient_effects: pd.DataFrame
    module_loadings: pd.DataFrame
    module_strength: pd.DataFrame
    module_factors: pd.DataFrame
    class_means: pd.DataFrame
    dropout_probability: pd.DataFrame
    dropped: np.ndarray


def simulate(settings: SimulationSettings | None = None) -> tuple[AnnData, Truth]:
    """Draw a cohort and hand back what was planted in it.

    Parameters
    ----------
    settings : SimulationSettings, optional

    Returns
    -------
    cohort : AnnData, shape (n_samples, n_genes)
        log2(x+1); ``obs`` has ``tumor_type`` besides the columns of every cohort.
    truth : Truth
    """
    settings = settings or SimulationSettings()
    rng = dict(zip(_PARTS, np.random.default_rng(settings.seed).spawn(len(_PARTS)), strict=True))
    samples = design(settings, rng["samples"])
    is_tumor = (samples["condition"] == "tumor").to_numpy()
    samples["purity"] = effects.purities(settings, is_tumor, rng["purity"])
    genes = _gene_effects(settings, rng)
    planted = _plant(settings, samples, genes, rng)
    expected = _expected(samples, genes, planted)
    spread = np.where(is_tumor, settings.tumor_spread, 1.0)[:, None]
    factors = _factors(samples, planted["module_strength"], spread, rng["factors"])
    noise = rng["noise"].standard_normal(expected.shape) * spread * genes["noise_sd"].to_numpy()
    values = (
        expected
        + planted["patient_effects"].loc[samples["patient_id"]].to_numpy()
        + factors.to_numpy() @ planted["module_loadings"].to_numpy()
        + noise
    )
    probability, dropped = _dropouts(settings, values, rng["dropout"])
    observed = np.where(dropped, 0, np.maximum(values, 0))
    truth = Truth(
        genes=genes[["base", "noise_sd", "shared_shift", "sex_shift", "marks"]],
        samples=samples[["purity", "sex"]],
        module_factors=factors,
        class_means=expected.groupby([samples[name] for name in _CLASS]).mean(),
        dropout_probability=probability,
        dropped=dropped,
        **planted,
    )
    return _cohort(settings, observed, samples, genes), truth


def _plant(settings: SimulationSettings, samples, genes, rng: dict) -> dict[str, pd.DataFrame]:
    """The effects that :class:`Truth` holds by these names, before any sample is drawn."""
    programs = effects.tissue_programs(settings, genes, rng["programs"])
    patients = samples["patient_id"].unique()
    return {
        "programs": programs,
        "type_shifts": effects.type_shifts(settings, genes, programs, rng["types"]),
        "source_shifts": effects.source_shifts(settings, genes, rng["sources"]),
        "patient_effects": effects.patient_effects(settings, patients, genes, rng["patients"]),
        "module_loadings": effects.module_loadings(settings, genes, rng["loadings"]),
        "module_strength": effects.module_strength(settings, rng["strength"]),
    }


def _gene_effects(settings: SimulationSettings, rng: dict) -> pd.DataFrame:
    genes = simulated_genes(settings.n_genes)
    genes["base"] = effects.base_levels(genes, rng["base"])
    genes["noise_sd"] = settings.noise_sd * rng["noise_sd"].lognormal(0, 0.4, len(genes))
    genes["shared_shift"] = effects.shared_shift(settings, genes, rng["shared"])
    genes["sex_shift"] = (genes["female"] - genes["male"]).fillna(0.0)
    return genes


def _expected(samples, genes, planted: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Everything but the patient, the modules and the noise, shape (n_samples, n_genes)."""
    half = np.where(samples["sex"] == "female", 0.5, -0.5)[:, None]
    purity = samples["purity"].to_numpy()[:, None]
    type_shift = planted["type_shifts"].reindex(samples["tumor_type"]).fillna(0.0).to_numpy()
    return pd.DataFrame(
        genes["base"].to_numpy()
        + planted["programs"].loc[samples["tissue"]].to_numpy()
        + half * genes["sex_shift"].to_numpy()
        + purity * (genes["shared_shift"].to_numpy() + type_shift)
        + planted["source_shifts"].loc[samples["source"]].to_numpy(),
        samples.index,
        genes.index,
    )


def _factors(samples, strength: pd.DataFrame, spread: np.ndarray, rng) -> pd.DataFrame:
    scale = strength.loc[samples["tissue"]].to_numpy() * spread
    return pd.DataFrame(rng.standard_normal(scale.shape) * scale, samples.index, strength.columns)


def _dropouts(settings: SimulationSettings, values: pd.DataFrame, rng):
    """The scarcer, the easier lost: chances (n_samples, n_genes) and what was lost."""
    distance = (values - settings.dropout_midpoint) / settings.dropout_width
    probability = 1 / (1 + np.exp(distance))
    return probability, rng.random(values.shape) < probability.to_numpy()


def _cohort(settings: SimulationSettings, values, samples, genes) -> AnnData:
    obs = samples.drop(columns=["purity", "sex"])
    cohort = build_cohort(values, obs, genes[["entrez"]], STUDY_UNIT, "the simulated cohort")
    add_notice(
        cohort,
        "simulated samples",
        cohort.n_obs,
        f"no real patient: drawn with seed {settings.seed}, ids in the style of TCGA and GTEx",
    )
    return cohort
