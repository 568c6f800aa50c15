"""Every kind of bad input is refused with its place, what was found, what was expected, what to do."""

import gzip
import pickle

import anndata
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.table import TableCohortDataset
from genex_kedro.errors import InputError
from genex_kedro.genes.panels import match_panel, panel, require_coverage

N_SAMPLES, N_GENES = 8, 40
GENES = panel("l1000")["symbol"][:N_GENES].tolist()


class Files:
    """A sound table (linear, genes x samples) and sheet, to be spoiled by one case each."""

    def __init__(self, folder):
        self.folder = folder
        self.expression, self.samples = folder / "mine.tsv", folder / "sheet.tsv"
        self.unit = None
        rng = np.random.default_rng(1)
        self.table = pd.DataFrame(
            rng.gamma(2, 200, (N_GENES, N_SAMPLES)).round(2).astype(object),
            index=pd.Index(GENES, name="gene"),
            columns=[f"S{i}" for i in range(N_SAMPLES)],
        )
        self.sheet = pd.DataFrame(
            {
                "sample_id": self.table.columns,
                "patient_id": [f"P{i // 2}" for i in range(N_SAMPLES)],
                "tissue": "lung",
                "condition": ["tumor", "normal"] * (N_SAMPLES // 2),
            }
        )

    def write(self):
        self.table.to_csv(self.expression, sep="\t")
        self.sheet.to_csv(self.samples, sep="\t", index=False)

    def text(self, old, new):
        self.write()
        self.expression.write_text(self.expression.read_text().replace(old, new, 1))

    def bytes(self, content, name=None):
        self.write()
        self.expression = self.expression.with_name(name or self.expression.name)
        self.expression.write_bytes(content)

    def logs(self):
        self.table = np.log2(self.table.astype(float) + 1)

    def load(self):
        paths = [str(path) if path else None for path in (self.expression, self.samples)]
        return TableCohortDataset(*paths, unit=self.unit).load()


CASES = {}


def case(*pieces):
    """Register how to spoil the files, and the pieces the message must hold."""

    def register(spoil):
        CASES[spoil.__name__] = (spoil, pieces)
        return spoil

    return register


# --- files ---------------------------------------------------------------------------------


@case("parameter cohort.expression", "nothing", "path of an expression table", "--params cohort.")
def no_path(files):
    files.write()
    files.expression = None


@case("parameter cohort.samples", "nothing", "a sample sheet with sample_id", "--params cohort.")
def no_sheet(files):
    files.write()
    files.samples = None


@case("mine.tsv", "no such file", "expression table", "Check the path")
def missing_file(files):
    files.write()
    files.expression.unlink()


@case("sheet.tsv", "no such file", "sample sheet", "Check the path")
def missing_sheet(files):
    files.write()
    files.samples.unlink()


@case("a folder", "expected: a file", "Check the path")
def a_folder(files):
    files.write()
    files.expression = files.folder


@case("mine.tsv", "an empty file", "a table", "broke off")
def empty_file(files):
    files.bytes(b"")


@case("mine.tsv", "a web page", "<!DOCTYPE html", "a table", "Download the file again")
def html_page(files):
    files.bytes(b"<!DOCTYPE html>\n<html>Access denied</html>")


@case("mine.tsv", "binary data", "a table", "Save the table as")
def binary_file(files):
    files.bytes(bytes(range(256)))


@case("mine.xlsx", "Excel workbook", "a table", "Save the table as")
def excel_workbook(files):
    files.bytes(b"PK\x03\x04" + b"\x00" * 50, "mine.xlsx")


@case("mine.tsv", "UTF-16", "a table", "Save the table as")
def utf16(files):
    files.bytes("gene\tS0\nTP53\t1\n".encode("utf-16"))


@case("mine.parquet", "a Python pickle", "run code", "Save the table as")
def pickle_named_parquet(files):
    files.bytes(pickle.dumps(files.table), "mine.parquet")


@case("mine.tsv.gz", "a Python pickle", "run code", "Save the table as")
def pickle_inside_gzip(files):
    files.bytes(gzip.compress(pickle.dumps(files.table)), "mine.tsv.gz")


@case("mine.parquet", "text, though the file is named .parquet", "a parquet", "Save the table as")
def text_named_parquet(files):
    files.bytes(b"gene\tS0\nTP53\t1\n", "mine.parquet")


@case("mine.parquet", "a Parquet file that cannot be read", "a whole Parquet file", "again")
def damaged_parquet(files):
    files.table.astype(float).to_parquet(files.folder / "mine.parquet")
    files.bytes((files.folder / "mine.parquet").read_bytes()[:2000], "mine.parquet")


@case("mine.h5ad", "a h5ad file that cannot be read", "a whole h5ad file", "again")
def damaged_h5ad(files):
    files.bytes(b"\x89HDF\r\n\x1a\n" + b"\x01" * 300, "mine.h5ad")


@case("mine.tsv.gz", "truncated gzip", "a whole gzip file", "Download or compress")
def truncated_gzip(files):
    files.write()
    packed = gzip.compress(files.expression.read_bytes())
    files.bytes(packed[: len(packed) // 2], "mine.tsv.gz")


@case("mine.tsv.gz", "truncated gzip", "a whole gzip file", "Download or compress")
def gzip_without_its_last_bytes(files):
    rows = np.random.default_rng(0).integers(0, 9, (4000, N_SAMPLES)).astype(str)
    lines = ["\t".join([f"G{i}", *row]) for i, row in enumerate(rows)]
    text = "\n".join(["\t".join(["gene", *files.table.columns]), *lines])
    files.bytes(gzip.compress(text.encode())[:-20], "mine.tsv.gz")


# --- text ----------------------------------------------------------------------------------


@case("mine.tsv, line 1", "'one column'", "at least two columns", "Save the table as")
def no_separator(files):
    files.bytes(b"one column\n1\n2\n")


@case("mine.tsv", "a header and no rows", "one row for every gene", "again")
def header_only(files):
    files.bytes(b"gene\tS0\tS1\n")


@case("mine.tsv, line 4, row 'SPDEF'", "8 columns", "9 columns, as in the header", "Mend the line")
def ragged_row(files):
    files.write()
    lines = files.expression.read_text().splitlines()
    lines[3] = lines[3].rsplit("\t", 1)[0]
    files.bytes("\n".join(lines).encode())


@case("line 3002, row 'G3000'", "3 columns", "9 columns", "broke off there")
def row_cut_off_late(files):
    lines = ["\t".join(["gene", *files.table.columns])]
    lines += ["\t".join([f"G{i}"] + ["1"] * N_SAMPLES) for i in range(3000)]
    files.bytes("\n".join([*lines, "G3000\t1\t2"]).encode())


@case("mine.tsv, line 6, row 'RHEB', column 'S3'", "'1,5'", "a number", "Correct the cell")
def decimal_comma(files):
    files.table.iloc[4, 3] = "1,5"
    files.write()


@case(f"row '{GENES[7]}', column 'S2'", "'high'", "a number", "Correct the cell")
def not_a_number_in_a_compressed_table(files):
    files.table.iloc[7, 2] = "high"
    files.write()
    files.bytes(gzip.compress(files.expression.read_bytes()), "mine.tsv.gz")


@case("mine.parquet", f"row '{GENES[2]}', column 'S1'", "'low'", "a number", "Correct the cell")
def not_a_number_in_parquet(files):
    table = files.table.astype(str)
    table.iloc[2, 1] = "low"
    table.to_parquet(files.folder / "mine.parquet")
    files.bytes((files.folder / "mine.parquet").read_bytes(), "mine.parquet")


@case("mine.parquet", "without row names", "the names of the rows", "Set the index")
def parquet_without_names(files):
    table = files.table.astype(float).reset_index(drop=True)
    table.to_parquet(files.folder / "mine.parquet", index=False)
    files.bytes((files.folder / "mine.parquet").read_bytes(), "mine.parquet")


@case("mine.tsv, line 2", "0xFC", "UTF-8", "iconv")
def latin1_bytes(files):
    files.write()
    files.bytes(files.expression.read_bytes().replace(b"PSME1", "Lübeck".encode("latin-1")))


@case("sheet.tsv, line 2", "0xE9", "UTF-8", "iconv")
def latin1_bytes_in_the_sheet(files):
    files.write()
    files.samples.write_bytes(files.samples.read_bytes().replace(b"lung", b"caf\xe9", 1))


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


@case("parameter cohort.panel", "'my_panel'", "one of foundation_one_308", "Name one of these")
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
    spoil, pieces = CASES[name]
    files = Files(tmp_path)
    with pytest.raises((InputError, DatasetError)) as caught:  # Kedro wraps what load raises
        spoil(files)
        files.load()
    error = caught.value
    if isinstance(error, DatasetError):
        error = error.__cause__
    assert isinstance(error, InputError), repr(error)
    message = str(error)
    for piece in (*pieces, "found:", "expected:", "to do:"):
        assert piece in message, message
    assert all((error.where, error.found, error.expected, error.remedy))
    assert error.remedy[0].isupper()


def test_the_sound_files_are_read(tmp_path):
    files = Files(tmp_path)
    files.write()
    assert files.load().shape == (N_SAMPLES, N_GENES)


def test_one_sample_is_a_cohort(tmp_path):
    files = Files(tmp_path)
    files.table = files.table[["S0"]]
    files.write()
    assert files.load().shape == (1, N_GENES)
