"""The case file as frozen models: plain floats in internal units, every default resolved.

Importing this needs neither DOLFINx nor pint (pint is loaded when the first unit is read).
"""

from cases.schema.case import Case
from cases.schema.cells import Cells, Contraction
from cases.schema.dormancy import Band, Compute, Dormancy, Paths
from cases.schema.ink import Gradient, Ink
from cases.schema.load import Load
from cases.schema.recipe import Alginate, CollagenI, CollagenIII, Heterogeneity, Recipe, Waviness
from cases.schema.scaffold import Slab, Woodpile

__all__ = [
    "Alginate", "Band", "Case", "Cells", "CollagenI", "CollagenIII", "Compute", "Contraction",
    "Dormancy", "Gradient", "Heterogeneity", "Ink", "Load", "Paths", "Recipe", "Slab", "Waviness",
    "Woodpile",
]  # fmt: skip
