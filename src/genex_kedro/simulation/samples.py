"""The people of a simulated cohort and what was sampled from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

# TCGA code: (tissue, the site its barcodes name; TCGA gave none of these codes to a real site, so
# that no simulated patient is taken for a real one).
TUMOR_TYPES = {
    "BRCA": ("breast", "I0"),
    "COAD": ("colon", "I1"),
    "KIRC": ("kidney", "I2"),
    "KIRP": ("kidney", "I3"),
    "LIHC": ("liver", "I4"),
    "LUAD": ("lung", "I5"),
    "LUSC": ("lung", "I6"),
    "PRAD": ("prostate", "I7"),
    "STAD": ("stomach", "I8"),
    "THCA": ("thyroid", "I9"),
}
TISSUES = tuple(sorted({tissue for tissue, _ in TUMOR_TYPES.values()}))
_ONE_SEX = {"breast": "female", "prostate": "male"}
_SEXES = ("female", "male")
_DONORS_PER_SAMPLE = 1.2  # donors of each sex for a sample of each tissue: most give several
_LETTERS = list("ABCDEFGHJKLMNPQRSTUVWXYZ123456789")


def design(settings, rng: np.random.Generator) -> pd.DataFrame:
    """Who gave which sample.

    Parameters
    ----------
    settings : SimulationSettings
        ``tissues`` and the three sizes are used.
    rng : Generator

    Returns
    -------
    DataFrame, indexed by sample id
        ``patient_id, tissue, condition, cohort, source, tumor_type, sex``. Tumors are called
        ``TCGA-XX-0001-01A``, the adjacent normal of the same patient ``-11A``; GTEx samples
        ``GTEX-<donor>-0001``, and a donor may have given several tissues.
    """
    types = {code: row for code, row in TUMOR_TYPES.items() if row[0] in settings.tissues}
    rows = [
        row
        for code, (tissue, site) in types.items()
        for row in _tcga(code, tissue, site, settings, rng)
    ]
    rows += _gtex(settings, rng)
    columns = ["sample_id", "patient_id", "tissue", "condition", "cohort", "source", "tumor_type", "sex"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("sample_id")


def _tcga(code: str, tissue: str, site: str, settings, rng: np.random.Generator):
    for number in range(settings.tumors_per_type):
        patient = f"TCGA-{site}-{number + 1:04d}"
        sex = _ONE_SEX.get(tissue, str(rng.choice(_SEXES)))
        yield (f"{patient}-01A", patient, tissue, "tumor", code, "TCGA", code, sex)
        if number < settings.pairs_per_type:
            yield (f"{patient}-11A", patient, tissue, "normal", code, "TCGA", "", sex)


def _gtex(settings, rng: np.random.Generator) -> list[tuple]:
    n_of_each_sex = int(np.ceil(settings.gtex_per_tissue * _DONORS_PER_SAMPLE))
    donors = _donor_names(2 * n_of_each_sex, rng)
    sex_of = {donor: _SEXES[i % 2] for i, donor in enumerate(donors)}
    given = dict.fromkeys(donors, 0)
    rows = []
    for tissue in settings.tissues:
        sex = _ONE_SEX.get(tissue)
        able = [donor for donor in donors if sex in (None, sex_of[donor])]
        for donor in rng.choice(able, settings.gtex_per_tissue, replace=False) if able else ():
            given[donor] += 1
            sample = f"{donor}-{given[donor]:04d}"
            rows.append((sample, donor, tissue, "normal", "GTEX", "GTEX", "", sex_of[donor]))
    return rows


def _donor_names(n: int, rng: np.random.Generator) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < n:
        names["GTEX-" + "".join(rng.choice(_LETTERS, 5))] = None
    return list(names)
