"""RNAseqDB (Wang et al. 2018)."""
