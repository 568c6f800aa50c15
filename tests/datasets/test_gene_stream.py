"""Wide text: the same values whatever the blocks, the compression and the line ends."""

import gzip

import numpy as np
import pytest

from genex_kedro.datasets.published import gene_stream
from genex_kedro.datasets.published.gene_blocks import GeneBlocks
from genex_kedro.datasets.published.gene_stream import GeneStream
from genex_kedro.errors import InputError

N_GENES, N_SAMPLES = 40, 7
VALUES = np.random.default_rng(0).normal(0, 5, (N_GENES, N_SAMPLES)).round(4).astype(np.float32)
NAMES = [f"ENSG{i:03d}.{i % 5}" for i in range(N_GENES)]
WANTED = set(NAMES[::3]) | {NAMES[-1], "ENSG-not-there"}


def text(end="\n", last_end="\n"):
    lines = ["\t".join(["sample", *(f"S{i}" for i in range(N_SAMPLES))])]
    lines += [
        "\t".join([name, *(f"{v:.4f}" for v in row)])
        for name, row in zip(NAMES, VALUES, strict=True)
    ]
    return end.join(lines) + (end if last_end else "")


def write(path, content):
    content = content.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def stream(path):
    return GeneStream(path, "expression", "Fetch it again.")


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
@pytest.mark.parametrize("block", [64, 100, 1000, 1 << 21])  # 64: less than a row
def test_rows_may_end_in_another_block(tmp_path, monkeypatch, name, block):
    monkeypatch.setattr(gene_stream, "_BLOCK", block)
    rows = stream(write(tmp_path / name, text()))
    read = dict(rows.rows(WANTED))
    assert list(read) == [name for name in NAMES if name in WANTED]
    assert rows.n_rows == N_GENES
    for gene, values in read.items():
        np.testing.assert_array_equal(values, VALUES[NAMES.index(gene)])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last_end", [True, False])
def test_line_ends(tmp_path, end, last_end):
    rows = stream(write(tmp_path / "a.tsv", text(end, last_end)))
    np.testing.assert_array_equal(np.stack([values for _, values in rows.rows()]), VALUES)
    assert rows.samples[-1] == "S6" and rows.n_rows == N_GENES


def test_members_of_gzip_one_after_the_other(tmp_path):
    half = text().encode()
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(half[:500]) + gzip.compress(half[500:]))
    assert len(dict(stream(path).rows())) == N_GENES


def test_cells_that_were_not_measured(tmp_path):
    rows = stream(write(tmp_path / "a.tsv", "gene\ta\tb\tc\td\tE\nTP53\tNA\t1.5\t\tNaN\t\n"))
    ((gene, values),) = rows.rows()
    assert gene == "TP53"
    np.testing.assert_array_equal(values, np.float32([np.nan, 1.5, np.nan, np.nan, np.nan]))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("TP53\t1\tx\t3", r"line 2, gene TP53, sample b\n.*found: +'x'"),
        ("TP53\t1\t1,5\t3", r"gene TP53, sample b\n.*found: +'1,5'"),
        ("TP53\t1\t2", r"line 2, gene TP53\n.*found: +2 values\n.*expected: +3 values"),
        ("TP53\t1\t2\t3\t4", r"found: +4 values"),
        ("TP53", r"found: +0 values"),
        ("TP53\t1\r2\t3\t4", r"gene TP53, sample a\n.*found: +'1\\r2'"),
        ("TP53\t\r1\t3\t4", r"gene TP53, sample a\n.*found: +'\\r1'"),
        ("TP53\t1\t2\t3\nTP53\t1\t2\t3", r"line 3, gene TP53\n.*found: +a second row"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, line, found):
    rows = stream(write(tmp_path / "a.tsv", f"gene\ta\tb\tc\n{line}\n"))
    with pytest.raises(InputError, match=found):
        list(rows.rows())


def test_a_plain_file_that_ends_within_a_row_is_refused_even_in_a_row_not_wanted(tmp_path):
    rows = stream(write(tmp_path / "a.tsv", text()[:-20]))
    with pytest.raises(InputError, match=f"line 41, gene {NAMES[-1]}"):
        list(rows.rows({NAMES[0]}))


def test_a_file_without_line_ends_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gene_stream, "_LONGEST_ROW", 1000)
    monkeypatch.setattr(gene_stream, "_BLOCK", 100)
    rows = stream(write(tmp_path / "a.tsv", "gene\ta\nTP53\t" + "1" * 5000))
    with pytest.raises(InputError, match="a line of more than"):
        list(rows.rows())


def test_blocks_of_genes_become_a_matrix():
    blocks = GeneBlocks(N_SAMPLES, genes_per_block=16)
    assert [blocks.add(values) for values in VALUES] == list(range(N_GENES))
    blocks[17][:] = 1
    with pytest.raises(IndexError):
        blocks[N_GENES]
    expected = VALUES.copy()
    expected[17] = 1
    matrix = blocks.to_matrix()
    np.testing.assert_array_equal(matrix, expected.T)
    assert matrix.flags.c_contiguous and len(blocks) == 0
