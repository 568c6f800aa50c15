"""How hard the simulated cohort is: as hard as a real one, and hard for the right reasons."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.simulation.genes import SEX_GENES


@pytest.fixture(scope="module")
def cohort():
    return simulate()[0]


@pytest.fixture(scope="module")
def centred(cohort):
    """Expression minus the mean of its class, without sex genes and those often lost."""
    table = cohort.to_df().drop(columns=list(SEX_GENES))
    table = table.loc[:, (table > 0).all()]
    return table - table.groupby(classes_of(cohort.obs)).transform("mean")


def classes_of(obs):
    return obs["tissue"].astype(str) + obs["cohort"].astype(str) + obs["condition"].astype(str)


def of(drawn_cohort, **labels):
    """Which samples carry the labels."""
    return np.logical_and.reduce(
        [drawn_cohort.obs[name] == label for name, label in labels.items()]
    )


def auc_of_classifier(table, label, groups):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    folds = GroupKFold(4).split(table, label, groups)
    score = cross_val_predict(model, table, label, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(label, score)


def own_pair_at_top(centred, obs):
    """How often, and at which chance, a tumor's nearest centred normal is its patient's own."""
    hits, chances = [], []
    for _, rows in obs.groupby("cohort"):
        normal = rows[rows["condition"] == "normal"]
        patients = normal["patient_id"].tolist()
        tumor = rows[(rows["condition"] == "tumor") & rows["patient_id"].isin(patients)]
        both = np.corrcoef(centred.loc[tumor.index], centred.loc[normal.index])
        nearest = both[: len(tumor), len(tumor) :].argmax(axis=1)
        hits += [patients[j] == own for j, own in zip(nearest, tumor["patient_id"], strict=True)]
        chances += [1 / len(patients)] * len(tumor)
    return np.mean(hits), np.mean(chances)


def test_the_right_patient_can_be_found_but_seldom(cohort, centred):
    """Real pairs: .15 to .23 at a chance of .03 to .07."""
    share, chance = own_pair_at_top(centred, cohort.obs[of(cohort, source="TCGA")])
    assert 1.8 * chance < share < 0.5


def test_without_patient_effects_no_patient_is_found():
    plain, _ = simulate(SimulationSettings(patient_sd=0.0, private_sd=0.0))
    table = plain.to_df().drop(columns=list(SEX_GENES))
    obs = plain.obs
    centred = table - table.groupby(classes_of(obs)).transform("mean")
    share, chance = own_pair_at_top(centred, obs[obs["source"] == "TCGA"])
    assert abs(share - chance) < 0.06


def test_tissue_is_easy_to_tell_and_patients_do_not_matter(cohort):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    folds = GroupKFold(4).split(cohort.X, groups=cohort.obs["patient_id"])
    told = cross_val_predict(model, cohort.X, cohort.obs["tissue"], cv=folds)
    assert (told == cohort.obs["tissue"]).mean() > 0.98


def test_tumors_are_told_from_normals_but_by_no_single_gene(cohort):
    """Within TCGA, so that the source cannot help."""
    tcga = cohort[of(cohort, source="TCGA")]
    label = (tcga.obs["condition"] == "tumor").to_numpy()
    table = tcga.to_df()
    table -= table.groupby(tcga.obs["tissue"].to_numpy()).transform("mean")
    assert auc_of_classifier(table, label, tcga.obs["patient_id"]) > 0.95
    single = np.array([roc_auc_score(label, table[gene]) for gene in table])
    assert np.abs(single - 0.5).max() + 0.5 < 0.98


def test_the_source_can_be_told_among_normals(cohort):
    """The confounder is there: a study must split by it."""
    normal = cohort[of(cohort, condition="normal")]
    label = (normal.obs["source"] == "GTEX").to_numpy()
    assert auc_of_classifier(normal.to_df(), label, normal.obs["patient_id"]) > 0.8


def strengths(table, obs):
    """How strong each effect looks in pairs of tumor and adjacent normal, samples x genes."""
    tumor = obs["condition"] == "tumor"
    centred = table - table.groupby(classes_of(obs)).transform("mean")
    normal_mean = table[~tumor].groupby(obs.loc[~tumor, "cohort"].astype(str)).mean()
    tumor_mean = table[tumor].groupby(obs.loc[tumor, "cohort"].astype(str)).mean()
    shift = tumor_mean - normal_mean
    correlation = np.corrcoef(centred[~tumor].T)[np.triu_indices(table.shape[1], 1)]
    share, chance = own_pair_at_top(centred, obs)
    return {
        "spread of tumors": centred[tumor].std().median(),
        "spread of normals": centred[~tumor].std().median(),
        "spread over tissues": normal_mean.std().median(),
        "shared shift": shift.mean().std(),
        "type's shift": (shift - shift.mean()).to_numpy().std(),
        "gene correlation": correlation.std(),
        "patient found, above chance": share - chance,
    }


@pytest.mark.real
def test_strengths_are_those_of_real_pairs(real_data, cohort, centred):
    """Within a factor of 1.5, on genes that are well measured in both."""
    folder = real_data / "tcga_pairs"
    real = pd.read_parquet(folder / "expression.parquet")
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t", index_col="sample_id")
    real = real.loc[sheet.index].dropna(axis=1)
    patients = cohort.obs.loc[of(cohort, source="TCGA", condition="normal"), "patient_id"]
    paired = cohort.obs[cohort.obs["patient_id"].isin(patients)]
    genes = [gene for gene in real if gene in centred]
    planted = strengths(cohort.to_df().loc[paired.index, genes], paired)
    for effect, measured in strengths(real, sheet).items():
        assert 1 / 1.5 < planted[effect] / measured < 1.5, (effect, planted[effect], measured)
