"""CycleGANs between tumors and normals: paper 003's and its corrections."""
