"""What the barcode of a TCGA, TARGET or GTEx sample says of it.

Sources: the code tables of the Genomic Data Commons (tissue source sites, studies, sample
types) and the sample attributes of GTEx; see ``resources/README.md``.
"""

from genex_kedro.barcodes.codes import condition_of_sample_type, tissue_of_primary_site
from genex_kedro.barcodes.parse import (
    COLUMNS,
    Barcode,
    parse_barcode,
    parse_barcodes,
    with_dashes,
)

__all__ = [
    "COLUMNS",
    "Barcode",
    "condition_of_sample_type",
    "parse_barcode",
    "parse_barcodes",
    "tissue_of_primary_site",
    "with_dashes",
]
