"""What others report for the 33 types of the Pan-Cancer Atlas, from RNA alone.

Their samples, splits and class lists differ from ours and from each other's: marks to look at
beside a table, not rows to be ranked in it. Above .97 the published work adds other data or
leaves classes out.
"""

from __future__ import annotations

import pandas as pd

PUBLISHED = "published"

_MARKS = [
    ("paper 002: ResNet50, ImageNet, split by image", 0.92, 0.90, 0.88, 0.89),
    ("Hsu and Si 2018: linear SVM", 0.958, None, None, None),
    ("Lyu and Haque 2018: CNN, chromosome order", 0.9559, None, None, None),
    ("Mostavi et al. 2020: CNNs, best", 0.950, None, None, None),
    ("Mostavi et al. 2020: CNNs, least", 0.939, None, None, None),
]


def published_marks() -> pd.DataFrame:
    """A row per publication: ``run, model, subset`` and the metrics that it states."""
    names = ["model", "accuracy", "macro_precision", "macro_recall", "macro_f1"]
    table = pd.DataFrame(_MARKS, columns=names)
    return table.assign(run=table["model"], subset=PUBLISHED, classes=33)
