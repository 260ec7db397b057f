"""Who keeps cells asleep and who wakes them: shares of the log-odds by ingredient and by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from postprocess.contract import CUE_PREFIX
from postprocess.labels import MECHANICAL_CUES, SHUT, cue_label, percent, signed, significant
from postprocess.results import RunResult

_FAINT = 0.05  # log-odds below which a share is called nothing: odds within 5 %


@dataclass(frozen=True)
class Ingredient:
    """What one ingredient of an ink does, as mean log-odds over the sites of that ink.

    Parameters
    ----------
    name
        Words for the ingredient.
    mechanics, chemistry
        Log-odds of sleep by stiffness and by chemistry; None where it has no such path.
    """

    name: str
    mechanics: float | None
    chemistry: float | None

    @property
    def total(self) -> float:
        """Both paths together."""
        return (self.mechanics or 0.0) + (self.chemistry or 0.0)

    @property
    def effect(self) -> str:
        """What it does, in words."""
        return effect(self.total)


def effect(share: float) -> str:
    """Words for a share of the log-odds."""
    if abs(share) < _FAINT:
        return "hardly matters"
    return "keeps cells asleep" if share > 0 else "wakes cells"


def ingredients(result: RunResult, ink: Mapping[str, Any]) -> list[Ingredient]:
    """Shares of every ingredient of an ink, mechanics and chemistry apart.

    Parameters
    ----------
    result
        The run.
    ink
        One of ``result.inks``. Where it carries ``fibre_stiffness_I_kPa`` and
        ``fibre_stiffness_III_kPa``, what collagen does by stiffness is split between the two in
        that proportion; with one collagen only it is that one's; else it has a line of its own.

    Returns
    -------
    list of Ingredient
        Empty where no site lies in this ink. The totals add up to the whole log-odds.
    """
    rows = (result.sites["ink"].astype(str) == str(ink["name"])).to_numpy()
    if not rows.any():
        return []
    share = {
        cue: float(result.sites[CUE_PREFIX + cue].to_numpy(dtype=float)[rows].mean())
        for cue in result.cues
    }
    found: list[Ingredient] = []
    for cue, words in (("stiffness", "gel as a whole"), ("matrix_stiffness", "matrix")):
        if cue in share:
            found.append(Ingredient(words, share.pop(cue), None))
    by_stiffness = share.pop("collagen_mechanics", None)
    parts = _collagen_parts(ink)
    for collagen in ("I", "III"):
        mechanics = None if by_stiffness is None or not parts else by_stiffness * parts[collagen]
        chemistry = share.pop(f"collagen_{collagen}", None)
        if chemistry is not None or ink.get(f"collagen_{collagen}_mg_mL"):
            found.append(Ingredient(f"collagen {collagen}", mechanics, chemistry))
    if by_stiffness is not None and not parts and abs(by_stiffness) > 1e-9:
        found.append(Ingredient("collagen I and III together", by_stiffness, None))
    for cue, value in share.items():
        mechanical = cue in MECHANICAL_CUES
        row = Ingredient(
            cue_label(cue), value if mechanical else None, None if mechanical else value
        )
        # Gates and signals that are open or absent have no share; a line of zeros says nothing.
        if abs(value) > 1e-9:
            found.append(row)
    return found


def _collagen_parts(ink: Mapping[str, Any]) -> dict[str, float]:
    present = [name for name in ("I", "III") if ink.get(f"collagen_{name}_mg_mL")]
    if len(present) == 1:
        return {name: float(name in present) for name in ("I", "III")}
    stiffness = {name: ink.get(f"fibre_stiffness_{name}_kPa") for name in ("I", "III")}
    known = {name: float(value) for name, value in stiffness.items() if value is not None}
    total = sum(known.values())
    if total <= 0:
        return {}
    return {name: known.get(name, 0.0) / total for name in ("I", "III")}


def together(found: list[Ingredient]) -> Ingredient:
    """Sum of all ingredients."""
    return Ingredient(
        "all together",
        sum(row.mechanics or 0.0 for row in found),
        sum(row.chemistry or 0.0 for row in found),
    )


def collagen_sentences(found: list[Ingredient]) -> list[str]:
    """For each collagen: what its stiffness does, what its chemistry does, and which prevails."""
    said = []
    for row in found:
        if not row.name.startswith("collagen") or row.mechanics is None or row.chemistry is None:
            continue
        name = row.name[0].upper() + row.name[1:]
        mechanics, chemistry = row.mechanics, row.chemistry
        size = abs(mechanics) + abs(chemistry)
        if size < _FAINT:
            said.append(f"{name} hardly matters on either path.")
            continue
        parts = (
            f"{name}: by the stiffness it adds it {effect(mechanics)} ({signed(mechanics)}), by "
            f"its receptors it {effect(chemistry)} ({signed(chemistry)})."
        )
        if min(abs(mechanics), abs(chemistry)) < _FAINT or mechanics * chemistry > 0:
            verdict = f"Mechanics is {percent(abs(mechanics) / size)} of its effect."
        else:
            stronger = "mechanics" if abs(mechanics) > abs(chemistry) else "chemistry"
            verdict = f"The two pull in opposite directions; {stronger} is the stronger."
        said.append(f"{parts} {verdict}")
    return said


def odds(share: float) -> str:
    """Factor on the odds of sleep that a share of the log-odds stands for, in words."""
    if abs(share) >= SHUT:
        return "gate shut"
    return f"× {significant(float(np.exp(share)))}"
