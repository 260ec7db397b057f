"""Reading the resolved case as a result carries it, without knowing its schema.

Keys of the resolved case end in their unit (``strand_diameter_um``); this is all that is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postprocess.labels import key_label, plain

# Longest first: "_per_mL" and "_mg_mL" both end in "_mL".
_SUFFIXES = (
    ("_percent", "%"),
    ("_per_mL", "/mL"),
    ("_mg_mL", "mg/mL"),
    ("_ng_mL", "ng/mL"),
    ("_kPa", "kPa"),
    ("_kDa", "kDa"),
    ("_deg", "°"),
    ("_um", "µm"),
    ("_mM", "mM"),
    ("_nM", "nM"),
)


def case_section(case: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the case proper: under ``case`` where the record wraps it, else the record itself."""
    inner = case.get("case")
    return inner if isinstance(inner, Mapping) else case


def cell_radius_um(case: Mapping[str, Any]) -> float | None:
    """Radius of a cell, µm, from ``cells.radius_um``; None where the case does not say."""
    cells = case_section(case).get("cells")
    radius = cells.get("radius_um") if isinstance(cells, Mapping) else None
    if isinstance(radius, bool) or not isinstance(radius, (int, float)):
        return None
    return float(radius) if radius > 0 else None


def split_unit(key: str) -> tuple[str, str]:
    """Key in words and its unit: ``strand_diameter_um`` gives ``("strand diameter", "µm")``."""
    for suffix, unit in _SUFFIXES:
        if key.endswith(suffix) and len(key) > len(suffix):
            return key_label(key.removesuffix(suffix)), unit
    return key_label(key), ""


def flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested mapping as rows of words and text: ``("alginate › concentration", "2 %")``.

    Parameters
    ----------
    tree
        A section of the resolved case.
    prefix
        Words before each label.

    Returns
    -------
    list of (label, value)
        In the order of the case; what is not set is left out, an empty list or group is "none".
    """
    rows: list[tuple[str, str]] = []
    for key, value in tree.items():
        words, unit = split_unit(str(key))
        label = f"{prefix}{words}"
        if value is None:
            continue
        if isinstance(value, Mapping):
            rows += flatten(value, f"{label} › ") if value else [(label, "none")]
        elif isinstance(value, (list, tuple)) and all(isinstance(v, Mapping) for v in value):
            for number, entry in enumerate(value, start=1):
                rows += flatten(entry, f"{label} {number} › ")
            if not value:
                rows.append((label, "none"))
        elif isinstance(value, (list, tuple)):
            text = " × ".join if words == "size" else ", ".join
            joined = text([plain(item) for item in value])
            rows.append((label, f"{joined}\u00a0{unit}".rstrip() if value else "none"))
        else:
            rows.append((label, f"{plain(value)}\u00a0{unit}".rstrip()))
    return rows
