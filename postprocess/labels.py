"""How numbers and names are worded for people: digits, units, bands, cues, DOIs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>;,|{}\\^`\[\]]+")

# Words for shares that a biologist would not guess from the name. Any other shows its own name.
_CUES = {
    "stiffness": "sensed stiffness",
    "matrix_stiffness": "stiffness: matrix",
    "collagen_mechanics": "stiffness: collagen",
    "confinement": "confinement",
    "collagen_I": "collagen I (chemistry)",
    "collagen_III": "collagen III (chemistry)",
    "ligand": "adhesive ligand",
    "upar": "uPAR",
    "fibronectin": "fibronectin",
    "blocks": "blocked pathways",
    "TGFb1": "TGF-β1",
    "TGFb2": "TGF-β2",
    "TSP1": "thrombospondin-1",
    "AT1_contact": "contact with AT1 cells",
    "COL17A1": "collagen XVII",
    "uPAR_loss": "loss of uPAR",
    "NETs": "neutrophil traps (NETs)",
    "laminin_111": "laminin-111",
    "laminin_211": "laminin-211",
    "NR2F1_high": "high NR2F1",
    "C26": "NR2F1 agonist C26",
    "ATRA": "retinoic acid (ATRA)",
    "CDK_inhibitor": "CDK inhibitor",
    "mTOR_inhibitor": "mTOR inhibitor",
    "VCAM1": "VCAM-1",
    "BMP7": "BMP-7",
    "crosslinking": "crosslinking (LOX)",
}

MECHANICAL_CUES = frozenset(
    {"stiffness", "matrix_stiffness", "collagen_mechanics", "confinement", "crosslinking"}
)
"""Shares that act through what the cell feels; all others act through chemistry."""

SHUT = 20.0
"""Log-odds from which a share means a gate that is shut: then nothing wakes the cells."""


def significant(value: float, digits: int = 3) -> str:
    """Write a number with a few significant digits and no exponent where one can be avoided.

    Parameters
    ----------
    value
        Any finite number.
    digits
        Significant digits.

    Returns
    -------
    str
        ``"0.0123"``, ``"2.10"``, ``"−2.4"``, ``"1 230"`` (thin space), ``"1.20e-05"``.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    # Of the rounded number: 9.996 has three digits as 10.0, not as 10.00.
    exponent = int(f"{value:.{digits - 1}e}".split("e")[1])
    if exponent < -4 or exponent >= 9:
        text = f"{abs(value):.{digits - 1}e}"
    else:
        rounded = round(abs(value), digits - 1 - exponent)
        text = f"{rounded:,.{max(digits - 1 - exponent, 0)}f}".replace(",", "\u202f")
    return f"−{text}" if value < 0 else text


def quantity(value: float | None, unit: str = "", digits: int = 3) -> str:
    """Number with its unit, or a dash where there is none."""
    if value is None:
        return "–"
    text = significant(float(value), digits)
    return f"{text}\u00a0{unit}" if unit else text


def percent(value: float) -> str:
    """Fraction as whole percent; close to the ends it never claims more than it knows."""
    if 0 < value < 0.005:
        return "under 1\u00a0%"
    if 0.995 < value < 1:
        return "over 99\u00a0%"
    return f"{100 * value:.0f}\u00a0%"


def band_percent(number: Mapping[str, float]) -> str:
    """``{"value", "low", "high"}`` of fractions as "62 % (band 35 % to 84 %)"."""
    low, high = percent(number["low"]), percent(number["high"])
    return f"{percent(number['value'])} (band {low} to {high})"


def cue_label(cue: str) -> str:
    """Words for a cue's name; an unknown name is shown as it is, underscores opened."""
    return _CUES.get(cue, cue.replace("_", " "))


def find_dois(text: str) -> list[tuple[int, int]]:
    """Spans of the DOIs in a text, without the punctuation of the sentence around them.

    Parameters
    ----------
    text
        Free text such as ``"Cavo 2016, 10.1038/srep35367."``.

    Returns
    -------
    list of (start, stop)
        Positions in ``text``, in order.
    """
    spans = []
    for match in _DOI.finditer(text):
        doi = match.group().rstrip(".:")
        while doi.endswith(")") and doi.count(")") > doi.count("("):
            doi = doi[:-1].rstrip(".:")
        spans.append((match.start(), match.start() + len(doi)))
    return spans


def key_label(key: str) -> str:
    """Key of the case file in words: ``strand_diameter`` becomes "strand diameter"."""
    words = key.replace("_", " ")
    return words.replace("youngs", "Young’s").replace("poisson", "Poisson")


def plain(value: Any) -> str:
    """Any leaf of the resolved case as text: numbers as they were given, booleans as words."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e12)
        return f"{value:,.0f}".replace(",", "\u202f") if whole else f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value)
    return str(value)


def points(value: float) -> str:
    """Difference of two fractions in percentage points: "+12", "−0.4", "0"."""
    size = 100 * abs(value)
    text = f"{size:.0f}" if size >= 9.5 else f"{size:.1f}"
    if float(text) == 0:
        return "0"
    return f"{'−' if value < 0 else '+'}{text}"


def signed(value: float) -> str:
    """Log-odds with a sign and two decimals: "+0.38", "−0.40", "0.00"."""
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")
