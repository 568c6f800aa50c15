"""Public formats that are spoiled, and tables whose barcodes do not tell enough."""

import gzip

import pytest

from genex_kedro.datasets.tables.table import TableCohortDataset
from genex_kedro.genes.table import gene_table
from spoiled_files import GENES, N_GENES, N_SAMPLES, Cases

CASES = Cases()
case = CASES.refused_with

TCGA = [f"TCGA-50-59{n:02d}-01A-11R-1755-07" for n in range(N_SAMPLES)]
STAR = "gene_id gene_name gene_type unstranded stranded_first stranded_second tpm_unstranded fpkm_unstranded fpkm_uq_unstranded"  # fmt: skip


def _barcodes(files, names):
    files.table.columns = names
    files.write()
    files.samples = None


# --- barcodes instead of a sheet ------------------------------------------------------------


@case("parameter cohort.samples", "none in the rows (PSME1", "or columns (S0, S1", "sheet", "Pass")
def no_sheet_and_no_barcodes(files):
    files.write()
    files.samples = None


@case("parameter cohort.samples", "1 sample ids that are none: mouse 7", "sample sheet", "Pass")
def one_id_that_is_no_barcode(files):
    _barcodes(files, [*TCGA[:-1], "mouse 7"])


@case("mine.tsv, tissue", "1 samples whose barcode does not tell it: GTEX-1117F", "cohort.tissue")
def tissue_of_gtex(files):
    _barcodes(files, [*TCGA[:-1], "GTEX-1117F-0226-SM-5GZZ7"])


@case("mine.tsv, tissue", "8 samples whose barcode does not tell it: TCGA-00-", "cohort.tissue")
def a_site_that_tcga_never_had(files):
    _barcodes(files, [name.replace("TCGA-50", "TCGA-00") for name in TCGA])


@case("mine.tsv, sample ids", "8 barcodes, none of a tumor", "a sample type", "15 characters")
def barcodes_of_patients(files):
    _barcodes(files, [name[:12] for name in TCGA])


@case("mine.tsv, sample ids", "8 barcodes, none of a tumor", "a sample type", "sample sheet")
def controls_only(files):
    _barcodes(files, [f"TCGA-07-0227-20A-{n:02d}R-A30S-13" for n in range(N_SAMPLES)])


@case("mine.tsv, header", "1 sample ids more than once: TCGA-50-5900-01A", "once", "Rename")
def a_barcode_twice(files):
    _barcodes(files, [TCGA[0], *TCGA[:-1]])


# --- values ---------------------------------------------------------------------------------


@case("parameter cohort.negative", "'clip'", "'zero', or nothing", "Correct the parameter")
def unknown_way_with_negative_values(files):
    files.write()
    files.load = lambda: TableCohortDataset(
        str(files.expression), str(files.samples), negative="clip"
    ).load()


@case("mine.tsv, unit", "values from -0.49 to", "log2(x+1) or", "cohort.negative=zero")
def negative_values_of_a_batch_correction(files):
    files.table.iloc[3, 3] = -0.49
    files.write()


# --- GCT ------------------------------------------------------------------------------------


def _gct(files, first="#1.2", second=f"{N_GENES}\t{N_SAMPLES}", rows=N_GENES):
    files.table.insert(0, "Description", "na")
    files.write()
    lines = files.expression.read_text().splitlines()[: rows + 1]
    files.bytes("\n".join([first, second, *lines]).encode(), "mine.gct")


@case("mine.gct, line 2", "'40 genes'", "2 numbers: rows and columns", "take its first two lines")
def gct_without_its_numbers(files):
    _gct(files, second="40 genes")


@case("mine.gct, line 2", "'40\\t8'", "4 numbers", "then annotations", "Write the GCT file again")
def gct_13_with_the_numbers_of_12(files):
    _gct(files, first="#1.3")


@case("mine.gct, line 2", "nothing", "2 numbers: rows and columns", "Write the GCT file again")
def gct_of_one_line(files):
    files.bytes(b"#1.2\n", "mine.gct")


@case("mine.gct, line 2", "30 rows and 8 columns", "40 rows and 8", "broke off")
def gct_that_broke_off(files):
    _gct(files, rows=30)


@case("mine.gct, line 2", "40 rows and 8 columns", "40 rows and 9", "edited without")
def gct_with_a_column_removed(files):
    _gct(files, second=f"{N_GENES}\t{N_SAMPLES + 1}")


@case("mine.gct", "obs", "also patient_id, tissue, condition", "are needed")
def gct_13_with_labels_of_something_else(files):
    files.table.insert(0, "Description", "na")
    files.write()
    header, *rows = files.expression.read_text().splitlines()
    dose = "\t".join(["dose", "na", *map(str, range(N_SAMPLES))])
    text = "\n".join(["#1.3", f"{N_GENES}\t{N_SAMPLES}\t1\t1", header, dose, *rows])
    files.bytes(text.encode(), "mine.gct")
    files.samples = None


# --- STAR counts of the GDC ------------------------------------------------------------------


def _star(files, name, genes=GENES, tpm="12.5"):
    ensembl = gene_table().set_index("symbol")["ensembl"]
    lines = ["# gene-model: GENCODE v36", STAR.replace(" ", "\t"), "N_unmapped\t\t\t1\t1\t1\t\t\t"]
    lines += ["\t".join([f"{ensembl[g]}.1", g, "protein_coding", "1", "1", "1", tpm, "1", "1"]) for g in genes if g in ensembl]  # fmt: skip
    files.expression = files.folder / "cart"
    files.expression.mkdir(exist_ok=True)
    files.samples = None
    (files.expression / name).write_text("\n".join(lines) + "\n")


@case("a folder without STAR gene counts", "a file: expression table, or a folder", "Check the path")  # fmt: skip
def a_folder_of_something_else(files):
    files.write()
    files.expression = files.folder


@case("TCGA-50-5901-01A.tsv, gene 3", "ENSG", "one release of the GDC")
def star_files_of_two_gene_models(files):
    _star(files, "TCGA-50-5900-01A.tsv")
    _star(files, "TCGA-50-5901-01A.tsv", [*GENES[:2], *GENES[3:]])


@case("TCGA-50-5901-01A.tsv, gene", "the end, after", "expected: ENSG", "all of them whole")
def star_file_that_broke_off(files):
    _star(files, "TCGA-50-5900-01A.tsv")
    _star(files, "TCGA-50-5901-01A.tsv", GENES[:20])


@case("TCGA-50-5900-01A.tsv, line 4", "column 'tpm_unstranded'", "'high'", "a number", "Correct")
def star_file_with_a_word(files):
    _star(files, "TCGA-50-5900-01A.tsv", tpm="high")


@case("TCGA-50-5900-01A.tsv, the end", "no gene", "one row a gene", "Download the file")
def star_file_without_a_gene(files):
    _star(files, "TCGA-50-5900-01A.tsv", genes=[])


@case("gdc_sample_sheet.tsv, column 'File Name'", "no row for a.tsv (1 files", "same cart")
def star_file_that_the_sheet_does_not_name(files):
    _star(files, "a.tsv")
    (files.expression / "gdc_sample_sheet.tsv").write_text("File Name\tSample ID\nb.tsv\tTCGA-50-5900-01A\n")  # fmt: skip


@case("cart, header", "1 sample ids more than once: TCGA-50-5900-01A", "once", "none is picked")
def two_star_files_of_one_sample(files):
    _star(files, "a.tsv")
    _star(files, "b.tsv")
    (files.expression / "gdc_sample_sheet.tsv").write_text("File Name\tSample ID\na.tsv\tTCGA-50-5900-01A\nb.tsv\tTCGA-50-5900-01A\n")  # fmt: skip


@case("parameter cohort.samples", "none in the rows", "columns (8f2c-uuid", "sheet")
def star_file_named_by_nothing(files):
    _star(files, "8f2c-uuid.rna_seq.augmented_star_gene_counts.tsv")


# --- an export of the Xena browser --------------------------------------------------------------


@case("mine.tsv, line 3, row 'TCGA-50-5901", f"column '{GENES[0]}'", "'Primary Tumor'", "a number")
def xena_export_with_a_shifted_row(files):
    files.table = files.table.T.set_axis(TCGA, axis=0)
    files.table.insert(0, "samples", TCGA)
    files.table.insert(1, "_sample_type", "Primary Tumor")
    files.table.iloc[1, 2] = "Primary Tumor"
    files.table.index.name = "sample"
    files.write()
    files.samples = None


@case("mine.tsv.gz", "JSON", "a table", "Download the file again")
def json_answer(files):
    files.bytes(gzip.compress(b'{"message": "not found"}'), "mine.tsv.gz")


@pytest.mark.parametrize("name", CASES)
def test_refused_with_place_finding_expectation_and_remedy(name, tmp_path):
    CASES.check(name, tmp_path)
