"""What the barcode of a TCGA, TARGET or GTEx sample says of it.

Sources: the code tables of the Genomic Data Commons (tissue source sites, studies, sample
types) and the sample attributes of GTEx; see ``resources/README.md``.
"""

from genex_kedro.barcodes.codes import (
    NORMALS_OF_OTHER_ORGANS,
    cohort_of_disease,
    condition_of_sample_type,
    sample_types,
    tissue_of_primary_site,
)
from genex_kedro.barcodes.parse import (
    COLUMNS,
    parse_barcodes,
    with_dashes,
)

__all__ = [
    "COLUMNS",
    "NORMALS_OF_OTHER_ORGANS",
    "cohort_of_disease",
    "condition_of_sample_type",
    "parse_barcodes",
    "sample_types",
    "tissue_of_primary_site",
    "with_dashes",
]
