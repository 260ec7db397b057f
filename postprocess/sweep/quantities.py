"""What a sweep is shown by: its outputs with words, units, colours and columns of their band."""

from __future__ import annotations

from dataclasses import dataclass

from postprocess.labels import key_label, significant
from postprocess.style import DORMANCY_MAP, SLEEP_COLOUR, STIFFNESS_MAP

_UNITS = {"kPa": "kPa", "um": "µm", "s": "s"}


@dataclass(frozen=True)
class Quantity:
    """One output of a case.

    Parameters
    ----------
    key
        Its column in the table of the sweep.
    label
        Words for an axis, without unit.
    unit
        Unit as shown; ``""`` for pure numbers.
    colour
        Colour of its curve where one curve is drawn.
    colours
        Name of its colour map, the same in every picture.
    banded
        Whether the table holds ``<key>_low`` and ``<key>_high``.
    fraction
        Whether it lies in [0, 1], and is shown over all of that.
    """

    key: str
    label: str
    unit: str = ""
    colour: str = "#444"
    colours: str = STIFFNESS_MAP
    banded: bool = False
    fraction: bool = False

    @property
    def low(self) -> str:
        """Column of the lower end of the band, or of the value itself where there is no band."""
        return f"{self.key}_low" if self.banded else self.key

    @property
    def high(self) -> str:
        """Column of the upper end of the band, or of the value itself where there is no band."""
        return f"{self.key}_high" if self.banded else self.key

    @property
    def axis(self) -> str:
        """Label of an axis, with the unit."""
        return with_unit(self.label, self.unit)


MEAN_P = Quantity(
    "mean_p_dormant", "mean P(dormant)", "", SLEEP_COLOUR, DORMANCY_MAP, banded=True, fraction=True
)
ABOVE_HALF = Quantity(
    "fraction_above_half",
    "sites with P above ½ (fraction)",
    "",
    "#0072B2",
    DORMANCY_MAP,
    banded=True,
    fraction=True,
)
STIFFNESS = Quantity("mean_stiffness_kPa", "sensed stiffness", "kPa", "#00795a", banded=True)
APPARENT = Quantity("apparent_modulus_kPa", "apparent modulus", "kPa", "#a64a00", banded=True)

HEADLINES = (MEAN_P, ABOVE_HALF, STIFFNESS, APPARENT)
"""The outputs that have a band, in the order in which they are shown."""


def with_unit(label: str, unit: str) -> str:
    """``"label (unit)"``, or the label alone for a pure number."""
    return f"{label} ({unit})" if unit else label


def capital(text: str) -> str:
    """Text with a capital first letter and all else as it is."""
    return text[:1].upper() + text[1:]


def tick_text(value: float) -> str:
    """Number for an axis: three digits at most, without trailing zeros."""
    text = significant(value, 3).replace("\u202f", "")
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def quantity_of(column: str) -> Quantity:
    """The headline output of a column, or any other output as a number without a band."""
    for headline in HEADLINES:
        if headline.key == column:
            return headline
    stem, _, suffix = column.rpartition("_")
    unit = _UNITS.get(suffix, "")
    return Quantity(column, key_label(stem if unit else column), unit)
