"""A user's own files, spoiled in any way: read as pandas reads them, or refused."""

import io

import anndata
import numpy as np
import pandas as pd
import pytest
import trusted
from hypothesis import given
from spoiling import EXAMPLES, of_bytes, of_text, read_or_refused

from genex_kedro.cohort import notices
from genex_kedro.datasets.tables.gdc_star import read_star
from genex_kedro.datasets.tables.sample_sheet import read_sample_sheet
from genex_kedro.datasets.tables.table import read_cohort, read_table
from spoiled_files import Files
from test_bad_input_formats import STAR


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A sound table and sheet; a few values missing, a gene with its Entrez id."""
    files = Files(tmp_path_factory.mktemp("fuzz"))
    files.table.iloc[3, 2] = "NA"
    files.table.iloc[5, 0] = ""
    files.write()
    return files


def same(values, expected):
    np.testing.assert_allclose(values, expected, rtol=2e-7, atol=1e-44, equal_nan=True)


def hold_to_pandas(path):
    raw = read_or_refused(lambda: read_table(path), path)
    if raw is None:
        return
    n_text = 1 + len(raw.annotations)
    rows, columns, beside, values = trusted.table_of(path, n_text)
    assert (raw.rows, raw.columns) == (rows, columns)
    assert list(map(list, raw.annotations.values())) == [list(beside[c]) for c in beside]
    same(raw.values, values)


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".tsv.gz"])
@EXAMPLES
@given(data=of_text(), zipped=of_text(gzipped=True))
def test_a_table_in_text(files, suffix, data, zipped):
    text = files.table.to_csv(sep="," if suffix == ".csv" else "\t").encode()
    path = files.folder / f"fuzz{suffix}"
    path.write_bytes(zipped(text) if suffix.endswith("gz") else data(text))
    hold_to_pandas(path)


@EXAMPLES
@given(data=of_text())
def test_a_gct(files, data):
    body = files.table.copy()
    body.insert(0, "Description", "na")
    n_genes, n_samples = files.table.shape
    dose = "\t".join(["dose", "na", *map(str, range(n_samples))])
    header, *rows = body.to_csv(sep="\t").splitlines()
    text = "\n".join(["#1.3", f"{n_genes}\t{n_samples}\t1\t1", header, dose, *rows, ""])
    path = files.folder / "fuzz.gct"
    path.write_bytes(data(text.encode()))
    hold_to_pandas(path)


@EXAMPLES
@given(table=of_text(), sheet=of_text())
def test_a_cohort_of_a_table_and_a_sheet(files, table, sheet):
    path, labels = files.folder / "fuzz_both.tsv", files.folder / "fuzz_both_sheet.tsv"
    path.write_bytes(table(files.table.to_csv(sep="\t").encode()))
    labels.write_bytes(sheet(files.sheet.to_csv(sep="\t", index=False).encode()))
    cohort = read_or_refused(lambda: read_cohort(path, labels), path, labels)
    if cohort is None or "sample ids repaired" in set(notices(cohort)["check"]):
        return
    rows, columns, _, values = trusted.table_of(path, 1 + len(read_table(path).annotations))
    given_sheet = _trusted_sheet(labels)
    in_columns = sum(name in given_sheet.index for name in columns) > 0
    samples, genes = (columns, rows) if in_columns else (rows, columns)
    values = values.T if in_columns else values
    kept = [place for place, name in enumerate(samples) if name in given_sheet.index]
    assert cohort.obs_names.tolist() == [samples[place] for place in kept]  # none left out
    for column in ("patient_id", "tissue"):
        assert cohort.obs[column].tolist() == given_sheet.loc[cohort.obs_names, column].tolist()
    if "genes under two names, summed in linear space" not in set(notices(cohort)["check"]):
        assert cohort.var["given"].tolist() == genes
        same(cohort.X, values[kept])


def _trusted_sheet(path):
    text = trusted.text_of(path)
    cells = trusted.cells_of(text, max("\t,;", key=text.lstrip("\r\n").split("\n")[0].count))
    header = cells.iloc[0].str.strip()
    body = cells.iloc[1:].set_axis(header, axis=1).map(str.strip)
    return body.set_index("sample_id")


@EXAMPLES
@given(data=of_text(), zipped=of_text(gzipped=True))
def test_a_sample_sheet(files, data, zipped):
    text = files.sheet.to_csv(sep="\t", index=False).encode()
    for path, content in ((files.folder / "s.tsv", data(text)), (files.folder / "s.tsv.gz", zipped(text))):  # fmt: skip
        path.write_bytes(content)
        sheet = read_or_refused(lambda path=path: read_sample_sheet(path), path)
        if sheet is not None:
            expected = _trusted_sheet(path)
            expected["condition"] = expected["condition"].str.lower()
            pd.testing.assert_frame_equal(sheet, expected, check_names=False)


@EXAMPLES
@given(data=of_bytes())
def test_a_parquet_table(files, data):
    sound = io.BytesIO()
    pd.DataFrame(files.table.replace(["NA", ""], np.nan).astype(float)).to_parquet(sound)
    path = files.folder / "fuzz.parquet"
    path.write_bytes(data(sound.getvalue()))
    raw = read_or_refused(lambda: read_table(path), path)
    if raw is not None:
        expected = pd.read_parquet(path)
        assert (raw.rows, raw.columns) == (list(expected.index), list(expected.columns))
        with np.errstate(over="ignore"):
            same(raw.values, expected.to_numpy().astype(np.float32))


# libhdf5 checks nothing: on some flipped bytes it never comes back, whoever reads the file
@EXAMPLES
@given(data=of_bytes(flips=False))
def test_an_h5ad_table(files, data):
    path = files.folder / "fuzz.h5ad"
    sound = files.folder / "sound.h5ad"
    if not sound.exists():
        values = files.table.replace(["NA", ""], np.nan).T.astype(np.float32)
        anndata.AnnData(values, obs=files.sheet.set_index("sample_id")).write_h5ad(sound)
    path.write_bytes(data(sound.read_bytes()))
    raw = read_or_refused(lambda: read_table(path), path)
    if raw is not None:
        expected = anndata.read_h5ad(path)
        assert raw.columns == [name.strip() for name in expected.var_names]
        same(raw.values, np.asarray(expected.X, np.float32))


@EXAMPLES
@given(data=of_text())
def test_star_counts_of_the_gdc(files, data):
    rng = np.random.default_rng(0)
    names = STAR.split()
    lines = ["# gene-model: GENCODE v36", "\t".join(names), "N_unmapped\t\t\t1\t1\t1\t\t\t"]
    lines += ["\t".join([f"ENSG{n:011d}.1", f"G{n}", "protein_coding", *map(str, rng.integers(0, 99, 3)),
                         *map(str, rng.gamma(1, 9, 3).round(4))]) for n in range(20)]  # fmt: skip
    path = files.folder / "TCGA-50-5900-01A.tsv"
    path.write_bytes(data(("\n".join(lines) + "\n").encode()))
    raw = read_or_refused(lambda: read_star(path), path)
    if raw is not None:
        text = trusted.text_of(path, "latin-1")  # columns that are not read may hold anything
        text = text.removeprefix("\xef\xbb\xbf")
        lines = [line for line in text.split("\n") if not line.startswith("#")]
        cells = trusted.cells_of("\n".join(lines), "\t")
        genes = cells.iloc[1:][~cells.iloc[1:][0].str.startswith("N_")]
        assert [name.encode().decode("latin-1") for name in raw.rows] == genes[0].tolist()
        same(raw.values[:, 0], trusted.numbers_of(genes[[6]])[:, 0])
