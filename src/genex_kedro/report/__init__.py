"""The report: tables and pictures of a run in, one page out. No model is scored anew."""
