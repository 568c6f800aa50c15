"""The report: tables and pictures of a run in, one page out. Nothing is computed anew."""
