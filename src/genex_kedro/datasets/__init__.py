"""Files <-> data: the only place of the project that reads and writes files."""
