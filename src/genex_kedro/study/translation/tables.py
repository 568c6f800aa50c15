"""Tables 3 and 4 of paper 000, and ours beside them.

Table 3: 700 tumors without pairs; the number of generated samples of each cancer code that the
pretrained discriminator calls normal, and tumor (of 700 normals, which have no code, it called 695
tumor after translation). Table 4: the same for 600
pairs, whose code is that of the patient in both directions. The paper's numbers are copied as
printed; "total accuracy" is 1 in every row of both.
"""

from __future__ import annotations

import pandas as pd

# code: (tumors of Table 3 called normal after translation, called tumor still)
TABLE_3 = {
    "HNSC": (44, 0), "BRCA": (76, 0), "BLCA": (23, 0), "COAD": (21, 0), "LUAD": (63, 0),
    "SARC": (17, 0), "THCA": (44, 0), "STAD": (32, 1), "KIRC": (40, 0), "LUSC": (44, 0),
    "LIHC": (27, 0), "PRAD": (36, 0), "ESCA": (7, 0), "CHOL": (1, 0), "PAAD": (14, 0),
    "CESC": (28, 0), "UCEC": (13, 3), "SKCM": (48, 0), "ACC": (12, 0), "TGCT": (16, 0),
    "DLBC": (3, 0), "OV": (71, 0), "GBM": (10, 1), "MESO": (10, 0),
}  # fmt: skip
# code: pairs of Table 4; all 600 fooled in both directions
TABLE_4 = {
    "HNSC": 43, "BRCA": 111, "BLCA": 19, "COAD": 26, "LUAD": 62, "SARC": 2, "THCA": 57,
    "STAD": 26, "KIRC": 72, "LUSC": 48, "LIHC": 50, "PRAD": 52, "ESCA": 8, "CHOL": 9,
    "PAAD": 4, "CESC": 3, "UCEC": 7, "SKCM": 1,
}  # fmt: skip
_OURS = {
    "fooled_paper_point": "to normal, the paper's judge, guess",
    "fooled_paper_draw": "to normal, the paper's judge, draw",
    "fooled_paper_tumor": "to tumor, the paper's judge",
    "fooled_pooled_point": "to normal, pooled judge, guess",
    "fooled_pooled_draw": "to normal, pooled judge, draw",
    "fooled_adjacent_point": "to normal, adjacent judge, guess",
    "fooled_adjacent_draw": "to normal, adjacent judge, draw",
    "fooled_pooled_tumor": "to tumor, pooled judge",
    "fooled_adjacent_tumor": "to tumor, adjacent judge",
}


def paper_tables(table: pd.DataFrame) -> pd.DataFrame:
    """Share fooled by cancer code and translator, mean over seeds, beside the paper's.

    Parameters
    ----------
    table : DataFrame
        The scorecard, with rows by ``cohort: <code>``.

    Returns
    -------
    DataFrame
        A row per model and code: the paper's tumors and share of Table 3, its pairs and share of
        Table 4, our test tumors and normals a seed, and the shares fooled in both directions.
    """
    subset = table["subset"].astype(str)
    ours = table[subset.str.startswith("cohort: ")].copy()
    ours["code"] = subset[ours.index].str.removeprefix("cohort: ")
    columns = [name for name in _OURS if name in ours]
    mean = ours.groupby(["model", "code"], sort=False)[["tumors", "normals", *columns]].mean()
    mean = mean.reset_index()
    code = mean["code"]
    three = code.map(TABLE_3)
    paper = {
        "paper Table 3, tumors": three.map(sum, na_action="ignore"),
        "paper Table 3, to normal": three.map(lambda n: n[0] / sum(n), na_action="ignore"),
        "paper Table 4, pairs": code.map(TABLE_4),
        "paper Table 4, to normal": code.map(TABLE_4).notna().map({True: 1.0}),
        "paper Table 4, to tumor": code.map(TABLE_4).notna().map({True: 1.0}),
    }
    renamed = mean[columns].rename(columns=_OURS)
    first = mean[["model", "code"]].assign(**paper)
    return pd.concat([first, mean[["tumors", "normals"]], renamed], axis=1)
