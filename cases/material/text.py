"""The sheet of an ink in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.errors import clean

_WIDEST = 78  # of the first column: longer words go on a line of their own


def sheet_text(name: str, inks: Sequence[Mapping[str, Any]]) -> str:
    """Return the numbers of all inks as tables.

    Parameters
    ----------
    name
        Of the case.
    inks
        Records of :func:`cases.material.record.ink_record`.
    """
    blocks = []
    for ink in inks:
        rows = [(number["what"], number["text"], number["standing"]) for number in ink["numbers"]]
        blocks.append(f"{name}: ink {ink['ink']}\n" + columns(rows))
        blocks.append(_tangents(ink["tangents"]))
        if ink["cells"] is not None:
            shares = [(row["what"], f"{row['value']:.3g}") for row in ink["cells"]["rows"]]
            blocks.append("\nshare of a straight fibre's stiffness\n" + columns(shares))
        blocks += [f"  note  {warning}" for warning in ink["warnings"]]
    return "\n".join(blocks)


def number_text(number: Mapping[str, Any]) -> str:
    """Return ``3 kPa (1.67 to 5.33)``; an onset that does not come says up to where."""
    value, low, high = (number[key] for key in ("value", "low", "high"))
    beyond = number.get("beyond")
    if beyond is not None:
        text = f"none up to {beyond:.3g}" if value is None else f"{value:.4g}"
        if low is None:
            return text
        return (
            f"{text} (earliest {low:.4g})" if high is None else f"{text} ({low:.4g} to {high:.4g})"
        )
    if low == high:  # exact: a stretch of 1.0247 is not one of 1.02
        return f"{value:.5g} {number['unit']}".rstrip()
    text = f"{value:.3g} {number['unit']}".rstrip()
    if f"{low:.3g}" == f"{high:.3g}":
        return text
    return f"{text} ({low:.3g} to {high:.3g})"


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows in columns as wide as their texts."""
    widths = [min(max(len(row[i]) for row in rows), _WIDEST) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _tangents(tangents: Mapping[str, Any]) -> str:
    head = ("tangent modulus (kPa) at a stretch of", *(f"{s:.2f}" for s in tangents["stretch"]))
    rows = [head]
    for row in tangents["rows"]:
        numbers = row["tangent_kPa"]
        rows.append((row["words"], *(f"{n['value']:.3g}" for n in numbers)))
        rows.append(("   90 % band", *(f"{n['low']:.3g}-{n['high']:.3g}" for n in numbers)))
    return "\n" + columns(rows)


def fit_text(record: Mapping[str, Any]) -> str:
    """Return the fit as a table for a terminal, the YAML at its end."""
    thinned = "" if record["rows"] == record["points"] else f", averaged to {record['points']}"
    rows = [("", "value", "90 % interval", "")]
    for row in record["parameters"]:
        kept = row["verdict"] in ("held", "assumed")
        interval = "" if kept else f"{row['low']:.3g} to {row['high']:.3g}"
        number = f"{row['value']:.4g} {row['unit']}".rstrip()
        rows.append((row["words"], number, interval, row["verdict"]))
    lines = [
        f"{record['law']} fitted to {clean(record['file'])}: {record['kind']}, "
        f"{record['rows']} rows{thinned}",
        columns(rows),
        f"  {record['headline']}",
        *(f"  note  {warning}" for warning in record["warnings"]),
        "",
        f"for the case file, in place of ink {record['ink']}:",
        "",
        record["snippet"].rstrip("\n"),
    ]
    return "\n".join(lines)
