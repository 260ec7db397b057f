"""From a case to what the other packages work on: the implicit body and the inks.

Nothing here needs DOLFINx, so a laptop can check a case in full.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cases.grading import graded_body, level_recipes
from cases.schema import Case, Ink, Recipe
from meshes.digest import content_digest
from meshes.errors import InputError

if TYPE_CHECKING:
    import meshes.scaffold
    from solver.materials import Gel
    from solver.materials import ink as material
    from solver.materials.tensors import FloatArray


def build_scaffold(case: Case) -> meshes.scaffold.Scaffold:
    """Return the implicit body of a case (lengths in µm), inks that change in steps.

    Raises
    ------
    InputError
        If the shape cannot be built.
    """
    return graded_body(case, case.scaffold.body())


def build_inks(
    case: Case, scaffold: meshes.scaffold.Scaffold | None = None
) -> tuple[material.Ink, ...]:
    """Return the recipes of the inks that are printed, in the order of the scaffold's inks.

    An ink with a gradient gives one for each step, in use or not. With the scaffold a file of
    directions that misses it is refused.
    """
    bounds = None if scaffold is None else (scaffold.bounds[0], scaffold.bounds[1])
    recipes: list[material.Ink] = []
    for name in case.scaffold.inks:
        ink = case.inks[name]
        first = build_ink(name, ink, bounds)
        if ink.gradient is None:
            recipes.append(first)
        else:
            second = build_ink(name, ink.gradient.to, bounds)
            recipes += level_recipes(name, ink.gradient, first, second)
    return tuple(recipes)


def build_gels(case: Case, scaffold: meshes.scaffold.Scaffold) -> tuple[Gel, ...]:
    """Return the gels of the inks of the scaffold, steps of gradients included, in its order.

    Raises
    ------
    InputError
        Naming the ink whose recipe cannot be.
    """
    gels = []
    for ink in build_inks(case, scaffold):
        if ink.name not in scaffold.inks:
            continue  # a step that the body does not show
        try:
            gels.append(build_known_gel(ink))
        except ValueError as error:
            raise InputError(
                f"inks.{ink.name}: {error}", hint="change the recipe, or give youngs_modulus"
            ) from None
    return tuple(gels)


def build_known_gel(ink: material.Ink) -> Gel:
    """Return the gel of a recipe; the same recipe is worked out once, whatever its ligand.

    Raises
    ------
    ValueError
        If the recipe cannot be.
    """
    bare = replace(ink, ligand=None)  # which no mechanics reads
    gel = _known_gel(_Recipe(content_digest(bare), bare))
    return replace(gel, ink=ink)


@dataclass(frozen=True)
class _Recipe:
    """A recipe that is told from others by its content."""

    digest: str
    ink: material.Ink = field(compare=False)


@lru_cache(maxsize=256)
def _known_gel(recipe: _Recipe) -> Gel:
    from solver.materials import build_gel

    return build_gel(recipe.ink)


def build_ink(
    name: str, ink: Ink | Recipe, bounds: tuple[FloatArray, FloatArray] | None = None
) -> material.Ink:
    """Return one recipe in internal units (µm, kPa, mg/mL).

    ``bounds``, corners of the scaffold in µm: a file of directions that misses it is refused.

    Collagen at 0 mg/mL is no collagen. A gel known only by its measured modulus is that matrix.
    """
    from solver.materials import ink as material

    def collagen(key: str) -> material.Collagen | None:
        fibres = getattr(ink, key)
        if fibres is None or fibres.concentration == 0.0:
            return None
        waves = fibres.waviness
        return material.Collagen(
            concentration=fibres.concentration,
            waviness=material.Waviness()
            if waves.straight
            else material.Waviness(waves.amplitude, waves.wavelength),
            fibril_radius=fibres.fibril_radius,
            stiffness_ratio=getattr(fibres, "stiffness_ratio", 1.0),
            law=fibres.law.choice(),
        )

    alginate = None
    whole_gel = ink.youngs_modulus
    if ink.alginate is not None:
        recipe = ink.alginate.model_dump(exclude_none=True)
        alginate = material.Alginate(**recipe)
    elif not ink.has_collagen:
        alginate, whole_gel = material.Alginate(youngs_modulus=whole_gel), None
    spots = ink.heterogeneity
    return material.Ink(
        name=name,
        alginate=alginate,
        collagen_I=collagen("collagen_I"),
        collagen_III=collagen("collagen_III"),
        alignment=ink.alignment,
        ligand=ink.ligand,
        synergy=ink.synergy,
        heterogeneity=None
        if spots is None
        else material.Heterogeneity(cv=spots.cv, length=spots.length, seed=spots.seed),
        youngs_modulus=whole_gel,
        orientation=None if ink.orientation is None else ink.orientation.density(bounds),
    )
