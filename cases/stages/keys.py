"""Keys of the stages of a case: the hash of all that a stage depends on, and of nothing else.

Each stage stands on the one before, so its key holds that key:

``mesh``
    the shape and its mesh; no recipe, for gradients are laid over the mesh afterwards.
``scaffold``
    what is printed and how it is loaded; not what only the rule reads (the ligand of an ink).
``sensed``
    where the cells are, how they pull, how they are probed.

Added to each are the sources that compute it and the versions of what they stand on, so that
nothing kept outlives a change of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from cases.schema import Case
from meshes.digest import content_digest, source_digest
from meshes.mesh_cache import gmsh_version

STAGES = ("mesh", "scaffold", "sensed")
_ROOT = Path(__file__).parents[2]
_OF_THE_MESH = ("meshes", "cases/schema/scaffold", "cases/stages")
# What a case means to the mechanics: units, defaults that are computed, numbers of cells.
_SCHEMA = ("base", "case", "cells", "files", "ink", "law", "load", "orientation", "recipe")
_OF_THE_MECHANICS = (
    *_OF_THE_MESH,
    "solver",
    "cases/build.py",
    "cases/contrast.py",
    "cases/directions.py",
    "cases/endless.py",
    "cases/expression.py",
    "cases/grading.py",
    "cases/mechanics.py",
    "cases/orientation_file.py",
    *(f"cases/schema/{name}.py" for name in _SCHEMA),
)
_OF_THE_RULE = ("solver/coupling",)
_LIBRARIES = ("fenics-dolfinx", "petsc4py", "numpy", "scipy")


@dataclass(frozen=True)
class StageKeys:
    """SHA-256 of each stage, 64 hexadecimal digits."""

    mesh: str
    scaffold: str
    sensed: str

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """(stage, key) in the order in which a case goes through them."""
        return tuple((stage, getattr(self, stage)) for stage in STAGES)


def stage_keys(case: Case) -> StageKeys:
    """Keys of the stages of a case.

    Parameters
    ----------
    case
        A checked case.

    Returns
    -------
    StageKeys
        Two cases with the same key of a stage get the same answer from it.
    """
    plain = case.resolved()
    # an endless pile is solved beside the scaffold, on meshes of its own
    endless = plain["scaffold"].pop("endless", False)
    printed = tuple(case.scaffold.inks)
    mesh = content_digest([_built_with(_OF_THE_MESH), plain["scaffold"], printed])
    recipes = [(name, _mechanical(plain["inks"][name])) for name in printed]
    order = plain["compute"]["element_order"]
    scaffold = content_digest(
        [_built_with(_OF_THE_MECHANICS), mesh, recipes, plain["load"], endless, order]
    )
    sensed = content_digest([scaffold, plain["cells"], plain["compute"]["template"]])
    return StageKeys(mesh, scaffold, sensed)


def _mechanical(recipe: dict[str, Any]) -> dict[str, Any]:
    """An ink without what no mechanics reads, in the second recipe of a gradient either."""
    kept = {key: value for key, value in recipe.items() if key != "ligand"}
    if kept.get("gradient"):
        kept["gradient"] = {**kept["gradient"], "to": _mechanical(kept["gradient"]["to"])}
    return kept


@cache
def _built_with(sources: tuple[str, ...]) -> list[str]:
    """Digest of the sources, and the versions of the libraries under them."""
    found = [source_digest(_ROOT, sources, _OF_THE_RULE), gmsh_version()]
    for name in _LIBRARIES:
        try:
            found.append(metadata.version(name))
        except metadata.PackageNotFoundError:  # no DOLFINx here: nothing can be computed with it
            found.append("")
    return found
