"""A woodpile of coaxial strands: a core of one ink in a shell of another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy.typing as npt

from meshes.checks import require_inks
from meshes.errors import InputError
from meshes.lens import clipped_strand_area, shared_area, shared_volume
from meshes.scaffold import FloatArray, IntArray, require_positive
from meshes.woodpile import Woodpile

THINNEST_SHELL = 0.05
THINNEST_CORE = 0.10


@dataclass(frozen=True)
class CoreShellWoodpile:
    """A woodpile of concentric strands; where two cross, the one printed earlier keeps its volume.

    Parameters
    ----------
    strand_diameter, pitch, layer_height, layers, lay_down, size
        As of a :class:`~meshes.woodpile.Woodpile`.
    core_diameter
        µm; 10 to 90 % of the strand's diameter.
    inks
        Names of core and shell.

    Raises
    ------
    InputError
        If the woodpile cannot be made, the core is too thin or leaves a shell of less than 5 % of
        the diameter, or there are not exactly two inks.
    """

    strand_diameter: float
    core_diameter: float
    pitch: float
    layer_height: float
    layers: int
    lay_down: tuple[float, ...] = (0.0, 90.0)
    size: tuple[float, float] = (2400.0, 2400.0)
    inks: tuple[str, ...] = ("core", "shell")

    def __post_init__(self) -> None:
        core = require_positive("core_diameter (µm)", self.core_diameter)
        object.__setattr__(self, "core_diameter", core)
        object.__setattr__(self, "inks", require_inks(self.inks, 2, "a core-shell strand"))
        for name in ("strand_diameter", "pitch", "layer_height", "layers", "lay_down", "size"):
            object.__setattr__(self, name, getattr(self.pile, name))
        thin, thick = THINNEST_CORE, 1.0 - 2.0 * THINNEST_SHELL
        share = core / self.strand_diameter
        if not thin - 1e-12 <= share <= thick + 1e-12:
            raise InputError(
                f"core_diameter: {core:g} µm is {100 * share:.3g} % of the strand's diameter; "
                f"expected {100 * thin:g} to {100 * thick:g} %",
                hint=f"choose {thin * self.strand_diameter:g} to "
                f"{thick * self.strand_diameter:g} µm; without core or shell take a woodpile",
            )

    @cached_property
    def pile(self) -> Woodpile:
        """The strands as a woodpile of one ink."""
        return Woodpile(
            self.strand_diameter,
            self.pitch,
            self.layer_height,
            self.layers,
            self.lay_down,
            self.size,
        )

    @property
    def substrate_height(self) -> float:
        """z of the glass, µm."""
        return self.pile.substrate_height

    @property
    def height(self) -> float:
        """layers·layer_height, µm."""
        return self.pile.height

    @property
    def footprint_area(self) -> float:
        """lx·ly, µm²."""
        return self.pile.footprint_area

    @property
    def bounds(self) -> FloatArray:
        """Lower and upper corner of the box, shape (2, 3), µm."""
        return self.pile.bounds

    def signed_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As of the woodpile: (n, 3) µm -> (n,) µm."""
        return self.pile.signed_distance(x)

    def free_surface_distance(self, x: npt.ArrayLike) -> FloatArray:
        """As of the woodpile: (n, 3) µm -> (n,) µm."""
        return self.pile.free_surface_distance(x)

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """0 within a core's radius of the axis of the owning, else the nearest strand, 1 beyond."""
        owner = self.pile.layer(x)
        shell = self.pile.axis_distance(x, owner) >= 0.5 * self.core_diameter
        return shell.astype(owner.dtype)

    def print_direction(self, x: npt.ArrayLike) -> FloatArray:
        """Unit vector along the owning, else the nearest strand: (n, 3) µm -> (n, 3)."""
        return self.pile.print_direction(x)

    def volume(self) -> dict[str, float] | None:
        """Exact volume of core and shell, µm³, for lay-downs of 0 and 90 degrees; otherwise None.

        Cores less what each has in common with the strands of the layer below, which were printed
        earlier; the shell is the rest of the woodpile.
        """
        pile = self.pile
        whole = pile.volume()
        if whole is None:
            return None
        outer, inner, rise = self.strand_diameter, self.core_diameter, self.layer_height
        core = 0.0
        for k in range(pile.layers):
            count = pile.strands_in_layer(k)
            length = pile.size[0] if pile.angle(k) == 0.0 else pile.size[1]
            cuts = (k == 0) + (k == pile.layers - 1)
            core += count * length * clipped_strand_area(inner, rise, cuts)
            if k and pile.angle(k) == pile.angle(k - 1):
                core -= count * length * shared_area(inner, outer, rise)
            elif k:
                shared = count * pile.strands_in_layer(k - 1)
                core -= shared * shared_volume(inner, outer, rise)
        return {self.inks[0]: core, self.inks[1]: sum(whole.values()) - core}
