"""The aligned translator: a patient's place among tumors, carried over to normals."""
