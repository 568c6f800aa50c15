"""The Toil recompute of TCGA, TARGET and GTEx (UCSC Xena)."""
