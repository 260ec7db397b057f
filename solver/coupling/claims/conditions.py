"""From the settings of an arm to what both tiers are asked: stiffness, cells, doses and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ..collagen_doses import COLLAGEN_CUES, FloatArray, collagen_doses, crimp_excess
from ..drugs import resolve_drugs
from ..parameters import load_preset

STIFFNESS = tuple(float(E) for E in np.geomspace(0.1, 32.0, 13))
"""Stiffness, kPa, at which every arm is looked at; of the gel without collagen where an arm has an
ink."""

WAVELENGTH = 20.0
"""Wavelength of collagen III in the inks of the arms, µm (assumption)."""


@dataclass(frozen=True)
class Condition:
    """One arm in one background, along `STIFFNESS`.

    Attributes
    ----------
    stiffness : ndarray, shape (k,)
        kPa.
    preset : str
        Which direction stiffness has.
    ligand, upar, fibronectin : float
        Relative to 1 = parental.
    doses, blocks : mapping of str to float
        Cues and blocks that are set.
    fine : bool
        Whether every tier has to look at all stiffnesses, however long it takes.
    """

    stiffness: FloatArray
    preset: str = "adhesive"
    ligand: float = 1.0
    upar: float = 1.0
    fibronectin: float = 1.0
    doses: Mapping[str, float] = field(default_factory=dict)
    blocks: Mapping[str, float] = field(default_factory=dict)
    fine: bool = False


def condition(settings: Mapping[str, str]) -> Condition:
    """Turn settings into a condition.

    Parameters
    ----------
    settings
        As of an arm or a background, see ``tables.settings``.

    Returns
    -------
    Condition

    Raises
    ------
    InputError
        If a drug is unknown or contradicts a block. Unknown cues and blocks are refused by the
        rule.
    """
    left = dict(settings)
    preset = left.pop("preset", "adhesive")
    chemistry = left.pop("chemistry", "on") == "on"
    fine = left.pop("grid", "") == "fine"
    fold = float(left.pop("times_E", 1.0))
    cells = {name: float(left.pop(name, 1.0)) for name in ("ligand", "upar", "fibronectin")}
    parts: dict[str, dict[str, float]] = {"": {}, "block": {}, "drug": {}, "ink": {}}
    for name, value in left.items():
        kind, _, bare = name.rpartition(":")
        parts[kind][bare] = float(value)
    stiffness, doses = np.asarray(STIFFNESS), parts[""]
    if parts["ink"]:
        ink = tuple(sorted(parts["ink"].items()))
        stiffness = ink_stiffness(ink)
        doses = {**_ink_doses(parts["ink"], preset), **doses}
    if not chemistry:
        doses = {cue: dose for cue, dose in doses.items() if cue not in COLLAGEN_CUES}
    blocks, doses = resolve_drugs(parts["drug"], parts["block"], doses)  # type: ignore[assignment]
    return Condition(
        stiffness=stiffness * fold,
        preset=preset,
        **cells,
        doses=doses,
        blocks=blocks,  # type: ignore[arg-type]
        fine=fine,
    )


@cache
def ink_stiffness(ink: tuple[tuple[str, float], ...]) -> FloatArray:
    """Young's modulus of a gel with collagen, over the modulus of the gel without.

    Parameters
    ----------
    ink
        Pairs of ``total`` (mg/mL of collagen), ``III`` (share of it that is III), ``amplitude``
        (µm, of the waves of III, default 1) and ``ratio`` (modulus of III over I, default 0.5).

    Returns
    -------
    ndarray, shape (k,)
        kPa, isotropic part, for each of `STIFFNESS` as the modulus of the matrix.
    """
    from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
    from solver.materials.draws import Draw

    given = {"amplitude": 1.0, "ratio": 0.5, **dict(ink)}
    one = Collagen(given["total"] * (1.0 - given["III"]))
    three = Collagen(
        given["total"] * given["III"],
        Waviness(given["amplitude"], WAVELENGTH),
        stiffness_ratio=given["ratio"],
    )
    moduli = [
        build_gel(Ink("arm", Alginate(youngs_modulus=E), one, three), Draw()).isotropic_modulus
        for E in STIFFNESS
    ]
    return np.asarray(moduli)


def _ink_doses(ink: Mapping[str, float], preset: str) -> dict[str, float]:
    """Doses of collagen's chemistry in such a gel, at the nominal half-saturating amounts."""
    three = ink["total"] * ink["III"]
    doses = collagen_doses(
        ink["total"] - three, three, crimp_excess(ink.get("amplitude", 1.0), WAVELENGTH)
    )
    numbers = {name: p.value for name, p in load_preset(preset).table.items()}
    return {cue: float(dose.at(numbers)) for cue, dose in doses.items()}
