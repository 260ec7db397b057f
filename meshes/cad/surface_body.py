"""A closed surface as a scaffold: what an STL file becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.cad.polyhedron import Polyhedron, enclosed_volume
from meshes.cad.surface import Surface, repaired_surface
from meshes.checks import require_direction, require_inks
from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray, as_points


@dataclass(frozen=True, eq=False)
class SurfaceBody:
    """The body inside a closed surface of triangles, a :class:`~meshes.scaffold.Scaffold`.

    It is moved in z, and only in z, so that its lowest corner stands on z = 0; `notes` says so.

    Parameters
    ----------
    points
        Vertices, shape (n, 3), µm.
    triangles
        Shape (m, 3). The surface is checked and turned outwards as
        :func:`~meshes.cad.surface.repaired_surface` does; self-intersections are not looked for.
    inks
        The name of its one ink, or a tuple that holds it.
    direction
        Print direction everywhere, shape (3,); normalised here. A surface does not say how it was
        printed: +x is an assumption.
    on_glass
        Whether a rigid plane carries the body at z = 0; without it that face is bathed too.

    Raises
    ------
    InputError
        If the surface is not closed or bounds no volume, there is not exactly one ink, or the
        direction has no length.
    """

    points: FloatArray
    triangles: IntArray
    inks: tuple[str, ...] = ("gel",)
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)
    on_glass: bool = True
    notes: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        points = as_points(self.points)
        corners = points[_indices(self.triangles, len(points))]
        if not np.isfinite(corners).all():
            raise InputError("surface: points hold values that are not finite")
        self._settle(repaired_surface("surface", corners))

    @classmethod
    def of(
        cls,
        surface: Surface,
        inks: tuple[str, ...] = ("gel",),
        direction: tuple[float, float, float] = (1.0, 0.0, 0.0),
        on_glass: bool = True,
    ) -> SurfaceBody:
        """The body of a surface that :func:`~meshes.cad.stl.read_stl` has read and checked.

        Parameters are those of the class; nothing is checked twice.
        """
        body = object.__new__(cls)
        for name, value in (("inks", inks), ("direction", direction), ("on_glass", on_glass)):
            object.__setattr__(body, name, value)
        body._settle(surface)
        return body

    def _settle(self, surface: Surface) -> None:
        """Move a sound surface onto z = 0 and keep it."""
        volume = enclosed_volume(surface.points, surface.triangles)
        if not volume > 0.0:
            raise InputError("surface: it encloses no volume", hint="a flat sheet is no body")
        lowest = float(surface.points[:, 2].min())
        notes = list(surface.notes)
        if lowest:
            notes.append(f"moved by {-lowest:g} µm in z, so that it stands on z = 0")
        settled = {
            "points": surface.points - np.array([0.0, 0.0, lowest]),
            "triangles": surface.triangles,
            "inks": require_inks(self.inks, 1, "a closed surface"),
            "direction": require_direction(self.direction, "a body"),
            "on_glass": bool(self.on_glass),
            "_volume": volume if surface.disjoint else None,
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)
        if not self._surface.on_glass.any():
            notes.append(STANDS_ON_A_POINT)
        object.__setattr__(self, "notes", tuple(notes))

    @cached_property
    def _surface(self) -> Polyhedron:
        return Polyhedron(self.points, self.triangles)

    @property
    def substrate_height(self) -> float | None:
        """z of the glass, µm, or None."""
        return 0.0 if self.on_glass else None

    @property
    def height(self) -> float:
        """z of the highest corner, µm."""
        return self._surface.height

    @property
    def footprint_area(self) -> float:
        """Area of the convex hull of the body seen from above, µm²."""
        return self._surface.footprint_area

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner, shape (2, 3), µm."""
        return self._surface.bounds

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the triangles, negative inside: (n, 3) µm -> (n,) µm.

        Where closed shells overlap, a lower bound inside.
        """
        return self._surface.signed_distance(as_points(x))

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """Exact distance to the bathed triangles: (n, 3) µm -> (n,) µm.

        On glass the body goes on straight below its triangles at z = 0.
        """
        if not self.on_glass:
            return self.signed_distance(x)
        return self._surface.free_distance(as_points(x))

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Zero everywhere: (n, 3) µm -> (n,)."""
        return np.zeros(len(as_points(x)), dtype=np.int64)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """The given direction everywhere: (n, 3) µm -> (n, 3)."""
        return np.tile(np.array(self.direction), (len(as_points(x)), 1))

    def volume(self) -> dict[str, float] | None:
        """Exact volume of the polyhedron, µm³; None where its shells may overlap."""
        volume: float | None = self.__dict__["_volume"]
        return None if volume is None else {self.inks[0]: volume}


STANDS_ON_A_POINT = (
    "no triangle lies flat on z = 0: the body stands on a corner or an edge, and glass will hold "
    "it only there; cut it flat where it should stand"
)


def _indices(triangles: npt.ArrayLike, count: int) -> IntArray:
    """Triangles as indices of points."""
    given = np.asarray(triangles)
    if given.ndim != 2 or given.shape[1] != 3 or given.dtype.kind not in "iu":
        raise InputError(
            f"surface: triangles need whole numbers in the shape (m, 3), found {given.shape}"
        )
    if given.size and (given.min() < 0 or given.max() >= count):
        raise InputError(f"surface: triangles hold an index outside 0…{count - 1}")
    return given.astype(np.int64)
