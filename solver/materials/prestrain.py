"""Gel that has been deformed already, as a cell in it meets it. NumPy only.

A state F₀ of the scaffold is made the new reference: with ``F = F' F₀`` the energy per volume of
the deformed gel is ``Ψ'(C') = Ψ(F₀ᵀ C' F₀)/J₀``, so ``S' = F₀ S F₀ᵀ/J₀`` and
``D' = (F₀⊗F₀) D (F₀⊗F₀)ᵀ/J₀``. At ``C' = I`` these are the Cauchy stress σ₀ and the tangent c of
small strains on top of large ones (Biot, Mechanics of Incremental Deformations, Wiley 1965).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from solver.materials.hyperelastic import GrownMaterial, PointMaterial, Response
from solver.materials.tensors import IDENTITY, FloatArray, from_mandel, symmetric_square

if TYPE_CHECKING:
    from solver.materials.finite_field import FiniteField


@dataclass(frozen=True, eq=False)
class StrainedMaterial:
    """A material at ``n`` points, seen from a deformed state of it.

    Parameters
    ----------
    material
        At the points, from its own reference.
    gradient
        Deformation gradient F₀ of the state ``(n, 3, 3)``.
    relieved
        Points ``(n,)`` that are as stiff as the state makes them and carry none of its stress:
        ``Ψ' − σ₀:E'``. ``None``: no point is.
    """

    material: PointMaterial
    gradient: FloatArray
    relieved: NDArray[np.bool_] | None = None

    @cached_property
    def _push(self) -> FloatArray:
        return symmetric_square(self.gradient)

    @cached_property
    def _volume(self) -> FloatArray:
        return np.asarray(np.linalg.det(self.gradient))

    @property
    def lame(self) -> FloatArray:
        """λ of the matrix per deformed volume ``(n,)``, kPa."""
        return self.material.lame / self._volume

    @property
    def shear(self) -> FloatArray:
        """Small-strain shear modulus of the undeformed gel per deformed volume ``(n,)``, kPa."""
        return self.material.shear / self._volume

    def respond(self, c: FloatArray, *, volumetric: bool = True) -> Response:
        """Answer to right Cauchy–Green tensors ``(n, 6)`` from the deformed state."""
        answer = self._whole(c, volumetric)
        if self.relieved is not None:
            held = np.where(self.relieved[:, None], self._whole_at_rest(volumetric), 0.0)
            answer.energy[:] -= 0.5 * np.einsum("ni,ni->n", held, c - IDENTITY)
            answer.stress[:] -= held
        return answer

    def _whole(self, c: FloatArray, volumetric: bool) -> Response:
        push, volume = self._push, self._volume
        total = np.einsum("nji,nj->ni", push, c)  # F₀ᵀ C' F₀
        energy, stress, tangent = self.material.respond(total, volumetric=volumetric)
        return Response(
            energy / volume,
            np.einsum("nij,nj->ni", push, stress) / volume[:, None],
            push @ tangent @ push.swapaxes(1, 2) / volume[:, None, None],
        )

    def _whole_at_rest(self, volumetric: bool) -> FloatArray:
        """Stress of the state itself ``(n, 6)``; found once."""
        if volumetric not in self._known:
            rest = np.broadcast_to(IDENTITY, (len(self.gradient), 6))
            self._known[volumetric] = self._whole(rest, volumetric).stress
        return self._known[volumetric]

    @cached_property
    def _known(self) -> dict[bool, FloatArray]:
        return {}


class Incremental(NamedTuple):
    """What small strains on top meet: tangent ``(n, 6, 6)`` and stress ``(n, 3, 3)``, kPa."""

    stiffness: FloatArray
    stress: FloatArray


def incremental(material: PointMaterial, count: int) -> Incremental:
    """Tangent and stress of a material at its ``count`` points, unstrained from its reference."""
    answer = material.respond(np.broadcast_to(IDENTITY, (count, 6)))
    return Incremental(answer.tangent, from_mandel(answer.stress))


@dataclass(frozen=True, eq=False)
class Prestrain:
    """State of a scaffold under its load, by the cells of its mesh.

    Around a cell at X₀ the deformed gel is pulled back with the cell's own gradient, ``X = X₀ +
    F₀(X₀)⁻¹ (x − x₀)``, to find body, ink and fibres; the strain there is that of the nearest mesh
    cell [assumption: the scaffold's strain varies little over the few radii that a cell feels].
    Free space and glass are not strained. Gel further away than a given reach, and gel at a bathed
    or pressed face, is as stiff as its strain makes it but carries none of its stress: on a mesh
    that does not follow the face, dead loads on single points of it would wrinkle it.

    Parameters
    ----------
    centroids
        Of the mesh cells in the undeformed scaffold, ``(m, 3)`` µm.
    deformation_gradient
        F of each, ``(m, 3, 3)``, from the dry (as printed) state.
    displacement
        At the centroids, ``(m, 3)`` µm.
    growth
        Free stretch of the gel by swelling: 1 is none.

    Raises
    ------
    InputError
        If a mesh cell is turned inside out.
    """

    centroids: FloatArray
    deformation_gradient: FloatArray
    displacement: FloatArray
    growth: float = 1.0

    def __post_init__(self) -> None:
        volume = np.linalg.det(self.deformation_gradient)
        if not (volume > 0.0).all():
            raise InputError(
                f"{int((~(volume > 0.0)).sum())} cells of the deformed scaffold are inside out",
                hint="use a smaller load or a finer mesh_size",
            )

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.centroids)

    def gradient(self, x: FloatArray) -> FloatArray:
        """F ``(n, 3, 3)`` at points ``(n, 3)`` of the undeformed scaffold: the nearest cell's."""
        return self.deformation_gradient[self._tree.query(x)[1]]

    def deformed(self, sites: FloatArray) -> FloatArray:
        """Where points ``(n, 3)`` of the undeformed scaffold have gone, µm."""
        near = self._tree.query(sites)[1]
        beside = sites - self.centroids[near]
        moved = np.einsum("nij,nj->ni", self.deformation_gradient[near], beside)
        return self.centroids[near] + self.displacement[near] + moved

    def pull_back(self, site: FloatArray, offsets: FloatArray) -> FloatArray:
        """Where in the undeformed scaffold points around a deformed cell come from, µm.

        Parameters
        ----------
        site
            Cell centre ``(3,)`` in the undeformed scaffold.
        offsets
            ``(n, 3)`` in the deformed scaffold, relative to the cell.
        """
        return site + np.linalg.solve(self.gradient(site[None])[0], offsets.T).T

    def bind(
        self,
        field: FiniteField,
        site: FloatArray,
        offsets: FloatArray,
        widths: FloatArray,
        reach: float = np.inf,
        rim: float = 0.0,
    ) -> StrainedMaterial:
        """The deformed gel around a cell.

        Parameters
        ----------
        field
            The undeformed scaffold.
        site
            Cell centre ``(3,)`` in the undeformed scaffold, µm.
        offsets
            Points around the cell in the deformed scaffold, relative to it, ``(n, 3)`` µm.
        widths
            Size of the deformed volume each stands for, ``(n,)`` µm.
        reach
            Distance from the cell up to which the gel carries stress, µm.
        rim
            Depth under a face from which on it does, in widths.
        """
        x = self.pull_back(site, offsets)
        width = widths / np.cbrt(np.linalg.det(self.gradient(site[None])[0]))
        body = field.material.body
        above = body.free_surface_distance(x)
        outside = above > 0.5 * width
        relieved = (above > -rim * width) | (np.linalg.norm(offsets, axis=1) > reach)
        if body.substrate_height is not None:
            outside |= x[:, 2] < body.substrate_height
        at_rest = self.growth * np.eye(3)
        gradient = np.where(outside[:, None, None], at_rest, self.gradient(x))
        material: PointMaterial = field.bind(x, width=width)
        if self.growth != 1.0:
            material = GrownMaterial(material, np.full(len(x), self.growth))
        return StrainedMaterial(material, gradient, relieved)
