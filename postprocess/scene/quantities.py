"""What can be shown, how it is called, and how it is coloured: one map per quantity, everywhere.

All maps are perceptually uniform and readable without red-green vision and in grey. Results that
are compared share the limits of :func:`limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from meshes.errors import InputError
from postprocess.columns import column_description, column_unit
from postprocess.contract import CUE_PREFIX, FloatArray
from postprocess.labels import cue_label
from postprocess.style import DIRECTION_MAP, DORMANCY_MAP, INK_COLOURS, STIFFNESS_MAP, value_range

if TYPE_CHECKING:
    from postprocess.scene.data import Scene

Where = Literal["cells", "points", "sites"]
Policy = Literal["robust", "unit", "from_one", "symmetric", "inks"]

LOG_FROM = 20.0
"""Ratio of the largest to the smallest value from which a bar is logarithmic, where it may be."""

_MIDDLE = (0.5, 99.5)  # percentiles: a few cells far out must not take all the colour


@dataclass(frozen=True)
class Quantity:
    """One thing that can be shown.

    Parameters
    ----------
    key
        Name of the array in the scene.
    label
        Words for a colour bar, without the unit.
    unit
        ``"kPa"``, ``"µm"``, ``""`` for a pure number.
    cmap
        Name of the colour map, for Matplotlib and PyVista.
    log
        Whether a bar may be logarithmic; it is where values span more than ``LOG_FROM``.
    where
        ``"cells"`` or ``"points"`` of the mesh, or ``"sites"``.
    policy
        Limits: ``robust`` (middle 99 % of the values), ``unit`` (0 to 1), ``from_one`` (1 to the
        largest, at least 1.1), ``symmetric`` (about 0), ``inks`` (one colour each).
    word
        Short name for the command line.
    """

    key: str
    label: str
    unit: str
    cmap: str
    log: bool
    where: Where
    policy: Policy = "robust"
    word: str = ""

    @property
    def title(self) -> str:
        """Label with the unit, as a colour bar says it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def values(self, scene: Scene) -> FloatArray:
        """``(m,)`` values in a scene, one per cell, point or site.

        Raises
        ------
        InputError
            Where this result does not hold it.
        """
        store = self._store(scene)
        if self.key not in store:
            raise InputError(
                f"this result holds no {self.key}",
                hint=f"known: {', '.join(q.word or q.key for q in shown(scene, self.where))}",
            )
        return np.asarray(store[self.key], dtype=float)

    def held(self, scene: Scene) -> bool:
        """Whether a scene has it."""
        return self.key in self._store(scene)

    def _store(self, scene: Scene) -> Any:
        if self.where == "sites":
            return scene.sites.point_data
        return scene.grid.cell_data if self.where == "cells" else scene.grid.point_data


@dataclass(frozen=True)
class Limits:
    """Ends of a colour bar, in the unit of its quantity.

    Parameters
    ----------
    low, high
        The ends, ``low < high``.
    log
        Whether colours follow the logarithm.
    below, above
        Whether values lie outside, so that the bar's ends are pointed.
    """

    low: float
    high: float
    log: bool = False
    below: bool = False
    above: bool = False

    @property
    def clim(self) -> tuple[float, float]:
        """Both ends, as PyVista takes them."""
        return self.low, self.high

    @property
    def extend(self) -> Literal["neither", "min", "max", "both"]:
        """Which ends are pointed, in Matplotlib's words."""
        if self.below and self.above:
            return "both"
        return "min" if self.below else "max" if self.above else "neither"


_GEL = "Young’s modulus of the gel"
FIELDS: tuple[Quantity, ...] = (
    Quantity("E_isotropic_kPa", f"{_GEL}, averaged over directions", "kPa", STIFFNESS_MAP, True,
             "cells", word="stiffness"),
    Quantity("E_fibre_kPa", f"{_GEL} along the fibres", "kPa", STIFFNESS_MAP, True, "cells",
             word="along"),
    Quantity("E_cross_kPa", f"{_GEL} across the fibres", "kPa", STIFFNESS_MAP, True, "cells",
             word="across"),
    Quantity("anisotropy", "stiffness along the fibres ÷ stiffness across them", "",
             DIRECTION_MAP, False, "cells", "from_one", "anisotropy"),
    Quantity("alignment", "order parameter of the fibres (0: all directions, 1: all alike)", "",
             DIRECTION_MAP, False, "cells", "unit", "alignment"),
    Quantity("fibre_stretch", "stretch along the fibres", "", DIRECTION_MAP, False, "cells",
             word="stretch"),
    Quantity("von_mises_kPa", "equivalent (von Mises) stress", "kPa", "inferno", True, "cells",
             word="stress"),
    Quantity("largest_strain", "largest principal strain", "", "magma", False, "cells",
             word="strain"),
    Quantity("displacement_size_um", "displacement", "µm", "magma", False, "points",
             word="displacement"),
    Quantity("ink", "ink", "", "inks", False, "cells", "inks", "ink"),
)  # fmt: skip
"""Fields of the mesh, in the order in which they are offered."""

PRINT_ORDER = Quantity(
    "order", "order of printing, from 0", "", "viridis_r", False, "cells", word="order"
)
"""Colour of a print path by time: light first, dark last."""

_SITES: tuple[Quantity, ...] = (
    Quantity("p_dormant", "P(dormant): fraction asleep (G0)", "", DORMANCY_MAP, False, "sites",
             "unit", "p"),
    Quantity("p_dormant_low", "P(dormant), lower end of the band", "", DORMANCY_MAP, False,
             "sites", "unit", "p_low"),
    Quantity("p_dormant_high", "P(dormant), upper end of the band", "", DORMANCY_MAP, False,
             "sites", "unit", "p_high"),
    Quantity("p_band", "width of the band of P(dormant)", "", "inferno", False, "sites", "unit",
             "band"),
    Quantity("stiffness_kPa", "sensed stiffness, mean over directions", "kPa", STIFFNESS_MAP,
             True, "sites", word="stiffness"),
    Quantity("stiffest_kPa", "sensed stiffness, stiffest direction", "kPa", STIFFNESS_MAP, True,
             "sites", word="stiffest"),
    Quantity("softest_kPa", "sensed stiffness, softest direction", "kPa", STIFFNESS_MAP, True,
             "sites", word="softest"),
    Quantity("anisotropy", "stiffest ÷ softest sensed stiffness", "", DIRECTION_MAP, False,
             "sites", "from_one", "anisotropy"),
    Quantity("depth_um", "depth below the bathed surface", "µm", "magma", False, "sites",
             word="depth"),
    Quantity("ink", "ink", "", "inks", False, "sites", "inks", "ink"),
)  # fmt: skip


def shown(scene: Scene, where: Where | None = None) -> list[Quantity]:
    """Every quantity that a scene holds, in the order in which it is offered.

    Parameters
    ----------
    scene
        The result.
    where
        Only those of the ``"sites"``, or of the mesh (``"cells"`` or ``"points"``: both); None:
        all.
    """
    of_mesh = [quantity for quantity in FIELDS if quantity.held(scene)]
    of_sites = [quantity for quantity in _SITES if quantity.held(scene)]
    of_sites += [_share(key) for key in scene.sites.point_data if key.startswith(CUE_PREFIX)]
    if where is None:
        return of_mesh + of_sites
    return of_sites if where == "sites" else of_mesh


def _share(key: str) -> Quantity:
    """Share of one cue: the map of dormancy about 0, dark keeps asleep and light wakes."""
    cue = key.removeprefix(CUE_PREFIX)
    label = f"share of {cue_label(cue)} in the log-odds of sleep"
    return Quantity(key, label, "", DORMANCY_MAP, False, "sites", "symmetric", cue)


def find(name: str, scene: Scene, where: Where) -> Quantity:
    """The quantity of a name: that of its array, or its short word.

    Raises
    ------
    InputError
        Where the result does not hold it; the message lists what it does hold.
    """
    offered = shown(scene, where)
    for quantity in offered:
        if name in (quantity.key, quantity.word):
            return quantity
    raise InputError(
        f"nothing called {name!r} among what the {'sites' if where == 'sites' else 'mesh'} of this "
        "result can show",
        hint=f"one of: {', '.join(quantity.word for quantity in offered)}",
    )


def limits(quantity: Quantity, *scenes: Scene) -> Limits:
    """Ends of the colour bar by which all of the scenes can be shown and compared.

    Raises
    ------
    InputError
        Where one of the scenes does not hold the quantity.
    """
    values = [quantity.values(scene) for scene in scenes]
    lowest, highest = min(v.min() for v in values), max(v.max() for v in values)
    if quantity.policy == "inks":
        return Limits(-0.5, max(len(scene.inks) for scene in scenes) - 0.5)
    if quantity.policy == "unit":
        return Limits(0.0, 1.0, below=bool(lowest < 0), above=bool(highest > 1))
    if quantity.policy == "from_one":
        # From "no preferred direction" up, so that a hint of alignment does not fill the map.
        low = 1.0 if lowest > 1 - 1e-6 else float(lowest)
        return Limits(low, max(float(highest), 1.1))
    if quantity.policy == "symmetric":
        end = max(float(np.max(np.abs(np.percentile(np.concatenate(values), _MIDDLE)))), 0.1)
        return Limits(-end, end, below=bool(lowest < -end), above=bool(highest > end))
    ends = np.array([np.percentile(v, _MIDDLE) for v in values])
    low, high = value_range(ends)
    log = quantity.log and low > 0 and high > LOG_FROM * low
    return Limits(low, high, log, bool(lowest < low), bool(highest > high))


def colours(quantity: Quantity, ends: Limits) -> Any:
    """Colour map as PyVista takes it: a name, or for inks the list of their colours."""
    return ink_list(round(ends.high + 0.5)) if quantity.policy == "inks" else quantity.cmap


def ink_list(count: int) -> list[str]:
    """Colours of ``count`` inks, by index."""
    return [INK_COLOURS[number % len(INK_COLOURS)] for number in range(count)]


def describe(quantity: Quantity) -> str:
    """One line saying what it is, for help texts and tooltips; plain text."""
    if quantity.where == "sites" and quantity.key != "p_band":
        unit = column_unit(quantity.key)
        words = column_description(quantity.key)
        return f"{words} ({unit})" if unit not in ("", "1") else words
    return quantity.title
