"""The same woodpile without an end: what its rim does to the modulus that a tester reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.schema import Case, Woodpile

if TYPE_CHECKING:
    from meshes.scaffold import Scaffold
    from solver.materials import Gel

_MOST_AT_DEGREE_2 = 15_000  # tetrahedra: one factorisation holds the whole cell


def endless_pile(case: Case, scaffold: Scaffold, gels: tuple[Gel, ...]) -> dict[str, Any] | None:
    """Moduli of the endless pile from its unit cell; None where the case does not ask for them.

    Parameters
    ----------
    case, scaffold, gels
        What is printed. Spots of an ink enter with their mean.

    Returns
    -------
    dict
        ``apparent_modulus_kPa`` between glass and plate, ``stack_modulus_kPa`` of a stack without
        top and bottom pressed from above and free at its sides, ``solid_fraction`` of that,
        ``tetrahedra``; as plain JSON.

    Raises
    ------
    InputError
        If the lay-down does not repeat.
    SolveError
        If a cell cannot be meshed or solved.
    """
    shape = case.scaffold
    if not isinstance(shape, Woodpile) or not shape.endless:
        return None
    from meshes.periodic_woodpile import PeriodicWoodpile
    from meshes.periodic_woodpile_mesh import mesh_periodic_woodpile
    from solver.mechanics.periodic_woodpile import (
        layer_stiffness,
        pressed_modulus,
        woodpile_stiffness,
    )

    def solved(endless: bool, work: Any) -> tuple[Any, int, float]:
        cell = PeriodicWoodpile.inside(scaffold, endless=endless)  # type: ignore[arg-type]
        mesh = mesh_periodic_woodpile(cell, shape.mesh_size)
        count = len(mesh.mesh.cells)
        degree = case.compute.element_order if count <= _MOST_AT_DEGREE_2 else 1
        answer = work(mesh, layer_stiffness(cell, gels), degree)
        return answer, count, float(cell.solid_fraction)

    plate = case.load.plate
    pressed, first, _ = solved(False, lambda m, c, d: pressed_modulus(m, c, plate=plate, degree=d))
    stack, second, solid = solved(
        True, lambda m, c, d: woodpile_stiffness(m, c, degree=d).axial_modulus
    )
    return {
        "apparent_modulus_kPa": float(pressed),
        "stack_modulus_kPa": float(stack),
        "solid_fraction": solid,
        "tetrahedra": first + second,
    }
