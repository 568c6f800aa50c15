"""The genes of a simulated cohort: real symbols, and what is known of some of them."""

from __future__ import annotations

import pandas as pd

from genex_kedro.genes.panels import panel

# Symbol: (Entrez id, tissue it marks).
MARKERS = {
    "GATA3": ("2625", "breast"),
    "ESR1": ("2099", "breast"),
    "ANKRD30A": ("91074", "breast"),
    "CDX2": ("1045", "colon"),
    "SATB2": ("23314", "colon"),
    "LGALS4": ("3960", "colon"),
    "UMOD": ("7369", "kidney"),
    "CDH16": ("1014", "kidney"),
    "AQP2": ("359", "kidney"),
    "ALB": ("213", "liver"),
    "TTR": ("7276", "liver"),
    "APOA2": ("336", "liver"),
    "SFTPB": ("6439", "lung"),
    "SFTPC": ("6440", "lung"),
    "NKX2-1": ("7080", "lung"),
    "KLK3": ("354", "prostate"),
    "KLK2": ("3817", "prostate"),
    "NKX3-1": ("4824", "prostate"),
    "GKN1": ("56287", "stomach"),
    "TFF1": ("7031", "stomach"),
    "PGC": ("5225", "stomach"),
    "TG": ("7038", "thyroid"),
    "TPO": ("7173", "thyroid"),
    "PAX8": ("7849", "thyroid"),
}
# Symbol: (Entrez id, level in women, level in men). XIST is read from the inactive X only, the
# Y genes from men only; the last four escape inactivation, so that women have a little more.
SEX_GENES = {
    "XIST": ("7503", 9.0, 0.6),
    "TSIX": ("9383", 5.0, 0.4),
    "RPS4Y1": ("6192", 0.6, 8.5),
    "DDX3Y": ("8653", 0.4, 7.5),
    "KDM5D": ("8284", 0.3, 6.5),
    "UTY": ("7404", 0.3, 6.0),
    "EIF1AY": ("9086", 0.4, 6.5),
    "USP9Y": ("64595", 0.3, 5.5),
    "ZFY": ("7544", 0.3, 5.0),
    "NLGN4Y": ("22829", 0.3, 4.0),
    "TMSB4Y": ("9087", 0.2, 3.0),
    "ZFX": ("7543", 8.9, 8.5),
    "KDM6A": ("7403", 9.0, 8.5),
    "EIF1AX": ("1964", 9.9, 9.4),
    "DDX3X": ("1654", 10.6, 10.2),
}
# Cell division: up in every tumor.
PROLIFERATION = ("BIRC5", "UBE2C", "CCNA2", "TOP2A", "AURKA", "CDK1", "CCNB1", "PCNA", "CDC20")
_PANELS = ("l1000", "foundation_one_308", "foundation_one_309", "foundation_one_324")


def simulated_genes(n_genes: int | None = None) -> pd.DataFrame:
    """The genes of a simulated cohort: known ones first, then the panels' in their order.

    Parameters
    ----------
    n_genes : int or None
        How many; None for all (about 1,300). The known genes are always among them.

    Returns
    -------
    DataFrame, indexed by symbol
        ``entrez`` (text, empty where unknown), ``marks`` (the tissue a gene marks, else empty),
        ``female``, ``male`` (level of the sex genes, else NaN).
    """
    known = pd.DataFrame(
        [(symbol, entrez, tissue, None, None) for symbol, (entrez, tissue) in MARKERS.items()]
        + [(symbol, entrez, "", *levels) for symbol, (entrez, *levels) in SEX_GENES.items()],
        columns=["symbol", "entrez", "marks", "female", "male"],
    )
    rest = pd.concat([panel(name) for name in _PANELS])
    # One gene once, even where the panels of different years know it by different symbols.
    genes = pd.concat([known, rest.assign(marks="")], ignore_index=True)
    same_entrez = genes["entrez"].ne("") & genes.duplicated("entrez")
    genes = genes[~same_entrez & ~genes.duplicated("symbol")].set_index("symbol")
    genes = genes.astype({"female": float, "male": float})
    return genes.iloc[: n_genes if n_genes is None else max(n_genes, len(known))]
