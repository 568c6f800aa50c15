"""A cohort keeps its contract, and changes of unit can be undone by hand."""

import anndata
import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import (
    add_notice,
    build_cohort,
    check_cohort,
    notices,
    program_of,
    to_study_unit,
)
from genex_kedro.errors import InputError
from genex_kedro.units import UNITS, from_linear, guess_unit, to_linear


def _obs(n=4, **columns):
    rows = {
        "patient_id": [f"P{i}" for i in range(n)],
        "tissue": "lung",
        "condition": ["tumor", "normal"] * (n // 2),
    }
    return pd.DataFrame(rows | columns, index=[f"S{i}" for i in range(n)])


def _var(n=3):
    return pd.DataFrame(index=[f"G{i}" for i in range(n)])


def _build(values, unit="linear", **columns):
    return build_cohort(np.asarray(values), _obs(**columns), _var(), unit, "mine.tsv")


LINEAR = np.array([[0, 1, 3000], [7, 2, 10], [1, 1, 1], [0.5, 4, 5]])


def test_what_a_cohort_holds():
    cohort = _build(LINEAR, tissue=[" lung", "lung ", "lung", "lung"])
    assert cohort.X.dtype == np.float32
    assert list(cohort.var.columns) == ["entrez", "ensembl", "given"]
    assert cohort.var["given"].tolist() == ["G0", "G1", "G2"]
    assert set(cohort.obs["tissue"]) == {"lung"}
    assert set(cohort.obs["cohort"]) == set(cohort.obs["source"]) == {"own"}
    assert (cohort.obs_names.name, cohort.var_names.name) == ("sample_id", "symbol")


def test_columns_of_any_type_become_text():
    extra = {"age": [1, 2.5, np.nan, 4], "stage": pd.Categorical(["I", None, "II", "I"])}
    cohort = _build(LINEAR, **extra)
    assert cohort.obs["age"].tolist() == ["1.0", "2.5", "", "4.0"]
    assert cohort.obs["stage"].tolist() == ["I", "", "II", "I"]


def test_a_cohort_survives_h5ad(tmp_path):
    cohort = _build(LINEAR, stage=pd.Categorical(["I", None, "II", "I"]))
    add_notice(cohort, "check", 3, "detail")
    cohort.write_h5ad(tmp_path / "x.h5ad")
    again = anndata.read_h5ad(tmp_path / "x.h5ad")
    check_cohort(again, "x.h5ad")
    assert notices(again).to_dict("records") == [{"check": "check", "count": 3, "detail": "detail"}]


def test_missing_values_are_counted_and_a_gene_without_any_is_named():
    values = LINEAR.copy()
    values[:, 1] = np.nan
    values[2, 2] = np.nan
    said = notices(_build(values)).set_index("check")
    assert said["count"].to_dict() == {"missing values": 5, "genes without any value": 1}
    assert "S0/G1" in said["detail"]["missing values"]
    assert said["detail"]["genes without any value"] == "G1"


def test_a_sample_without_any_value_is_refused():
    values = LINEAR.copy()
    values[2] = np.nan
    with pytest.raises(InputError, match="1 samples without any value: S2"):
        _build(values)


def test_no_samples_are_refused():
    with pytest.raises(InputError, match="0 samples x 3 genes"):
        build_cohort(np.empty((0, 3)), _obs(0), _var(), "linear", "mine.tsv")


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_leads_to_the_study_unit(unit):
    given = {"linear": LINEAR, "log2(x+1)": np.log2(LINEAR + 1), "log2(tpm+0.001)": np.log2(LINEAR + 0.001)}  # fmt: skip
    cohort = to_study_unit(_build(given[unit], unit))
    np.testing.assert_allclose(cohort.X, np.log2(LINEAR + 1), atol=1e-4)
    assert cohort.uns["unit"] == "log2(x+1)" and cohort.X.min() >= 0


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_every_unit_leads_to_linear_and_back(unit, precision):
    linear = np.array([[0, 0.004, 1, 8000], [np.nan, 3, 2, 1]], precision)
    there = from_linear(linear, unit)
    back = to_linear(there, unit)
    assert there.dtype == back.dtype == precision
    np.testing.assert_allclose(back, linear, rtol=2e-5, atol=2e-7)
    assert np.nanmin(to_linear(np.round(there, 4), unit)) >= 0


def test_missing_stays_missing_in_another_unit():
    values = LINEAR.copy()
    values[0, 0] = np.nan
    assert np.isnan(to_study_unit(_build(values)).X).sum() == 1


@pytest.mark.parametrize(
    ("low", "high", "unit"),
    [
        (0, 24.03, "log2(x+1)"),
        (-9.9658, 18, "log2(tpm+0.001)"),
        (0, 6.7e9 + 0.5, "linear"),
        (0, 6.7e9, None),  # whole numbers only: counts
        (0, 60, None),
        (-3, 12, None),
        (-9.9658, 5000, None),
        (np.nan, np.nan, None),
    ],
)
def test_the_unit_is_told_only_where_one_is_possible(low, high, unit):
    assert guess_unit(np.array([[low, high, np.nan]])) == unit


def test_the_program_is_read_from_the_barcode():
    ids = ["TCGA-02-0047", "GTEX-ABC", "TARGET.1", "mine"]
    assert program_of(ids, ["x", "x", "x", "lab"]).tolist() == ["TCGA", "GTEX", "TARGET", "lab"]
