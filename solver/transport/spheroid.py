"""Oxygen inside clusters of cells, taken as spheres, and at their surface in the gel around.

``κ/x² (x² p')' = r m(p)/v − g (p_blood − p)`` at the distance x from the centre, p given at the
surface; v is the volume per cell, r m(p) what one takes, g what vessels exchange. Finite volumes on
shells of equal thickness, all clusters in one banded system, Newton's method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray
from solver.transport.supply import Respiration, Tissue

SHELLS = 48
_ITERATIONS = 60
_TOLERANCE = 1e-9

Take = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Of surface pressures ``(k,)`` mmHg: uptake ``(k,)`` amol/h and its slope, amol/(h mmHg)."""


@dataclass(frozen=True, eq=False)
class SphereOxygen:
    """Oxygen inside spheres.

    Attributes
    ----------
    pressure
        ``(k, shells)`` mmHg, from the centre outwards.
    share
        Of the sphere's volume in each shell ``(shells,)``; adds up to 1.
    uptake
        What flows in through the surface ``(k,)``, amol/h: consumption less what vessels bring.
    slope
        Derivative of the uptake with the surface pressure ``(k,)``, amol/(h mmHg).
    """

    pressure: FloatArray
    share: FloatArray
    uptake: FloatArray
    slope: FloatArray

    def mean(self, values: FloatArray) -> FloatArray:
        """Mean over the volume ``(k,)`` of values ``(k, shells)``."""
        return np.asarray(values @ self.share)


def solve_spheres(
    radius: FloatArray,
    surface: FloatArray,
    tissue: Tissue,
    respiration: Respiration,
    *,
    exchange: FloatArray | float = 0.0,
    blood: float = 0.0,
    shells: int = SHELLS,
) -> SphereOxygen:
    """Steady oxygen inside spheres of tissue.

    Parameters
    ----------
    radius
        ``(k,)`` µm.
    surface
        Pressure at the surface ``(k,)``, mmHg.
    tissue, respiration
        What they are made of, and what a cell takes.
    exchange
        What vessels inside give per volume and pressure difference, amol/(h µm³ mmHg), ``(k,)``.
    blood
        Pressure in these vessels, mmHg.
    shells
        Number of shells; the error falls with its square.

    Raises
    ------
    SolveError
        If Newton's method does not settle.
    """
    from scipy.linalg import solve_banded

    k = len(radius)
    face = np.linspace(0.0, 1.0, shells + 1)
    share = np.diff(face**3)
    volume = 4.0 / 3.0 * np.pi * radius[:, None] ** 3 * share
    # Conductance of the faces; the outermost is half a shell from the surface.
    through = 4.0 * np.pi * face[1:] ** 2 * shells * tissue.permeability * radius[:, None]
    through[:, -1] *= 2.0
    most = volume * respiration.most / tissue.cell_volume
    given = volume * np.broadcast_to(exchange, (k,))[:, None]
    p = np.repeat(surface[:, None], shells, axis=1)
    banded = np.zeros((3, k, shells))
    banded[0, :, 1:] = banded[2, :, :-1] = -through[:, :-1]
    for _ in range(_ITERATIONS):
        outward = through * (np.concatenate([p[:, 1:], surface[:, None]], axis=1) - p)
        residual = most * respiration.share(p) + given * (p - blood) - outward
        residual[:, 1:] += outward[:, :-1]
        banded[1] = most * respiration.slope(p) + given + through
        banded[1, :, 1:] += through[:, :-1]
        flat = banded.reshape(3, -1)
        right = np.zeros((k, shells, 2))
        right[..., 0], right[:, -1, 1] = -residual, through[:, -1]
        step, change = np.moveaxis(
            solve_banded((1, 1), flat, right.reshape(-1, 2)).reshape(k, shells, 2), 2, 0
        )
        p = p + step
        if np.all(np.abs(step) <= _TOLERANCE * np.maximum(surface, 1.0)[:, None]):
            break
    else:
        raise SolveError("oxygen inside a cluster did not settle")
    return SphereOxygen(
        pressure=np.maximum(p, 0.0),
        share=share,
        uptake=through[:, -1] * (surface - p[:, -1]),
        slope=through[:, -1] * (1.0 - change[:, -1]),
    )


class Surroundings(Protocol):
    """The gel around clusters of cells."""

    def surface(self, radius: FloatArray, take: Take, start: FloatArray) -> FloatArray:
        """Pressure at the surface of each cluster.

        Parameters
        ----------
        radius
            ``(k,)`` µm.
        take
            What each takes at a surface pressure.
        start
            A first guess ``(k,)``, mmHg.

        Returns
        -------
        ndarray, shape (k,), mmHg
        """


@dataclass(frozen=True)
class Boundless:
    """Gel without end around clusters that do not feel each other.

    ``p_surface = pressure − u/(4π κ R)``.

    Parameters
    ----------
    pressure
        Far away, mmHg.
    permeability
        κ of the gel, amol/(h µm mmHg) (:attr:`OxygenGel.permeability`).
    """

    pressure: float
    permeability: float

    def surface(self, radius: FloatArray, take: Take, start: FloatArray) -> FloatArray:
        """See :meth:`Surroundings.surface`.

        Raises
        ------
        SolveError
            If Newton's method does not settle.
        """
        resistance = 1.0 / (4.0 * np.pi * self.permeability * radius)
        p = start
        for _ in range(_ITERATIONS):
            uptake, slope = take(p)
            step = (self.pressure - p - resistance * uptake) / (1.0 + resistance * slope)
            p = np.maximum(p + step, 0.0)
            if np.all(np.abs(step) <= 1e-7 * max(self.pressure, 1.0)):
                return p
        raise SolveError("oxygen at the surface of a cluster did not settle")
