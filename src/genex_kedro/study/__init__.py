"""From a cohort to a study: splits by patient, genes, missing values, controls. Pure functions."""
