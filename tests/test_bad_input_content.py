"""Tables with unusable names, values or labels are refused with place and remedy."""

import anndata
import numpy as np
import pandas as pd
import pytest

from genex_kedro.genes.panels import match_panel, panel, require_coverage
from spoiled_files import N_GENES, N_SAMPLES, Cases, Files

CASES = Cases()
case = CASES.refused_with


# --- names ---------------------------------------------------------------------------------


@case("mine.tsv, header", "1 sample ids more than once: S0", "every sample id once", "Rename")
def duplicated_samples(files):
    files.text("\tS1", "\tS0")


@case("mine.tsv", "1 genes more than once: PSME1", "every gene once", "none is picked in silence")
def duplicated_genes(files):
    files.text("CISD1", "PSME1")


@case("mine.tsv", "1 genes without a name, at positions 2", "a name for every gene", "Delete")
def gene_without_a_name(files):
    files.text("CISD1", "")


@case("mine.tsv", "0 of 40 names are genes", "gene_0", "at least 50%", "Check which side")
def unknown_genes(files):
    files.table.index = [f"gene_{i}" for i in range(N_GENES)]
    files.write()


@case("mine.tsv", "0 of 40 names are genes", "at least 50%", "map probes, transcripts")
def row_numbers_for_genes(files):
    files.table.index = range(N_GENES)
    files.write()


@case("mine.tsv", "no sample of the sheet", "X0", "S0", "the same sample ids", "alike in both")
def no_shared_samples(files):
    files.table.columns = [f"X{i}" for i in range(N_SAMPLES)]
    files.write()


@case("mine.tsv", "neither samples of the sheet nor genes", "one side", "belong together")
def neither_samples_nor_genes(files):
    files.table.columns = [f"X{i}" for i in range(N_SAMPLES)]
    files.table.index = [f"Y{i}" for i in range(N_GENES)]
    files.write()


@case("l1000", "40 of 978 genes (4%)", "missing: ", "at least 80%", "all measured genes")
def panel_coverage_too_low(files):
    files.write()
    _, missing = match_panel(files.load().var, "l1000")
    require_coverage(missing, "l1000", where=str(files.expression))


@case(
    "synthesis.panel or tumor_types.panel",
    "'my_panel'",
    "one of foundation_one_308",
    "Name one of these",
)
def unknown_panel(files):
    panel("my_panel")


# --- values --------------------------------------------------------------------------------


@case("mine.tsv", "1 samples without any value: S2", "at least one number", "Leave those samples")
def sample_without_values(files):
    files.table["S2"] = np.nan
    files.write()


@case("mine.tsv", "8 samples without any value", "at least one number", "Leave those samples")
def no_values_at_all(files):
    files.table[:] = "NA"
    files.write()


@case("mine.tsv", "1 infinite values, first S1/PSME1=inf", "finite numbers", "overflow")
def infinite_value(files):
    files.table.iloc[0, 1] = "inf"
    files.write()


@case("mine.tsv", "1 values below 0, first S1/PSME1=-4", "none in linear", "Set cohort.unit")
def negative_value(files):
    files.table.iloc[0, 1] = -4
    files.unit = "linear"
    files.write()


@case("mine.tsv, unit", "'linear', but no value above", "linear expression", "never taken twice")
def linear_stated_for_logarithms(files):
    files.logs()
    files.unit = "linear"
    files.write()


@case("mine.tsv", "values above 40", "logarithms, as the unit", "set cohort.unit=linear")
def logarithms_stated_for_linear(files):
    files.unit = "log2(x+1)"
    files.write()


@case("mine.tsv", "values below 0, first S0/PSME1=-9.9658", "log2(x+1)", "cohort.unit")
def floor_of_tpm_under_another_unit(files):
    files.logs()
    files.table.iloc[0, 0] = -9.9658
    files.unit = "log2(x+1)"
    files.write()


@case(
    "mine.tsv, unit", "whole numbers up to", "comparable between samples", "Normalise for library"
)
def read_counts_are_not_expression(files):
    files.table = files.table.astype(float).round()
    files.write()


@case("unit", "'TPM'", "log2(x+1) or log2(tpm+0.001) or linear", "State the unit")
def unknown_unit(files):
    files.unit = "TPM"
    files.write()


@case("mine.tsv, unit", "no single unit explains", "linear", "State the unit", "scaling")
def unit_cannot_be_told(files):
    files.logs()
    files.table -= 8
    files.write()


# --- labels --------------------------------------------------------------------------------


@case("sheet.tsv, sample sheet", "columns sample_id", "also tissue", "are needed")
def sheet_without_a_column(files):
    files.sheet = files.sheet.drop(columns="tissue")
    files.write()


@case("sheet.tsv, sample sheet", "'tissue' more than once", "every column once", "first line")
def sheet_with_a_column_twice(files):
    files.sheet.insert(1, "tissue", "lung", allow_duplicates=True)
    files.write()


@case("sheet.tsv", "column 'sample_id'", "1 sample ids more than once: S0", "once", "Rename")
def sheet_with_a_sample_twice(files):
    files.sheet = pd.concat([files.sheet, files.sheet.iloc[:1]])
    files.write()


@case("sheet.tsv", "column 'sample_id'", "no sample id in lines 4", "in every row", "Fill in")
def sheet_with_a_blank_sample_id(files):
    files.sheet.loc[2, "sample_id"] = " "
    files.write()


@case("sheet.tsv, line 3, row 'S1'", "5 columns", "4 columns", "Mend the line")
def sheet_with_a_ragged_row(files):
    files.write()
    files.samples.write_text(files.samples.read_text().replace("P0\tlung\tnormal", "P0\tlung\tnormal\tx"))  # fmt: skip


@case(
    "column 'tissue'", "no value for 1 samples: S3", "a value for every sample", "Fill the column"
)
def empty_label(files):
    files.sheet.loc[3, "tissue"] = "  "
    files.write()


@case(
    "column 'condition'", "'metastasis' in 1 samples, first in S3", "'tumor' or 'normal'", "Rename"
)
def unknown_condition(files):
    files.sheet.loc[3, "condition"] = "Metastasis"
    files.write()


@case("column 'patient_id'", "1 patients with a tumor and more than one tissue: P0", "one tissue", "distinct patient ids")  # fmt: skip
def tumor_patient_in_two_tissues(files):
    files.sheet.loc[1, "tissue"] = "liver"
    files.write()


@case("mine.h5ad, obs", "also patient_id, tissue, condition", "are needed")
def h5ad_without_labels(files):
    _h5ad(files)
    files.samples = None


@case("mine.h5ad, X", "nothing", "expression in X", "adata.X =")
def h5ad_without_values(files):
    _h5ad(files, values=False)


@case("sheet.tsv", "an h5ad file", "a sample sheet", "Save the table as")
def h5ad_for_a_sheet(files):
    _h5ad(files)
    files.expression.rename(files.samples)
    files.write = lambda: None
    files.table.to_csv(files.folder / "mine.tsv", sep="\t")
    files.expression = files.folder / "mine.tsv"


def _h5ad(files, values=True):
    files.write()
    names = [pd.DataFrame(index=axis) for axis in (files.table.columns, files.table.index)]
    numbers = files.table.T.to_numpy(np.float32) if values else None
    files.expression = files.folder / "mine.h5ad"
    anndata.AnnData(numbers, *names).write_h5ad(files.expression)


@pytest.mark.parametrize("name", CASES)
def test_refused_with_place_finding_expectation_and_remedy(name, tmp_path):
    CASES.check(name, tmp_path)


def test_the_sound_files_are_read(tmp_path):
    files = Files(tmp_path)
    files.write()
    assert files.load().shape == (N_SAMPLES, N_GENES)


def test_one_sample_is_a_cohort(tmp_path):
    files = Files(tmp_path)
    files.table = files.table[["S0"]]
    files.write()
    assert files.load().shape == (1, N_GENES)
