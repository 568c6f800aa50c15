"""What the barcode of a TCGA, TARGET or GTEx sample says of it.

Sources: the code tables of the Genomic Data Commons (tissue source sites, studies, sample
types) and the sample attributes of GTEx; see ``resources/README.md``.
"""

from genex_kedro.barcodes.parse import COLUMNS, Barcode, parse_barcode, parse_barcodes

__all__ = ["COLUMNS", "Barcode", "parse_barcode", "parse_barcodes"]
