"""Triply periodic minimal surfaces: one of the two networks that they part, as a solid.

    gyroid     g = sin X cos Y + sin Y cos Z + sin Z cos X
    Schwarz P  g = cos X + cos Y + cos Z

with X = 2πx/cell + phase and so on (the nodal approximations, von Schnering & Nesper 1991,
doi 10.1007/BF01313411); the solid is g < t. The level t is found from the solid fraction by
quadrature: along Z both are c + R cos(Z - α), of which the share below t is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from meshes.checks import require_inks, require_size
from meshes.errors import InputError
from meshes.scaffold import FloatArray, as_points, require_positive
from meshes.shapes.boxed import BoxBody
from meshes.slab import Slab

SURFACES = ("gyroid", "schwarz_p")
# Below the lower bound of a Schwarz P its gel falls into beads, above the upper one its pores do.
FRACTIONS = {"gyroid": (0.15, 0.85), "schwarz_p": (0.23, 0.77)}
MAX_CELLS = 1_000
# Where the box starts in the cell. A Schwarz P stands on its nodes, not on its necks. The faces of
# a box of whole cells cut crumbs off a gyroid along its edges, but for these starts: the first one
# up to a fraction of 0.335, the second from there on (found by counting pieces).
_START = {"gyroid": (0.33 * math.pi, 0.38 * math.pi), "schwarz_p": (math.pi, math.pi)}
_START_CHANGES = 0.335
# No second derivative of g in any direction is larger: g is a sum of waves a·cos(q·X + φ), and
# Σ a (q·v)² is 2 for the six of a gyroid (a = ½, q = (1, ±1, 0) …) and 1 for the three of a P.
_CURVATURE = {"gyroid": 2.0, "schwarz_p": 1.0}
_NODES = 1024  # of the quadrature, per axis of half a period


@dataclass(frozen=True)
class TPMS(BoxBody):
    """A network solid in a box on glass, printed layer by layer along x (assumption).

    Parameters
    ----------
    surface
        "gyroid" or "schwarz_p".
    cell
        Edge of the cubic unit cell, µm.
    solid_fraction
        Share of a whole cell that is gel: 0.15 to 0.85, for a Schwarz P 0.23 to 0.77, between which
        both gel and pores hang together.
    size
        Edge lengths of the box (lx, ly, lz), µm.
    inks
        The name of its one ink, or a tuple that holds it.

    Raises
    ------
    InputError
        If the surface is unknown, a number not finite and positive, the fraction out of bounds, an
        edge shorter than half a cell, there are more than 1000 cells, or not exactly one ink.
    """

    surface: str
    cell: float
    solid_fraction: float
    size: tuple[float, float, float]
    inks: tuple[str, ...] = ("gel",)

    def __post_init__(self) -> None:
        if self.surface not in SURFACES:
            raise InputError(f"surface: expected one of {list(SURFACES)}, found {self.surface!r}")
        object.__setattr__(self, "cell", require_positive("cell (µm)", self.cell))
        fraction = require_positive("solid_fraction", self.solid_fraction)
        object.__setattr__(self, "solid_fraction", fraction)
        object.__setattr__(self, "size", require_size(self.size, "xyz", f"a {self.surface}"))
        object.__setattr__(self, "inks", require_inks(self.inks, 1, f"a {self.surface}"))
        low, high = FRACTIONS[self.surface]
        if not low <= fraction <= high:
            raise InputError(
                f"solid_fraction: expected {low:g} to {high:g} for a {self.surface}, found "
                f"{fraction:g}",
                hint="outside, struts or pores become too thin or fall apart",
            )
        if min(self.size) < 0.5 * self.cell:
            raise InputError(
                f"size: {min(self.size):g} µm is less than half a cell of {self.cell:g} µm",
                hint="make the box larger or the cell smaller",
            )
        cells = math.prod(self.size) / self.cell**3
        if cells > MAX_CELLS:
            raise InputError(
                f"size: the box holds {cells:.0f} cells; {MAX_CELLS} is the most",
                hint="simulate a smaller piece: the pattern repeats",
            )

    @cached_property
    def box(self) -> Slab:
        """The box that the network fills."""
        return Slab(self.size)

    @cached_property
    def level(self) -> float:
        """The level t below which g is gel."""
        return level_of(self.surface, self.solid_fraction)

    @property
    def start(self) -> float:
        """Phase X = Y = Z at the corner of the box in the origin."""
        return _START[self.surface][self.solid_fraction >= _START_CHANGES]

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Lower bound of the distance to the surface, negative in the gel: (n, 3) -> (n,) µm.

        No second derivative of g is larger than M, so that over a way s it changes by at most
        |∇g| s + M s²/2: the level is no nearer than the root of |∇g| s + M s²/2 = |g - t|. The sign
        is exact, the error of the value of second order in the distance.
        """
        points = as_points(x)
        return np.maximum(self._network_distance(points), self.box.signed_distance(points))

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As :meth:`signed_distance` without the face on glass: (n, 3) µm -> (n,) µm.

        Under the glass the contact with it goes on as walls.
        """
        points = as_points(x)
        above = np.maximum(points, (-np.inf, -np.inf, 0.0))
        return np.maximum(self._network_distance(above), self.box.free_surface_distance(points))

    def volume(self) -> dict[str, float] | None:
        """solid_fraction·lx·ly·lz (µm³) where the box is of whole cells; otherwise None."""
        cells = np.array(self.size) / self.cell
        if np.abs(cells - np.rint(cells)).max() > 1e-9:
            return None
        return {self.inks[0]: self.solid_fraction * math.prod(self.size)}

    def _network_distance(self, points: FloatArray) -> FloatArray:
        """Lower bound of the distance to g = t, negative in the gel, (n,) µm."""
        wave = 2.0 * math.pi / self.cell
        g, slope = _nodal(self.surface, points * wave + self.start)
        steepness = np.linalg.norm(slope, axis=1)
        gap = g - self.level
        curvature = _CURVATURE[self.surface]
        # The root, in a form that does not cancel.
        root = np.sqrt(steepness**2 + 2.0 * curvature * np.abs(gap))
        way = 2.0 * np.abs(gap) / np.maximum(steepness + root, np.finfo(np.float64).tiny)
        return np.copysign(way / wave, gap)


def _nodal(surface: str, phase: FloatArray) -> tuple[FloatArray, FloatArray]:
    """g and its gradient at phases (n, 3): (n,), (n, 3)."""
    cos, sin = np.cos(phase), np.sin(phase)
    if surface == "schwarz_p":
        return cos.sum(axis=1), -sin
    # Columns turn in step: sin X cos Y + sin Y cos Z + sin Z cos X.
    following, preceding = np.roll(cos, -1, axis=1), np.roll(sin, 1, axis=1)
    return (sin * following).sum(axis=1), cos * following - preceding * sin


@lru_cache(maxsize=64)
def level_of(surface: str, fraction: float) -> float:
    """Level t for which the share of a cell with g < t is `fraction`, to 1e-6 of it.

    Parameters
    ----------
    surface
        "gyroid" or "schwarz_p".
    fraction
        Between 0 and 1.

    Returns
    -------
    float
    """
    from scipy.optimize import brentq

    u = (np.arange(_NODES) + 0.5) * (math.pi / _NODES)
    # Half a period of each does: g depends on cos Y and sin² Y, and is even about X = π/2 (of the
    # gyroid, where the half runs from -π/2) or about 0.
    x, y = np.meshgrid(u - 0.5 * math.pi if surface == "gyroid" else u, u, indexing="ij")
    if surface == "gyroid":
        mean, swing = np.sin(x) * np.cos(y), np.hypot(np.sin(y), np.cos(x))
    else:
        mean, swing = np.cos(x) + np.cos(y), np.ones_like(x)

    def missing(level: float) -> float:
        # mean + swing·cos ζ < t for a share 1 - arccos((t - mean)/swing)/π of all ζ
        above = np.arccos(np.clip((level - mean) / swing, -1.0, 1.0)) / math.pi
        return float(1.0 - above.mean() - fraction)

    return float(brentq(missing, -3.0, 3.0, xtol=1e-9))
