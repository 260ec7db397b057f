"""Numbers of oxygen: medium, gel, tissue, respiration; how hypoxic a cell at a pressure is.

Pressures are in mmHg, since the partial pressure is what is continuous where gel, medium and tissue
meet; amounts are in amol, times inside are in hours. At 37 °C and 760 mmHg humid gas holds
7.13 mmHg of oxygen per percent (dry share of 713 mmHg).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from meshes.errors import InputError
from solver.materials.tensors import FloatArray

PER_HOUR = 3600.0  # seconds
_AMOL_PER_UM3 = 1e-3  # of 1 µM
_HALF, _STEEPNESS = 12.5, 1.8

Law = Literal["michaelis_menten", "first_order"]


def _require_positive(thing: object, *but: str) -> None:
    """Refuse numbers that are not positive and finite; those named ``but`` may be zero."""
    for field in fields(thing):  # type: ignore[arg-type]
        value = getattr(thing, field.name)
        if isinstance(value, str):
            continue
        low = value >= 0.0 if field.name in but else value > 0.0
        if not (low and np.isfinite(value)):
            least = "zero or more" if field.name in but else "a positive number"
            raise InputError(
                f"{type(thing).__name__}: {field.name} should be {least}, found {value}"
            )


@dataclass(frozen=True)
class OxygenGel:
    """What oxygen meets in the gel.

    Parameters
    ----------
    diffusivity
        µm²/s at 37 °C. Default 2500: water has 2790 (Avgoustiniatos 2007, Ind Eng Chem Res
        46:6157: 1310 µm²/s are 47 % of water); a gel of 2 % polymer a tenth less: assumption.
        Dense collagen has far less, 450 µm²/s at 11 % (10.1002/term.402).
    solubility
        µM/mmHg. Default 1.13: water 1.27 (same source: permeability over diffusivity) times
        0.89 for culture medium at 37 °C (Gnaiger, MiPNet06.03).
    """

    diffusivity: float = 2500.0
    solubility: float = 1.13

    def __post_init__(self) -> None:
        _require_positive(self)

    @property
    def permeability(self) -> float:
        """Diffusivity times solubility, amol/(h µm mmHg)."""
        return self.diffusivity * PER_HOUR * self.solubility * _AMOL_PER_UM3


@dataclass(frozen=True)
class Bath:
    """Medium, or blood, at a face of the gel.

    Parameters
    ----------
    pressure
        mmHg. Default 142: humid air with 5 % carbon dioxide at 37 °C (0.2095 · 0.95 · 713).
    layer
        Thickness of medium that nothing stirs, µm; 0 holds the pressure at the face itself.
        Default 500 (assumption; in a well 1600 µm deep all of it can be still:
        10.1111/j.1365-2184.2005.00345.x).
    diffusivity, solubility
        Of the medium, µm²/s and µM/mmHg; see :class:`OxygenGel`.
    """

    pressure: float = 142.0
    layer: float = 500.0
    diffusivity: float = 2790.0
    solubility: float = 1.13

    def __post_init__(self) -> None:
        _require_positive(self, "pressure", "layer")

    @property
    def conductance(self) -> float:
        """Flux through the layer per pressure across it, amol/(h µm² mmHg); needs a layer."""
        return OxygenGel(self.diffusivity, self.solubility).permeability / self.layer


@dataclass(frozen=True)
class Respiration:
    """What a cell takes.

    Parameters
    ----------
    rate
        At plenty of oxygen, amol/(cell s). Default 30: assumption; mammalian cells in culture
        range from below 1 to above 350 (10.1016/j.freeradbiomed.2011.05.024).
    half_pressure
        Where it is half of that, mmHg. Default 0.4 (0.075 to 0.75: 10.1007/978-1-4419-1241-1_2).
        The limit of zero order is approached as this goes to zero.
    law
        ``michaelis_menten``: rate · p/(p + half_pressure); ``first_order``: its straight start,
        rate · p/half_pressure, without a ceiling.
    """

    rate: float = 30.0
    half_pressure: float = 0.4
    law: Law = "michaelis_menten"

    def __post_init__(self) -> None:
        _require_positive(self, "rate")

    @property
    def most(self) -> float:
        """amol/(cell h) at plenty of oxygen."""
        return self.rate * PER_HOUR

    def share(self, pressure: FloatArray) -> FloatArray:
        """Rate over :attr:`most` at pressures of any shape, mmHg.

        Below zero it goes on straight: concave throughout, so that Newton's method cannot cycle.
        """
        if self.law == "first_order":
            return np.asarray(pressure / self.half_pressure)
        return np.asarray(pressure / (np.maximum(pressure, 0.0) + self.half_pressure))

    def slope(self, pressure: FloatArray) -> FloatArray:
        """Derivative of :meth:`share`, 1/mmHg."""
        if self.law == "first_order":
            return np.full_like(pressure, 1.0 / self.half_pressure)
        reach = np.maximum(pressure, 0.0) + self.half_pressure
        return np.asarray(self.half_pressure / reach**2)


@dataclass(frozen=True)
class Tissue:
    """Cells packed into a cluster.

    Parameters
    ----------
    cell_volume
        Volume of cluster per cell, µm³. Default 4000: a sphere of radius 8 µm at a packing of
        about a half: assumption.
    diffusivity, solubility
        µm²/s and µM/mmHg. Defaults 1310 and 1.02, measured in cell aggregates of rat pancreas at
        37 °C (Avgoustiniatos 2007, Ind Eng Chem Res 46:6157).
    """

    cell_volume: float = 4000.0
    diffusivity: float = 1310.0
    solubility: float = 1.02

    def __post_init__(self) -> None:
        _require_positive(self)

    @property
    def permeability(self) -> float:
        """Diffusivity times solubility, amol/(h µm mmHg)."""
        return OxygenGel(self.diffusivity, self.solubility).permeability


def hypoxia_dose(
    pressure: FloatArray, *, half: float = _HALF, steepness: float = _STEEPNESS
) -> FloatArray:
    """Dose of the cue ``hypoxia`` at a site: 0 in plenty, 1 without oxygen.

    ``1/(1 + (p/half)^steepness)``, in the shape of HIF-1α against oxygen in HeLa cells: half of it
    between 1.5 and 2 %, its most at 0.5 % (10.1152/ajpcell.1996.271.4.C1172). So half is 12.5 mmHg,
    and 90 % at 3.6 mmHg makes the steepness 1.8: derived. That dose 1 of the cue stands for the
    most of HIF-1α is an assumption.

    Parameters
    ----------
    pressure
        Oxygen, mmHg, any shape.
    half
        Where the dose is a half, mmHg.
    steepness
        Exponent.
    """
    ratio = np.maximum(np.asarray(pressure, dtype=float), 0.0) / half
    return np.asarray(1.0 / (1.0 + ratio**steepness))
