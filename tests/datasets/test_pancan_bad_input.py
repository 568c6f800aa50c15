"""What a file of the Pan-Cancer Atlas may look like instead, and what is said about it."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.datasets.pancan.reader import FORMS, read_pancan
from refusals import assert_refused

GDC = FORMS["gdc"][0][0]


def pancan_table():
    rng = np.random.default_rng(0)
    barcodes = [f"TCGA-OR-A5J{i}-01A-11R-A29S-07" for i in range(5)]
    genes = pd.Index(["TP53|7157", "KLK3|354", "?|10357"], name="gene_id")
    return pd.DataFrame(rng.gamma(1, 500, (3, 5)).round(2), genes, barcodes).astype(object)


def rename(old, new):
    return lambda table: table.rename(columns=lambda name: name.replace(old, new, 1))


def set_cell(value):
    def spoil(table):
        table.iloc[1, 2] = value
        return table

    return spoil


PANCAN = {
    "no barcodes": (rename("TCGA-OR-A5J0", "S1"), ("samples", "1 names that are no TCGA barcodes: S1", "TCGA-XX-XXXX-01")),
    "unknown site": (rename("TCGA-OR", "TCGA-ZY"), ("barcodes of source sites without a tumor type", "TCGA-ZY")),
    "unknown sample type": (rename("J0-01A", "J0-99A"), ("barcodes of unknown sample types", "99A", "01 or 11")),
    "only normals": (rename("-01A-", "-11A-"), ("no tumor among them", "pancan.keep_normals=true")),
    "no number": (set_cell("high"), ("line 3, gene KLK3|354, sample TCGA-OR-A5J2", "'high'", "a number")),
    "logarithms": (lambda table: np.log2(table.astype(float) + 1), ("'linear', but no value above", "taken already")),
    "infinite": (set_cell("inf"), ("infinite values", "finite numbers")),
    "incomplete": (lambda table: table.assign(**{table.columns[0]: "NA"}), ("no gene with a value in every sample",)),
    "another header": (lambda table: table.rename_axis("sample"), ("header", "first column 'sample'", "'gene_id'", "pancan.form=gdc")),
    "other copies": (
        lambda table: pd.concat([table, table.iloc[:, :1].astype(float) + 1], axis=1),
        ("1 samples with a second column of other values", "differs first in gene TP53|7157"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PANCAN)
def test_a_spoiled_pancan_file_is_refused(tmp_path, name):
    spoil, pieces = PANCAN[name]
    spoil(pancan_table()).to_csv(tmp_path / GDC, sep="\t")
    assert_refused(lambda: read_pancan(tmp_path), pieces)


def test_a_pancan_file_that_ends_within_a_row_is_refused(tmp_path):
    text = pancan_table().to_csv(sep="\t")
    (tmp_path / GDC).write_text(text[: text.rindex("\t")])
    assert_refused(lambda: read_pancan(tmp_path), ("line 4, gene ?|10357", "4 values", "5 values"))


def test_a_pancan_page_of_the_web_is_refused(tmp_path):
    (tmp_path / GDC).write_text('<?xml version="1.0"?><Error>')
    assert_refused(lambda: read_pancan(tmp_path), ("a web page", "Download the file again"))


def test_a_folder_of_another_form_is_refused(tmp_path):
    pancan_table().to_csv(tmp_path / GDC, sep="\t")
    assert_refused(
        lambda: read_pancan(tmp_path, "xena"), ("no Pan-Cancer Atlas file (xena) among", GDC)
    )


def test_a_wrong_setting_is_refused(tmp_path):
    pancan_table().to_csv(tmp_path / GDC, sep="\t")
    assert_refused(
        lambda: read_pancan(tmp_path, keep_normals="yes"),
        ("pancan.keep_normals", "'yes'", "false or true"),
    )
