"""Bodies that users bring: STL surfaces, STEP solids, and meshes of other programs."""
