"""A small folder in the layout of the published Toil files, with every oddity they have."""

import gzip

import numpy as np
import pandas as pd

from genex_kedro.genes.panels import panel
from genex_kedro.genes.table import gene_table, row_of_alias, row_of_symbol

EXPRESSION = "TcgaTargetGtex_rsem_gene_tpm.gz"
HUGO = "TcgaTargetGtex_RSEM_Hugo_norm_count.gz"
PHENOTYPE = "TcgaTargetGTEX_phenotype.txt.gz"
PROBEMAP = "gencode.v23.annotation.gene.probemap"
COLUMNS = [
    *("sample", "detailed_category", "primary disease or tissue", "_primary_site"),
    *("_sample_type", "_gender", "_study"),
]
CONTROL, CELL_LINE = "TCGA-07-0249-20", "K-562-SM-57WAW"
_TYPES = {
    "Thyroid Carcinoma": ("EM", "Thyroid Gland"),
    "Cervical & Endocervical Cancer": ("C5", "Cervix"),
    "Lung Adenocarcinoma": ("05", "Lung"),
}
_SITES = {"Thyroid": "Thyroid", "Cervix - Ectocervix": "Cervix Uteri", "Lung": "Lung"}


def phenotype(n=4):
    """Rows of the table: per tissue `n` tumors, half of them with a normal, and `n` of GTEx."""
    rows = []
    for disease, (site_code, site) in _TYPES.items():
        for i in range(n):
            patient = f"TCGA-{site_code}-A00{i}"
            label = (disease, disease, site)
            rows.append((f"{patient}-01", *label, "Primary Tumor", "Female", "TCGA"))
            if i < n // 2:
                rows.append((f"{patient}-11", *label, "Solid Tissue Normal", "Female", "TCGA"))
    for category, site in _SITES.items():
        for i in range(n):
            sample = f"GTEX-1A{i:02d}C-0{len(rows):03d}-SM-5AAAA"
            rows.append((sample, category, category, site, "Normal Tissue", "Male", "GTEX"))
    nerve = ("Neuroblastoma", "Neuroblastoma", "Sympathetic\xcaNervous System")
    rows.append(("TARGET-30-PATYIL-02", *nerve, "Recurrent Solid Tumor", "", "TARGET"))
    lung = rows[-2][0].replace("0", "9", 1)
    rows.append((lung, "Lung", "Lung", "", "Normal Tissue", "Male", "GTEX"))
    rows.append((CONTROL, "", "", "", "Control Analyte", "", "TCGA"))
    rows.append((CELL_LINE, *["Cells - Leukemia Cell Line (Cml)"] * 2, "Bone Marrow", "Cell Line", "Female", "GTEX"))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def probemap():
    """Ids and symbols: a panel, a symbol of two ids, a gene on X and Y, a gene of no panel."""
    rows = row_of_alias() | row_of_symbol()
    stable = {
        s: gene_table()["ensembl"].iloc[rows[s]] for s in panel("foundation_one_308")["symbol"]
    }
    genes = [
        (f"{ensembl}.{i % 9 + 1}", symbol) for i, (symbol, ensembl) in enumerate(stable.items())
    ]
    genes += [("ENSG00000278139.1", "PIK3R3"), ("ENSG00000117461.14", "PIK3R3"),
              (f"ENSGR{stable['CRLF2'][5:]}.12", "CRLF2"), ("ENSG00000242268.2", "RP11-368I23.2"),
              ("ENSG00000186092.4", "OR4F5")]  # fmt: skip
    return pd.DataFrame(dict(genes).items(), columns=["id", "symbol"])


def tpm(ids, samples, seed=0):
    """Transcripts per million, genes x samples: many zeros, and a sum of a million a sample."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.5, 50, (len(ids), len(samples))) * (rng.random((len(ids), len(samples))) > 0.2)  # fmt: skip
    return pd.DataFrame(values / values.sum(axis=0) * 1e6, index=ids, columns=samples)


class ToilFolder:
    """The three files; change the tables, then :meth:`write`."""

    def __init__(self, path, n=4):
        self.path = path
        self.phenotype, self.probemap = phenotype(n), probemap()
        self.tpm = tpm(self.probemap["id"], self.phenotype["sample"])
        self.write()

    def write(self):
        self.path.mkdir(exist_ok=True, parents=True)
        self.write_phenotype()
        rest = {"chrom": "chr1", "chromStart": 1, "chromEnd": 2, "strand": "+"}
        table = self.probemap.rename(columns={"symbol": "gene"}).assign(**rest)
        table.to_csv(self.path / PROBEMAP, sep="\t", index=False)
        self.write_expression()
        return self.path

    def write_expression(self):
        logs = np.log2(self.tpm + 0.001).rename_axis("sample")
        text = logs.to_csv(sep="\t", float_format="%.4f", lineterminator="\n")
        self.text(EXPRESSION, text)

    def write_phenotype(self):
        text = self.phenotype.to_csv(sep="\t", index=False, lineterminator="\n")
        (self.path / PHENOTYPE).write_bytes(gzip.compress(text.encode("latin-1")))

    def text(self, name, text):
        (self.path / name).write_bytes(gzip.compress(text.encode()))

    def change(self, name, old, new):
        """Replace text in one of the compressed files."""
        text = gzip.decompress((self.path / name).read_bytes()).decode("latin-1")
        assert old in text
        changed = text.replace(old, new, 1).encode("latin-1")
        (self.path / name).write_bytes(gzip.compress(changed))
