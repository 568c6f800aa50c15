"""Study 1: tumors into their own normals; what translators learn from, make, and are worth."""
