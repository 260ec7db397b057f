"""The material at any point of a scaffold: gel, free space and glass.

The scaffold says where a point lies, which ink it is and which way it was printed; the gels say
what that means. Nothing here knows a mesh, so the scaffold solve and the probe of a cell sample
the same field.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solver.materials.gel import Gel
from solver.materials.ink import Heterogeneity
from solver.materials.orientation_field import OrientationField
from solver.materials.tensors import FloatArray
from solver.materials.turned import print_frames, turned_stiffness

VOID = 1e-6  # stiffness of free space relative to the gel beside it [numerical]
GLASS = 1e4  # stiffness of the substrate relative to the gel on it: rigid for a cell [assumption]
_WAVES = 192
# Even points of a tetrahedron, barycentric: averages that are exact for linear fields and see
# spots smaller than the cell.
_EVEN = np.array(
    [(0.25, 0.25, 0.25, 0.25)]
    + [p for p in product((1 / 8, 3 / 8), repeat=4) if abs(sum(p) - 1.0) < 1e-12]
    + [p for p in product((1 / 8, 5 / 8), repeat=4) if abs(sum(p) - 1.0) < 1e-12]
)
_CELLS_AT_A_TIME = 20_000
_POINTS_AT_A_TIME = 1_000  # keeps a block of waves in the cache


class Body(Protocol):
    """What a material needs to know of a scaffold (``meshes.Scaffold`` has it); lengths in µm."""

    @property
    def inks(self) -> tuple[str, ...]:
        """Names of the inks."""

    @property
    def substrate_height(self) -> float | None:
        """z of the glass, ``None`` where there is none."""

    def free_surface_distance(self, x: FloatArray) -> FloatArray:
        """Signed distance ``(n,)`` to the bathed surfaces, negative in the gel."""

    def ink(self, x: FloatArray) -> NDArray[np.int_]:
        """Index of the ink ``(n,)``."""

    def print_direction(self, x: FloatArray) -> FloatArray:
        """Unit vectors ``(n, 3)``."""


class LogNormalField:
    """A stationary log-normal factor with mean 1.

    ``h(x) = exp(σ g(x) − σ²/2)``, σ² = ln(1 + cv²), g a unit Gaussian field with correlation
    ``exp(−r²/2ℓ²)`` made of random Fourier waves: smooth, isotropic, defined everywhere, the same
    for the same seed.

    Parameters
    ----------
    law
        Coefficient of variation, correlation length ℓ (µm) and seed.
    stream
        Distinguishes inks that share a seed.
    """

    def __init__(self, law: Heterogeneity, stream: int = 0) -> None:
        rng = np.random.default_rng([law.seed, stream])
        # in turns, not radians: whole turns are taken off before the cosine
        self._waves = rng.standard_normal((3, _WAVES)) / (2.0 * np.pi * law.length)
        self._phases = rng.uniform(0.0, 1.0, _WAVES)
        self._sigma = float(np.sqrt(np.log1p(law.cv**2)))

    def __call__(self, x: FloatArray) -> FloatArray:
        """Factor ``(n,)`` at points ``(n, 3)`` in µm."""
        g = np.empty(len(x))
        for start in range(0, len(x), _POINTS_AT_A_TIME):
            part = slice(start, start + _POINTS_AT_A_TIME)
            turns = x[part] @ self._waves
            turns += self._phases
            turns -= np.rint(turns)
            # The cosine of less than a turn in single precision: 1e-7, and eight times faster.
            angle = turns.astype(np.float32)
            angle *= np.float32(2.0 * np.pi)
            g[part] = np.cos(angle).sum(axis=1, dtype=np.float64)
        g *= np.sqrt(2.0 / _WAVES)
        return np.asarray(np.exp(self._sigma * g - 0.5 * self._sigma**2))


@dataclass(frozen=True, eq=False)
class MaterialField:
    """Stiffness at points of a scaffold.

    Parameters
    ----------
    body
        The scaffold.
    gels
        One per ink, in the order of ``body.inks``.

    Raises
    ------
    ValueError
        If gels and inks do not match.
    """

    body: Body
    gels: tuple[Gel, ...]

    def __post_init__(self) -> None:
        names = tuple(g.ink.name for g in self.gels)
        if names != tuple(self.body.inks):
            raise ValueError(f"expected gels for inks {self.body.inks}, found {names}")
        object.__setattr__(self, "_turned", [turned_stiffness(g) for g in self.gels])
        spots = [g.ink.heterogeneity for g in self.gels]
        # the steps of a gradient are one ink, whose spots go on from step to step
        streams = getattr(self.body, "parents", range(len(spots)))
        fields = [
            None if law is None else LogNormalField(law, int(stream))
            for law, stream in zip(spots, streams, strict=True)
        ]
        object.__setattr__(self, "_random", fields)

    def heterogeneity(self, x: FloatArray, ink: NDArray[np.int_] | None = None) -> FloatArray:
        """The log-normal factor ``(n,)`` at points ``(n, 3)``; 1 where the ink is uniform."""
        ink = self.body.ink(x) if ink is None else ink
        factor = np.ones(len(x))
        for i, law in enumerate(self._random):  # type: ignore[attr-defined]
            if law is not None:
                here = ink == i
                if here.all():
                    return np.asarray(law(x))
                factor[here] = law(x[here])
        return factor

    def frames(self, x: FloatArray, ink: NDArray[np.int_] | None = None) -> FloatArray:
        """Frames of the fibres ``(n, 3, 3)`` at points ``(n, 3)`` in µm, columns e1, e2, a.

        Along the print direction (:func:`~solver.materials.turned.print_frames`), or the principal
        frame of the nearest tensor where an ink's directions are given in space.
        """
        ink = self.body.ink(x) if ink is None else ink
        frames = print_frames(self.body.print_direction(x))
        for i, gel in enumerate(self.gels):
            if isinstance(gel.ink.orientation, OrientationField):
                here = ink == i
                frames[here] = gel.ink.orientation.at(x[here])[0]
        return frames

    def stiffness(self, x: FloatArray, ink: NDArray[np.int_] | None = None) -> FloatArray:
        """Stiffness of the gel ``(n, 6, 6)`` in kPa at points ``(n, 3)`` in µm.

        Outside the body it is the gel of the nearest strand: :meth:`smeared` weighs it.
        """
        ink = self.body.ink(x) if ink is None else ink
        c = self._even(x, ink)
        c *= self.heterogeneity(x, ink)[:, None, None]
        return c

    def _even(self, x: FloatArray, ink: NDArray[np.int_]) -> FloatArray:
        """Stiffness ``(n, 6, 6)`` in kPa without the random factor."""
        axes = self.body.print_direction(x)
        c = np.empty((len(x), 6, 6))
        for i, law in enumerate(self._turned):  # type: ignore[attr-defined]
            here = ink == i
            if here.all():
                return np.asarray(law(x, axes))
            c[here] = law(x[here], axes[here])
        return c

    def cell_stiffness(self, corners: FloatArray, ink: NDArray[np.int_]) -> FloatArray:
        """Stiffness ``(m, 6, 6)`` in kPa for the cells of a mesh, by their corners and ink.

        The random factor is averaged over the cell (spots may be smaller than it), the direction
        is that at the midpoint. An average of stiffness is the Voigt bound of the cell.

        Parameters
        ----------
        corners
            ``(m, 4, 3)`` µm.
        ink
            Ink of each cell, ``(m,)``.
        """
        c = self._even(corners.mean(axis=1), ink)
        c *= self.cell_heterogeneity(corners, ink)[:, None, None]
        return c

    def cell_heterogeneity(self, corners: FloatArray, ink: NDArray[np.int_]) -> FloatArray:
        """The log-normal factor averaged over each cell of a mesh ``(m,)``.

        Parameters
        ----------
        corners
            ``(m, 4, 3)`` µm.
        ink
            Ink of each cell, ``(m,)``.
        """
        factor = np.ones(len(corners))
        for start in range(0, len(corners), _CELLS_AT_A_TIME):
            part = slice(start, start + _CELLS_AT_A_TIME)
            x = np.einsum("kb,mbx->mkx", _EVEN, corners[part]).reshape(-1, 3)
            at_points = self.heterogeneity(x, np.repeat(ink[part], len(_EVEN)))
            factor[part] = at_points.reshape(-1, len(_EVEN)).mean(axis=1)
        return factor

    def smeared(self, x: FloatArray, width: FloatArray) -> FloatArray:
        """Stiffness ``(n, 6, 6)`` in kPa of gel, free space and glass, averaged over ``width``.

        See :meth:`smear_factor`.
        """
        c = self.stiffness(x)
        c *= self.smear_factor(x, width)[:, None, None]
        return c

    def smear_factor(self, x: FloatArray, width: FloatArray) -> FloatArray:
        """What free space and glass make of the gel's stiffness within ``width``, ``(n,)``.

        A sampling point stands for a volume of size ``width`` (µm, ``(n,)``). Across a free face
        the moduli are mixed by volume (Voigt: the void carries nothing). At the glass compliances
        are (Reuss: layers in series), and glass counts from half a width beyond its face on: an
        element that crosses the face is held by its part in the glass already. Against conforming
        meshes this is what leaves no bias, on coarse and fine templates alike.
        """
        gel = np.clip(0.5 - self.body.free_surface_distance(x) / width, 0.0, 1.0)
        factor = gel + VOID * (1.0 - gel)
        if self.body.substrate_height is not None:
            glass = np.clip((self.body.substrate_height - x[:, 2]) / width, 0.0, 1.0)
            factor = 1.0 / ((1.0 - glass) / factor + glass / GLASS)
        return np.asarray(factor)
