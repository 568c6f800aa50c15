"""Files that are no table are refused with place, finding, expectation and remedy."""

import gzip
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spoiled_files import GENES, N_SAMPLES, Cases

CASES = Cases()
case = CASES.refused_with


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


@case("mine.tsv, line 1", "new-line character", "line feed", "carriage returns")
def line_ends_of_an_old_macintosh(files):
    files.write()
    files.bytes(files.expression.read_bytes().replace(b"\n", b"\r"))


@case("mine.tsv, line 2", "field larger than field limit", "cells of text", "out of the cells")
def a_cell_of_a_whole_file(files):
    files.text("PSME1", "A" * 200_000)


@case("mine.tsv, line 1", "2 columns, none of them of numbers", "values in all others", "Save the")
def annotations_alone(files):
    files.bytes(b"gene\tdescription\nTP53\tguardian\n")


@case("mine.tsv.gz", "an empty file", "a table", "broke off")
def gzip_of_nothing(files):
    files.bytes(gzip.compress(b""), "mine.tsv.gz")


@case("sheet.tsv", "an empty file", "a table: sample sheet", "broke off")
def a_byte_order_mark_alone(files):
    files.write()
    files.samples.write_bytes(b"\xef\xbb\xbf\r\n")


@case("sheet.tsv, line 3", "goes over several lines", "every row on one line", "quotation marks")
def stray_quotation_marks_around_a_sample(files):
    files.write()
    text = files.samples.read_text()
    files.samples.write_text(text.replace("P0\tlung\tnormal", 'P0\t"lung\tnormal').replace("P1\tlung\tt", 'P1\tlung"\tt'))  # fmt: skip


@case("mine.parquet", "1 columns more than once: S1", "every column once", "none is picked")
def parquet_with_a_column_twice(files):
    names, columns = ["gene", "S1", "S1"], [["TP53", "ALB"], [1.0, 2.0], [3.0, 4.0]]
    pq.write_table(pa.table(columns, names=names), files.folder / "mine.parquet")
    files.bytes((files.folder / "mine.parquet").read_bytes(), "mine.parquet")


@pytest.mark.parametrize("name", CASES)
def test_refused_with_place_finding_expectation_and_remedy(name, tmp_path):
    CASES.check(name, tmp_path)
