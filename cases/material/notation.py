"""How machines write headings and numbers: names, units, decimal signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\Z")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}\Z")  # 1,128: a thousand or about one
_BRACKETED = re.compile(r"[\[({]([^\[\](){}]*)[\])}]\Z")


def is_number(text: str) -> bool:
    """Whether a cell is a number with a decimal point, of sensible length."""
    return len(text) <= 40 and _NUMBER.match(text) is not None


def thousands(column: Sequence[str], *, points: bool) -> int | None:
    """Return the place of a cell whose comma may part thousands; None if commas are decimal.

    ``3,587`` is read two ways. A column is believed where another cell shows its comma to be
    decimal (``0,5`` or ``12,25``), or where every cell has three decimals and no decimal point
    stands elsewhere.

    Parameters
    ----------
    column
        Cells of one column, as written.
    points
        Whether a decimal point is used in any column.
    """
    grouped = [i for i, cell in enumerate(column) if _GROUPED.match(cell)]
    commas = sum("," in cell for cell in column)
    if not grouped or commas > len(grouped) or (commas == len(column) and not points):
        return None
    return grouped[0]


def plain(heading: str) -> str:
    """A heading as a name: small letters, words joined by underscores, brackets opened."""
    return re.sub(r"[\s_\[\](){}]+", "_", heading.strip().lower()).strip("_")


def unit_after(heading: str, name: str) -> str:
    """What follows the name in a heading, as it was written (units know capitals).

    Brackets around all of it are taken off: ``[Pa]`` is ``Pa``, but ``γ [%]`` stays whole.
    """
    words = r"[\s_]+".join(name.split("_"))
    rest = re.sub(rf"^\s*{words}", "", heading.strip(), count=1, flags=re.IGNORECASE).strip(" _\t")
    bracketed = _BRACKETED.match(rest)
    return bracketed.group(1).strip() if bracketed else rest
