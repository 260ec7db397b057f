"""Clusters of cells in the scaffold's oxygen: two scales, joined without counting anything twice.

A mesh is too coarse for a cluster of 50 µm. So the mesh bears each as a ball of radius b, wide
enough for it, that takes what the cluster takes, u. The mean of its pressure there is the
background less ``10/7 · u/(4π κ b)``, what the ball costs itself; the cluster's surface is at the
background less ``u/(4π κ R)``. Hence ``p_surface = p_ball + u (10/(7 b) − 1/R)/(4π κ)``: exact but
where a ball is cut by a face of the gel or reaches into an ink of another permeability.
"""

from __future__ import annotations

import numpy as np

from meshes.errors import SolveError
from solver.materials.tensors import FloatArray
from solver.transport.oxygen import OxygenField, OxygenSolver
from solver.transport.places import SELF_FIELD, Balls
from solver.transport.spheroid import Take

_EDGES = 1.5  # of the mesh in a ball's radius
_ITERATIONS = 30
_TOLERANCE = 1e-5  # of the highest pressure


class ScaffoldOxygen:
    """The gel of a scaffold around clusters at fixed places (a ``Surroundings``).

    Parameters
    ----------
    solver
        The scaffold; its single cells and baths act along.
    centre
        Of the clusters ``(k, 3)``, µm, the same on every rank.

    Attributes
    ----------
    field
        The last answer, for pictures and for single cells; ``None`` before the first.
    """

    def __init__(self, solver: OxygenSolver, centre: FloatArray) -> None:
        self.solver = solver
        self.centre = np.asarray(centre, dtype=float)
        self.field: OxygenField | None = None
        self._least = _EDGES * solver.places.mesh_size(self.centre)
        self._around = 4.0 * np.pi * solver.permeability(self.centre)

    def surface(self, radius: FloatArray, take: Take, start: FloatArray) -> FloatArray:
        """See :meth:`solver.transport.spheroid.Surroundings.surface`.

        Raises
        ------
        InputError
            If a cluster lies outside the gel.
        SolveError
            If clusters and gel do not come to terms.
        """
        # At least this wide, a ball costs itself less than the cluster at its own surface, and the
        # iteration is stable.
        width = np.maximum(SELF_FIELD * radius, self._least)
        rise = (SELF_FIELD / width - 1.0 / radius) / self._around  # p_surface - p_ball, per uptake
        p = start
        for _ in range(_ITERATIONS):
            uptake, slope = take(p)
            slope = slope / (1.0 - rise * slope)
            at = p - rise * uptake
            self.field = self.solver.solve(Balls(self.centre, width, uptake, slope, at))
            ball = self.field.in_balls
            new = np.maximum(ball + rise * (uptake + slope * (ball - at)), 0.0)
            change = float(np.max(np.abs(new - p), initial=0.0))
            p = new
            if change <= _TOLERANCE * max(self.solver.highest, 1.0):
                return p
        raise SolveError(
            f"oxygen of the clusters did not settle in {_ITERATIONS} rounds "
            f"(last change {change:.2g} mmHg)",
            hint="clusters may lie one in another; a finer mesh helps where they are close",
        )
