"""Endless woodpiles by their unit cell: effective stiffness, and the modulus between plates.

Pores have no elements; stresses and strains are means over the whole cell. Of a stack without end
all six strains are imposed and the fluctuation is periodic. A pile between glass and plate repeats
in the plane only; its fluctuation vanishes on a bonded face and is level on a frictionless one,
so the imposed strain along z is the tester's nominal one.

A finite woodpile comes to the same as it grows, but for its rim.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from dolfinx import fem

from solver.materials.gel import Gel
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import FloatArray, rotate
from solver.materials.turned import turned_stiffness
from solver.mechanics.homogenise import Effective, condense
from solver.mechanics.periodic import (
    PeriodicCell,
    Reduction,
    cell_space,
    node_classes,
    node_pieces,
    periodic_reduction,
)
from solver.mechanics.scaffold import Contact

_ON_PLATE = 1e-6  # of the height


class WoodpileCell(Protocol):
    """What the unit cell of a woodpile tells (``meshes.PeriodicWoodpile`` does).

    Attributes
    ----------
    inks
        Names of the inks; they take turns from layer to layer.
    n_layers
        Layers in the cell.
    rotation
        Turns vectors from the cell's coordinates to the pile's, ``(3, 3)``.
    """

    @property
    def inks(self) -> tuple[str, ...]: ...

    @property
    def n_layers(self) -> int: ...

    @property
    def rotation(self) -> FloatArray: ...

    def axis(self, layer: int) -> FloatArray:
        """Unit vector along the strands of a layer in the cell's coordinates, ``(3,)``."""


class WoodpileMesh(PeriodicCell, Protocol):
    """A periodic mesh of it, its phases the layers."""

    @property
    def cell(self) -> WoodpileCell: ...


def layer_stiffness(cell: WoodpileCell, gels: Sequence[Gel]) -> FloatArray:
    """Stiffness of each layer in the cell's coordinates, fibres along its strands.

    Spots of an ink (its heterogeneity) have a mean factor of 1 and are left out.

    Parameters
    ----------
    cell
        The unit cell.
    gels
        One per ink, in the order of ``cell.inks``.

    Returns
    -------
    ndarray, shape (n_layers, 6, 6), Mandel, kPa

    Raises
    ------
    ValueError
        If gels and inks do not match, or fibres have directions given in space, which do not
        repeat.
    """
    names = tuple(g.ink.name for g in gels)
    if names != tuple(cell.inks):
        raise ValueError(f"expected gels for inks {cell.inks}, found {names}")
    for gel in gels:
        if isinstance(gel.ink.orientation, OrientationField):
            raise ValueError(
                f"ink {gel.ink.name!r}: directions given in space do not repeat from cell to cell"
            )
    laws = [turned_stiffness(g) for g in gels]
    origin = np.zeros((1, 3))
    return np.array(
        [laws[k % len(laws)](origin, cell.axis(k)[None])[0] for k in range(cell.n_layers)]
    )


def woodpile_stiffness(mesh: WoodpileMesh, stiffness: FloatArray, *, degree: int = 2) -> Effective:
    """Effective linear stiffness of a stack without end, in the pile's coordinates.

    Parameters
    ----------
    mesh
        Of a cell that repeats in all three directions.
    stiffness
        Of each layer in the cell's coordinates, ``(n_layers, 6, 6)`` Mandel, kPa
        (:func:`layer_stiffness`).
    degree
        Polynomial degree of the displacement.

    Raises
    ------
    ValueError
        If the cell does not repeat along z.
    SolveError
        If no side has a partner or the factorisation fails.
    """
    if not all(mesh.periodic):
        raise ValueError("a pile between plates has no effective stiffness: see pressed_modulus")
    space, layer = cell_space(mesh, degree)
    reduction = periodic_reduction(space, mesh, pores=True)
    found = condense(space, stiffness[layer], reduction, float(np.prod(mesh.size)))
    turned = rotate(found.stiffness, mesh.cell.rotation)
    return Effective(turned, found.n_cells, found.n_dofs)


def pressed_modulus(
    mesh: WoodpileMesh,
    stiffness: FloatArray,
    *,
    plate: Contact = "bonded",
    substrate: Contact = "bonded",
    degree: int = 2,
) -> float:
    """Apparent modulus of an endless pile between glass and plate, kPa: force per area over strain.

    If one face is bonded nothing spreads sideways on the whole. Between frictionless faces the
    pile spreads as it likes.

    Parameters
    ----------
    mesh
        Of a cell that repeats in the plane only.
    stiffness
        Of each layer, as in :func:`woodpile_stiffness`.
    plate, substrate
        ``bonded`` or ``frictionless``.
    degree
        Polynomial degree of the displacement.

    Raises
    ------
    ValueError
        If the cell repeats along z.
    SolveError
        If no side has a partner or the factorisation fails.
    """
    if mesh.periodic[2]:
        raise ValueError("a stack without end has no plates: see woodpile_stiffness")
    space, layer = cell_space(mesh, degree)
    reduction = _plates_reduction(space, mesh, (substrate, plate))
    found = condense(space, stiffness[layer], reduction, float(np.prod(mesh.size)))
    if "bonded" in (plate, substrate):
        return float(found.stiffness[2, 2])
    return found.axial_modulus


def _plates_reduction(
    space: fem.FunctionSpace, mesh: WoodpileMesh, contacts: tuple[Contact, Contact]
) -> Reduction:
    """Fluctuations periodic in the plane, held at glass and plate as the contacts say."""
    x = space.tabulate_dof_coordinates()
    node = node_classes(x, mesh)
    n_nodes = int(node.max()) + 1
    free = np.ones((n_nodes, 3), dtype=bool)
    height = float(mesh.size[2])
    for contact, level in zip(contacts, (0.0, height), strict=True):
        on = node[np.abs(x[:, 2] - level) < _ON_PLATE * height]
        free[on, 2] = False
        if contact == "bonded":
            free[on] = False
    if "bonded" not in contacts:
        # each piece may slide, but its repeats keep it from turning
        piece = node_pieces(space, node, n_nodes)
        free[np.unique(piece, return_index=True)[1], :2] = False
    return Reduction.of(x, node, free)
