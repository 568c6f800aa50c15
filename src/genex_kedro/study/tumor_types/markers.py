"""Genes known to tell a tumor's origin, to check explanations by; from pathology, not from data."""

from __future__ import annotations

MARKERS = {
    "BLCA": ("UPK2", "UPK1B", "UPK3A"),
    "BRCA": ("GATA3", "ESR1", "ANKRD30A"),
    "COAD": ("CDX2", "SATB2", "LGALS4"),
    "COADREAD": ("CDX2", "SATB2", "LGALS4"),
    "GBM": ("GFAP", "OLIG2"),
    "KIRC": ("PAX8", "CA9", "CDH16"),
    "KIRP": ("PAX8", "CDH16"),
    "LAML": ("MPO", "CD33", "FLT3", "MYB"),
    "LGG": ("OLIG2", "GFAP"),
    "LIHC": ("ALB", "TTR", "APOA2"),
    "LUAD": ("SFTPB", "NKX2-1", "SFTPC", "NAPSA"),
    "LUSC": ("TP63", "SOX2", "KRT5"),
    "PRAD": ("KLK3", "KLK2", "NKX3-1", "AR"),
    "SKCM": ("MLANA", "MITF", "PMEL"),
    "STAD": ("GKN1", "TFF1", "PGC"),
    "THCA": ("TG", "TPO", "PAX8", "NKX2-1"),
    "UCEC": ("ESR1", "PAX8", "PGR"),
    "UVM": ("MLANA", "MITF", "PMEL"),
}
