"""Study 1, the judges: who is tumor and who is normal, and how well that is told."""
