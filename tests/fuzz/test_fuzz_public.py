"""Published files, spoiled in any way: read as pandas reads them, or refused."""

import numpy as np
import pandas as pd
import pytest
import trusted
from hypothesis import given
from spoiling import EXAMPLES, of_text, read_or_refused

from genex_kedro.cohort import notices
from genex_kedro.datasets.pancan.reader import FORMS, read_pancan
from genex_kedro.datasets.published.gene_stream import GeneStream
from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
from genex_kedro.datasets.toil.files import read_phenotype, read_probemap
from toil_folder import COLUMNS, EXPRESSION, PHENOTYPE, PROBEMAP, ToilFolder

_GDC = FORMS["gdc"][0][0]
_TUMORS = "chol-rsem-fpkm-tcga-t.txt.gz"
_ALIQUOTS = [
    *("TCGA-W5-AA2I-01A-32R-A41I-07", "TCGA-W5-AA2H-01A-31R-A41I-07"),
    *("TCGA-OR-A5J1-01A-11R-A29S-07", "TCGA-EM-A001-11A-11R-A28V-07"),
]
_GENES = ["?|10357", "SLC35E2|9906", "TP53|7157", "KLK3|354", "TG|7038"]


def _table(rows, columns):
    values = np.random.default_rng(0).gamma(1, 500, (len(rows), len(columns))).round(4)
    return pd.DataFrame(values, rows, columns)


PANCAN = _table(pd.Index(_GENES, name="gene_id"), _ALIQUOTS).to_csv(sep="\t")
_ids = pd.MultiIndex.from_tuples(
    [("TP53", "7157"), ("ALB", "213"), ("KLK3", "354"), ("AL354898.1", "0")],
    names=["Hugo_Symbol", "Entrez_Gene_Id"],
)
RNASEQDB = _table(_ids, _ALIQUOTS[:2]).to_csv(sep="\t")


@pytest.fixture(scope="module")
def toil(tmp_path_factory):
    """A sound folder and the bytes of its files before they are compressed."""
    folder = ToilFolder(tmp_path_factory.mktemp("toil") / "folder", n=1)
    folder.tpm = folder.tpm.iloc[:30]
    folder.write()
    for name in (EXPRESSION, PHENOTYPE):
        (folder.path / name).with_suffix(".sound").write_text(
            trusted.text_of(folder.path / name, "latin-1"), encoding="latin-1"
        )
    return folder


def sound(toil, name):
    return (toil.path / name).with_suffix(".sound").read_bytes()


def same(values, expected, rtol=1e-6):
    np.testing.assert_allclose(values, expected, rtol=rtol, atol=1e-6, equal_nan=True)


@EXAMPLES
@given(zipped=of_text(gzipped=True))
def test_genes_in_rows(toil, zipped):
    path = toil.path / "fuzz_tpm.gz"
    path.write_bytes(zipped(sound(toil, EXPRESSION)))
    rows = read_or_refused(lambda: _stream(path), path)
    if rows is not None:
        cells = trusted.grid_of(path)
        assert [name.encode() for name in rows] == [
            name.strip().encode("latin-1") for name in cells.iloc[1:, 0]
        ]
        expected = trusted.numbers_of(cells.iloc[1:, 1:], ("", "NA", "NaN", "nan", "null"))
        same(np.reshape(list(rows.values()), expected.shape), expected)


def _stream(path):
    rows = list(GeneStream(path, "expression", "Fetch it again.").rows())
    return dict(rows) if len(dict(rows)) == len(rows) else None


@EXAMPLES
@given(zipped=of_text(gzipped=True))
def test_the_phenotypes_of_toil(toil, zipped):
    path = toil.path / "fuzz_phenotype.txt.gz"
    path.write_bytes(zipped(sound(toil, PHENOTYPE)))
    table = read_or_refused(lambda: read_phenotype(path), path)
    if table is not None:
        cells = trusted.grid_of(path)
        expected = cells.iloc[1:].set_axis(cells.iloc[0], axis=1)[COLUMNS]
        expected = expected.map(lambda cell: cell.replace("\xca", " ").strip())
        assert table.reset_index().to_numpy().tolist() == expected.to_numpy().tolist()


@EXAMPLES
@given(data=of_text())
def test_the_probemap_of_toil(toil, data):
    path = toil.path / "fuzz.probemap"
    path.write_bytes(data((toil.path / PROBEMAP).read_bytes()))
    table = read_or_refused(lambda: read_probemap(path), path)
    if table is not None:
        cells = trusted.grid_of(path, "utf-8-sig")
        assert table.to_numpy().tolist() == cells.iloc[1:, :2].to_numpy().tolist()


@EXAMPLES
@given(zipped=of_text(gzipped=True))
def test_a_file_of_rnaseqdb(toil, zipped):
    folder = toil.path / "rnaseqdb"
    folder.mkdir(exist_ok=True)
    path = folder / _TUMORS
    path.write_bytes(zipped(RNASEQDB.encode()))
    cohort = read_or_refused(lambda: read_rnaseqdb(folder), path)
    if cohort is not None:
        cells = trusted.grid_of(path)
        values = trusted.numbers_of(cells.iloc[1:, 2:], missing=())
        assert np.isfinite(values).all(), "an infinite value was taken"
        expected = np.minimum(np.log2(np.maximum(values, 0) + np.float32(1)), 24)
        place = {name.strip(): row for row, name in enumerate(cells.iloc[1:, 0])}
        assert cohort.obs_names.tolist() == cells.iloc[0, 2:].str.strip().tolist()
        assert cohort.n_vars == len(cells) - 1
        if len(place) == cohort.n_vars and set(place) == set(cohort.var["given"]):
            same(cohort.X.T, expected[[place[name] for name in cohort.var["given"]]])


@EXAMPLES
@given(data=of_text())
def test_the_pan_cancer_atlas(toil, data):
    folder = toil.path / "pancan"
    folder.mkdir(exist_ok=True)
    (folder / _GDC).write_bytes(data(PANCAN.encode()))
    cohort = read_or_refused(lambda: read_pancan(folder), folder / _GDC)
    if cohort is None:
        return
    cells = trusted.grid_of(folder / _GDC)
    values = trusted.numbers_of(cells.iloc[1:, 1:], ("", "NA", "NaN", "nan", "null"))
    whole = ~np.isnan(values).any(axis=1)
    header = cells.iloc[0, 1:].str.strip().tolist()
    columns = [header.index(name) for name in cohort.obs["aliquot"]]
    said = set(notices(cohort)["check"])
    if "rows left out: two under one name" not in said:
        assert cohort.n_vars == whole.sum()
        same(cohort.X, np.maximum(values[whole][:, columns].T, 0))
