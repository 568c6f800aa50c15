"""Study 3: which type a tumor is of, by its expression, and which genes say so."""
