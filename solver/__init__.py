"""Physics: materials (NumPy), mechanics (DOLFINx) and coupling (NumPy)."""
