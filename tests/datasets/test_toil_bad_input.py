"""What a Toil folder may look like instead, and what is said about it."""

import gzip

import pandas as pd
import pytest

from genex_kedro.datasets.toil.reader import read_toil
from refusals import assert_refused
from toil_folder import EXPRESSION, PHENOTYPE, PROBEMAP, ToilFolder

CASES = {}


def case(*pieces):
    """Register a way to spoil a folder, with the pieces its message must hold."""

    def register(spoil):
        CASES[spoil.__name__] = (spoil, pieces)
        return spoil

    return register


@case("parameter toil.folder", "no Toil expression among", PHENOTYPE, "published")
def toil_without_expression(toil):
    (toil.path / EXPRESSION).unlink()


@case("toil.folder", "no Toil phenotype among", "TcgaTargetGTEX_phenotype.txt, plain or .gz")
def toil_without_phenotype(toil):
    (toil.path / PHENOTYPE).unlink()


@case("toil.folder", "no Toil probemap among", "gencode.v23.annotation.gene.probemap")
def toil_without_probemap(toil):
    (toil.path / PROBEMAP).unlink()


@case("toil.folder", "2 copies of the Toil expression", "one file", "Remove the copies")
def toil_plain_and_compressed(toil):
    (toil.path / EXPRESSION.removesuffix(".gz")).write_text("sample\tA\n")


@case(EXPRESSION, "truncated gzip", "a whole gzip file", "again")
def toil_cut_short(toil):
    path = toil.path / EXPRESSION
    path.write_bytes(path.read_bytes()[:-5000])


@case(EXPRESSION, "truncated gzip", "a whole gzip file", "again")
def toil_without_the_last_bytes(toil):
    path = toil.path / EXPRESSION
    path.write_bytes(path.read_bytes()[:-8])


@case(EXPRESSION, "damaged", "a whole gzip file", "again")
def toil_with_a_flipped_bit(toil):
    path = toil.path / EXPRESSION
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


@case(EXPRESSION, "a web page", "Toil expression", "Download the file again")
def toil_error_page(toil):
    (toil.path / EXPRESSION).write_text("<html>AccessDenied</html>")


@case(EXPRESSION, "header", "found:    'sample", "one column a sample")
def toil_header_without_samples(toil):
    toil.text(EXPRESSION, "sample\nENSG1\n")


@case(EXPRESSION, "header", "none of which the phenotype table labels", "same release")
def toil_with_other_samples(toil):
    toil.tpm.columns = [f"X{i}" for i in range(toil.tpm.shape[1])]
    toil.write_expression()


@case(EXPRESSION, "first column", "none of which is a gene asked for", "GENCODE v23")
def toil_with_other_genes(toil):
    toil.tpm.index = [f"G{i}" for i in range(len(toil.tpm))]
    toil.write_expression()


@case(EXPRESSION, "line 2, gene ENSG", "sample TCGA-EM-A000-01", "'n/a'", "a number")
def toil_cell_that_is_no_number(toil):
    spoil_cell(toil, "n/a")


@case(EXPRESSION, "line 2, gene ENSG", "sample TCGA-EM-A000-01", "'1,5'", "a number")
def toil_decimal_comma(toil):
    spoil_cell(toil, "1,5")


def spoil_cell(toil, cell):
    lines = toil_lines(toil)
    cells = lines[1].split("\t")
    lines[1] = "\t".join([cells[0], cell, *cells[2:]])
    toil.text(EXPRESSION, "\n".join(lines))


@case(EXPRESSION, "line 2, gene ENSG", "1 values", "values, as many as the header names samples")
def toil_short_row(toil):
    lines = toil_lines(toil)
    lines[1] = "\t".join(lines[1].split("\t")[:2])
    toil.text(EXPRESSION, "\n".join(lines))


@case(EXPRESSION, "line 2, gene ENSG", "values, as many as the header")
def toil_header_shorter_than_rows(toil):
    lines = toil_lines(toil)
    lines[0] = lines[0].rsplit("\t", 1)[0]
    toil.text(EXPRESSION, "\n".join(lines))


@case(EXPRESSION, "a second row of this gene", "every gene once")
def toil_gene_twice(toil):
    lines = toil_lines(toil)
    toil.text(EXPRESSION, "\n".join([*lines, lines[1]]))


@case(
    EXPRESSION,
    "1 samples with a second column of other values: TCGA-EM-A000-01",
    "differs first in gene ENSG",
)
def toil_sample_twice_with_other_values(toil):
    again = toil.tpm[["TCGA-EM-A000-01"]] * 2 + 1
    toil.tpm = pd.concat([toil.tpm, again], axis=1)
    toil.write_expression()


@case(EXPRESSION, "values below -9.96578", "log2(tpm+0.001)")
def toil_centred_values(toil):
    toil.tpm = toil.tpm * 0 - 0.000999999
    toil.write_expression()


@case(EXPRESSION, "does not exceed 40", "no logarithms")
def toil_linear_values(toil):
    text = toil.tpm.rename_axis("sample").to_csv(sep="\t", float_format="%.4f")
    toil.text(EXPRESSION, text)


@case(EXPRESSION, "gene ENSG", "sample TCGA-EM-A000-01", "found:    -inf", "which is finite")
def toil_logarithms_of_zero(toil):
    spoil_cell(toil, "-inf")


@case(PHENOTYPE, "header", "columns sample, detailed_category", "also _sample_type, _study")
def toil_phenotype_without_columns(toil):
    toil.phenotype = toil.phenotype.drop(columns=["_sample_type", "_study"])
    toil.write_phenotype()


@case(PHENOTYPE, "column '_sample_type'", "'Tumour' in 1 samples, first in TCGA-EM-A000-01")
def toil_unknown_sample_type(toil):
    toil.phenotype.loc[0, "_sample_type"] = "Tumour"
    toil.write_phenotype()


@case(PHENOTYPE, "column '_study'", "'CPTAC'", "one of TCGA, TARGET, GTEX")
def toil_unknown_study(toil):
    toil.phenotype.loc[0, "_study"] = "CPTAC"
    toil.write_phenotype()


@case(PHENOTYPE, "column 'primary disease or tissue'", "'Thyroid Cancer' in 1 samples", "a disease")
def toil_unknown_disease(toil):
    toil.phenotype.loc[0, "primary disease or tissue"] = "Thyroid Cancer"
    toil.write_phenotype()


@case(PHENOTYPE, "column 'sample'", "1 sample ids more than once: TCGA-EM-A000-01")
def toil_phenotype_with_a_sample_twice(toil):
    toil.phenotype = pd.concat([toil.phenotype, toil.phenotype.iloc[:1]])
    toil.write_phenotype()


@case(PHENOTYPE, "column 'sample'", "1 sample ids without a patient: EM-A000", "barcodes")
def toil_sample_without_a_patient(toil):
    toil.change(PHENOTYPE, "TCGA-EM-A000-01", "EM-A000")


@case(PHENOTYPE, "line 2, TCGA-EM-A000-01", "6 columns", "7 columns, as in the header")
def toil_phenotype_with_a_short_row(toil):
    toil.change(PHENOTYPE, "Primary Tumor\tFemale\tTCGA", "Primary Tumor\tFemale")


@case("1 patients with a tumor and more than one tissue: TCGA-EM-A000", "one tissue")
def toil_patient_in_two_tissues(toil):
    toil.change(PHENOTYPE, "TCGA-C5-A003-01", "TCGA-EM-A000-02")
    toil.change(EXPRESSION, "TCGA-C5-A003-01", "TCGA-EM-A000-02")


@case(PHENOTYPE, "an empty file", "Toil's phenotype table")
def toil_empty_phenotype(toil):
    (toil.path / PHENOTYPE).write_bytes(b"")


@case(PROBEMAP, "line 1", "found:    'id\\tstart", "a header 'id, gene, ...'", "probemap")
def toil_other_probemap(toil):
    (toil.path / PROBEMAP).write_text("id\tstart\nENSG1\t1\n")


@case(PROBEMAP, "1 genes more than once: ENSG", "every gene once")
def toil_probemap_with_an_id_twice(toil):
    lines = (toil.path / PROBEMAP).read_text().splitlines()
    (toil.path / PROBEMAP).write_text("\n".join([*lines, lines[1]]))


@pytest.mark.parametrize("name", CASES)
def test_a_spoiled_toil_folder_is_refused(tmp_path, name):
    spoil, pieces = CASES[name]
    toil = ToilFolder(tmp_path / "toil")
    spoil(toil)
    assert_refused(lambda: read_toil(toil.path), pieces)


@pytest.mark.parametrize(
    ("settings", "pieces"),
    [
        ({"expression": "fpkm"}, ("toil.expression", "'fpkm'", "tpm or hugo")),
        ({"genes": "l1000"}, ("toil.genes", "'l1000'", "panels or all")),
        ({"folder": "/nowhere"}, ("toil.folder", "no such folder", "Give the folder")),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path, settings, pieces):
    folder = ToilFolder(tmp_path / "toil").path
    assert_refused(lambda: read_toil(**{"folder": folder, **settings}), pieces)


def toil_lines(toil):
    return gzip.decompress((toil.path / EXPRESSION).read_bytes()).decode().splitlines()
