"""The numbers of the molecular clutch: presets read from ``parameters.toml``, and a digest."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any

from meshes.errors import InputError

from ..parameters import unknown_name


@dataclass(frozen=True)
class ClutchParameters:
    """All numbers of the clutch; units and meaning in ``parameters.toml``.

    Forces in pN, lengths in nm (adhesion radius and densities: um), times in s.

    Raises
    ------
    InputError
        If a number is not finite (``-inf`` is allowed for the two logarithms of rates) or not
        within its bounds, if the cap of the density lies below its start, if the run is shorter
        than a step, or if a free clutch would bind at a rate of 0.
    """

    motors: float
    motor_force: float
    unloaded_speed: float
    clutches: float
    clutch_stiffness: float
    adhesion_radius: float
    on_rate: float
    density: float
    density_cap: float
    density_step: float
    off_scale: float
    catch_rate: float
    catch_slope: float
    slip_rate: float
    slip_slope: float
    idle_rate: float
    idle_slope: float
    talin_share: float
    unfolding_log_rate: float
    unfolding_slope: float
    refolding_log_rate: float
    refolding_slope: float
    vinculin_rate: float
    time_step: float
    duration: float
    same_step: float

    def __post_init__(self) -> None:
        for name, entry in _document()["parameters"].items():
            number = getattr(self, name)
            smallest, largest = entry["allowed"]
            # NaN fails every comparison.
            if not smallest <= number <= largest:
                raise InputError(
                    f"clutch parameter {name}: expected {smallest:g} to {largest:g} "
                    f"{entry['unit']}, found {number:g}"
                )
        if self.density_cap < self.density:
            raise InputError(
                "clutch parameter density_cap: expected at least the density at the start, "
                f"{self.density:g}, found {self.density_cap:g}"
            )
        if self.duration < self.time_step:
            raise InputError(
                f"clutch parameter duration: expected at least one time step, {self.time_step:g} "
                f"s, found {self.duration:g} s"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of all numbers, in their order: two equal digests give equal tables."""
        text = ";".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def has_talin(self) -> bool:
        """Whether talin can unfold and be caught by vinculin: what the gate's drive is made of."""
        return self.unfolding_log_rate > -math.inf and self.vinculin_rate > 0.0

    @property
    def adhesion_area(self) -> float:
        """Area of the adhesion, um²."""
        return math.pi * self.adhesion_radius**2

    def spring(self, stiffness_kPa: float) -> float:
        """Spring constant of the substrate under the adhesion, k_sub = 4 pi a E / 9, in pN/nm.

        Parameters
        ----------
        stiffness_kPa
            Young's modulus E, kPa. 1 kPa·um is 1 pN/nm, so no factor is hidden.

        Returns
        -------
        float
        """
        return 4.0 * math.pi * self.adhesion_radius * stiffness_kPa / 9.0

    def depleted(self) -> ClutchParameters:
        """The same adhesion without reinforcement by talin (``density_step`` 0)."""
        return replace(self, density_step=0.0)


@cache
def _document() -> dict[str, Any]:
    text = files(__package__).joinpath("parameters.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def known_clutch_presets() -> tuple[str, ...]:
    """Names of the presets, in the order of ``parameters.toml``."""
    return tuple(_document()["presets"])


def known_clutch_parameters() -> tuple[str, ...]:
    """Names of the parameters, in the order of ``parameters.toml``."""
    return tuple(_document()["parameters"])


def load_clutch(
    preset: str = "talin", overrides: Mapping[str, float] | None = None
) -> ClutchParameters:
    """The clutch's numbers under a named preset.

    Parameters
    ----------
    preset
        One of `known_clutch_presets`.
    overrides
        Single numbers to replace, by name, in the unit of ``parameters.toml``.

    Returns
    -------
    ClutchParameters

    Raises
    ------
    InputError
        If the preset or a name is unknown, or a number is not one or not admissible.
    """
    presets = _document()["presets"]
    if preset not in presets:
        raise unknown_name("clutch preset", preset, presets)
    values = dict(presets[preset]["values"])
    for name, number in (overrides or {}).items():
        if name not in values:
            raise unknown_name("clutch parameter", name, values)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InputError(f"clutch parameter {name}: expected a number, found {number!r}")
        values[name] = number
    return ClutchParameters(**{name: float(number) for name, number in values.items()})
