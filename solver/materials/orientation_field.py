"""Fibre directions given in space: structure tensors at points, as microscopy measures them.

At any place the nearest point counts. Each tensor stands for the Bingham density of its moments
(largest entropy) in its own principal frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.materials.bingham import bingham_exponents, bingham_moments, clipped_eigenvalues
from solver.materials.odf import drawn_rule, fourth_moment_matrices, require_structure_tensors
from solver.materials.orientation import half_sphere_rule
from solver.materials.tensors import FloatArray, symmetric_square

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

MAX_ROWS = 200_000
_EXACT_DENSITIES = 5_000  # more different densities than this are rounded, so that time is bounded
_STEP = 2e-3  # rounding of eigenvalues then: far below what an image tells
_ROWS_AT_A_TIME = 2_000


class FieldRule(NamedTuple):
    """Directions and weights of ``n`` densities that share one set of even directions u.

    A density's directions are ``n = L u/|L u|``, ``L = diag(lengths)`` in its principal frame:
    with ``C' = (R L)ᵀ C (R L)`` squared stretches are ``λ² = shares · (u·C'u)``, so one matrix
    product serves all densities.

    Attributes
    ----------
    directions
        u, ``(d, 3)``.
    lengths
        Diagonal of L, ``(n, 3)``.
    shares
        ``1/|L u|²``, ``(n, d)``.
    weights
        ``(n, d)``, rows summing to 1.
    """

    directions: FloatArray
    lengths: FloatArray
    shares: FloatArray
    weights: FloatArray


@dataclass(frozen=True, eq=False)
class OrientationField:
    """Structure tensors at points; nearest neighbour between them.

    Parameters
    ----------
    points
        ``(m, 3)``, µm, in the frame of the scaffold.
    tensors
        ``⟨n⊗n⟩`` at each, ``(m, 3, 3)``, in the frame of the scaffold: symmetric, trace 1, no
        negative eigenvalue (to 1e-6).

    Raises
    ------
    ValueError
        Naming the row (from 0), what was expected and what was found.
    """

    points: FloatArray
    tensors: FloatArray
    _frames: FloatArray = field(init=False, repr=False)
    _palette: FloatArray = field(init=False, repr=False)
    _rows: NDArray[np.int_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        points = np.array(self.points, dtype=float)
        tensors = np.array(self.tensors, dtype=float)
        m = len(points)
        if points.ndim != 2 or points.shape[1] != 3 or tensors.shape != (m, 3, 3):
            raise ValueError(
                f"expected points (m, 3) and tensors (m, 3, 3), found {points.shape} and "
                f"{tensors.shape}"
            )
        if not 0 < m <= MAX_ROWS:
            raise ValueError(f"expected 1 to {MAX_ROWS} points, found {m}")
        if not np.isfinite(points).all():
            row = int(np.argmin(np.isfinite(points).all(axis=1)))
            raise ValueError(f"row {row}: expected a finite point, found {points[row].tolist()}")
        require_structure_tensors(tensors)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "tensors", tensors)
        values, vectors = np.linalg.eigh(0.5 * (tensors + tensors.transpose(0, 2, 1)))
        frames = vectors[:, :, [1, 0, 2]]  # e3 most likely, e2 least: as for planar fibres
        frames[:, :, 0] *= np.sign(np.linalg.det(frames))[:, None]
        palette, rows = _palette(values[:, [1, 0, 2]])
        object.__setattr__(self, "_frames", frames)
        object.__setattr__(self, "_palette", palette)
        object.__setattr__(self, "_rows", rows)

    def __len__(self) -> int:
        return len(self.points)

    def nearest(self, x: FloatArray) -> NDArray[np.int_]:
        """Index ``(n,)`` of the point nearest to each of ``(n, 3)`` µm."""
        return np.asarray(self._tree.query(x)[1], dtype=np.int64)

    def at(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int_]]:
        """Principal frame and density at points ``(n, 3)`` in µm.

        Returns
        -------
        frames
            ``(n, 3, 3)``, columns e1, e2, e3: right-handed, e3 the most and e2 the least likely
            direction.
        rows
            Which density, ``(n,)``: for :meth:`rule` and :meth:`weights`.
        """
        index = self.nearest(x)
        return self._frames[index], self._rows[index]

    def rule(self, rows: NDArray[np.int_]) -> FieldRule:
        """Directions and weights of densities ``(n,)`` in their principal frames."""
        even, lengths, shares, weights = self._rule
        return FieldRule(even, lengths[rows], shares[rows], weights[rows])

    def fourth_moment(self, x: FloatArray) -> FloatArray:
        """``⟨n⊗n⊗n⊗n⟩`` at points ``(n, 3)`` in µm as Mandel matrices ``(n, 6, 6)``, trace 1."""
        return self._fourth_moments[self.nearest(x)]

    @cached_property
    def _tree(self) -> cKDTree:
        from scipy.spatial import cKDTree

        return cKDTree(self.points)

    @cached_property
    def _exponents(self) -> FloatArray:
        return bingham_exponents(self._palette)

    @cached_property
    def _moments(self) -> FloatArray:
        return bingham_moments(self._exponents)[2]

    @cached_property
    def _fourth_moments(self) -> FloatArray:
        local = fourth_moment_matrices(self._moments)
        turn = symmetric_square(self._frames)
        return np.asarray(turn @ local[self._rows] @ turn.swapaxes(1, 2))

    @cached_property
    def _rule(self) -> FieldRule:
        even, share = half_sphere_rule()
        parts = [
            drawn_rule(even, share, self._exponents[part], self._moments[part])
            for part in (
                slice(start, start + _ROWS_AT_A_TIME)
                for start in range(0, len(self._exponents), _ROWS_AT_A_TIME)
            )
        ]
        pull = np.concatenate([p for p, _ in parts])
        weights = np.concatenate([w for _, w in parts])
        shares: FloatArray = 1.0 / np.einsum("ki,di->kd", 1.0 / pull, even**2)
        return FieldRule(even, 1.0 / np.sqrt(pull), shares, weights)


def _palette(eigenvalues: FloatArray) -> tuple[FloatArray, NDArray[np.int_]]:
    """Different densities ``(k, 3)`` among rows ``(m, 3)`` of eigenvalues, and which each has.

    Equal to 1e-9 is equal; where that leaves too many, eigenvalues are rounded to 0.002.
    """
    for step in (1e-9, _STEP):
        keys = np.rint(clipped_eigenvalues(eigenvalues)[:, :2] / step).astype(np.int64)
        unique, rows = np.unique(keys, axis=0, return_inverse=True)
        if len(unique) <= _EXACT_DENSITIES:
            break
    pairs = unique * step
    palette = np.column_stack([pairs, 1.0 - pairs.sum(axis=1)])
    return clipped_eigenvalues(palette), rows.reshape(-1)
