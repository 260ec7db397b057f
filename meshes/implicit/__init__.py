"""Tetrahedra of any implicit body by isosurface stuffing, in NumPy: no Gmsh, no OpenCASCADE."""
