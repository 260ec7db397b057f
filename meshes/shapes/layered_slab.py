"""A box of layers, each of one ink: cast or printed on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from meshes.checks import require_size
from meshes.errors import InputError
from meshes.scaffold import IntArray, as_points, require_ink_names, require_positive
from meshes.shapes.boxed import BoxBody
from meshes.slab import Slab

MAX_LAYERS = 200


@dataclass(frozen=True)
class LayeredSlab(BoxBody):
    """Layers on glass, each over the whole footprint [0, lx]x[0, ly].

    Parameters
    ----------
    size
        Footprint (lx, ly), µm.
    thicknesses
        Thickness of each layer from the glass up, µm.
    inks
        Name of the ink of each layer; names may repeat. Kept as the distinct names in order of
        first use, as for all scaffolds.

    Attributes
    ----------
    layer_inks
        Index into `inks` for each layer.

    Raises
    ------
    InputError
        If a length is not finite and positive, there is no layer or more than 200, or inks and
        layers differ in number.
    """

    size: tuple[float, float]
    thicknesses: tuple[float, ...]
    inks: tuple[str, ...]
    layer_inks: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", require_size(self.size, "xy", "a layered slab"))
        layers = _thicknesses(self.thicknesses)
        names = (self.inks,) if isinstance(self.inks, str) else tuple(self.inks)
        if len(names) != len(layers):
            raise InputError(
                f"inks: expected one for each of {len(layers)} layer(s), found {len(names)}: "
                f"{list(names)}",
                hint="a name may occur more than once",
            )
        inks = require_ink_names(dict.fromkeys(names))
        object.__setattr__(self, "thicknesses", layers)
        object.__setattr__(self, "inks", inks)
        object.__setattr__(self, "layer_inks", tuple(inks.index(name) for name in names))

    @cached_property
    def box(self) -> Slab:
        """All layers together."""
        return Slab((*self.size, sum(self.thicknesses)))

    def ink(self, x: npt.ArrayLike) -> IntArray:
        """Index of the ink of the layer at each point, of the nearest beyond: (n, 3) µm -> (n,)."""
        interfaces = np.cumsum(self.thicknesses)[:-1]
        layer = np.searchsorted(interfaces, as_points(x)[:, 2], side="left")
        return np.array(self.layer_inks, dtype=np.int64)[layer]

    def volume(self) -> dict[str, float]:
        """lx·ly·thickness of the layers of each ink, µm³."""
        totals = dict.fromkeys(self.inks, 0.0)
        for thickness, ink in zip(self.thicknesses, self.layer_inks, strict=True):
            totals[self.inks[ink]] += self.footprint_area * thickness
        return totals


def _thicknesses(given: float | Sequence[float]) -> tuple[float, ...]:
    """Thicknesses as positive floats."""
    layers = (given,) if np.ndim(given) == 0 else tuple(given)  # type: ignore[arg-type]
    if not 1 <= len(layers) <= MAX_LAYERS:
        raise InputError(f"thicknesses: expected 1 to {MAX_LAYERS} layers, found {len(layers)}")
    return tuple(
        require_positive(f"thickness of layer {k} (µm)", value)
        for k, value in enumerate(layers, start=1)
    )
