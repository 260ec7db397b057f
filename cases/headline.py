"""Results, checks and findings in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cases.doctor import Finding

_LABEL = 26


def headline(summary: Mapping[str, Any]) -> str:
    """Return the headline numbers of a run, each with its band.

    Parameters
    ----------
    summary
        Content of ``summary.json``.
    """
    rows = [
        ("cells", f"{summary['n_sites']}"),
        ("rule", f"{summary['preset']}"),
        ("sensed stiffness", _band(summary["mean_stiffness_kPa"], "kPa")),
        ("apparent modulus", _band(summary.get("apparent_modulus_kPa"), "kPa")),
        ("mean P(dormant)", _band(summary["mean_p_dormant"])),
        ("fraction above 0.5", _band(summary["fraction_above_half"])),
    ]
    return _table(str(summary["name"]), [row for row in rows if row[1]])


def check_text(summary: Mapping[str, Any]) -> str:
    """Return what a case would compute (the answer of :func:`cases.check.summarise`)."""
    shape, cells = summary["scaffold"], summary["cells"]
    size = " x ".join(f"{edge / 1000:.4g}" for edge in shape["size_um"])
    rows = [("scaffold", f"{shape['kind']}, {size} mm")]
    if "strands" in shape:
        rows.append(
            (
                "strands",
                f"{shape['strands']} in {shape['layers']} layers, "
                f"overlap {100 * shape['overlap']:.3g} %",
            )
        )
    rows += [
        ("gel", f"{shape['gel_volume_uL']:.3g} uL, {100 * shape['solid_fraction']:.3g} % solid"),
        (
            "mesh",
            f"about {shape['expected_elements']} elements of {shape['mesh_size_um']:g} um",
        ),
        ("cells", f"{cells['expected']} of radius {cells['radius_um']:g} um"),
    ]
    rows += _inks(summary["inks"])
    load = summary["load"]
    rows.append(("load", _load(load)))
    rule = summary["dormancy"]
    rows.append(("rule", f"{rule['preset']}, {rule['gate']} gate"))
    for label, key in (("given", "cues"), ("blocked", "block"), ("drugs", "drugs")):
        if rule[key]:
            said = ", ".join(f"{name} {amount}" for name, amount in rule[key].items())
            rows.append((label, said))
    for label, key in (("compared with", "arms"), ("after", "history")):
        if rule[key]:
            rows.append((label, ", ".join(rule[key])))
    rows += [("computes" if i == 0 else "", text) for i, text in enumerate(summary["computes"])]
    rows += [("note", warning) for warning in summary["warnings"]]
    return _table(f"{summary['name']}: the case is right", rows)


def _inks(inks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """One row per ink; of one that changes, its first and last step."""
    rows = []
    for name, steps in groupby(inks, key=lambda ink: ink["step_of"] or ink["ink"]):
        shown = list(steps)
        first, last = shown[0], shown[-1]

        def span(key: str, ends: tuple[Any, ...] = (first, last)) -> str:
            return " to ".join(dict.fromkeys(_number(ink[key]) for ink in ends))

        over = f" over {len(shown)} steps" if first["step_of"] else ""
        rows.append(
            (
                f"ink {name}",
                f"{span('e_isotropic_kPa')} kPa{over} (along the strand {span('e_fibre_kPa')}, "
                f"across {span('e_cross_kPa')}), uncertain by a factor of "
                f"{max(first['band_fold'], last['band_fold']):.2g}",
            )
        )
    return rows


def _load(load: Mapping[str, Any]) -> str:
    parts = []
    if load["kind"] == "compression":
        parts.append(f"compression by {100 * load['strain']:g} %, plate {load['plate']}")
    if load["swelling"]:
        parts.append(f"swelling by {100 * load['swelling']:g} % in length")
    if not parts:
        return "none"
    if load["theory"] == "finite":
        parts.append("finite strain" + (", felt by the cells" if load["prestrain"] else ""))
    return ", ".join(parts)


def doctor_text(findings: Sequence[Finding]) -> str:
    """Return the findings as a table, with what is missing at its end."""
    rows = [
        (finding.name, (finding.found or "missing") + ("" if finding.good else "  <-- see below"))
        for finding in findings
    ]
    lines = [_table("dormatrix doctor", rows)]
    missing = [finding for finding in findings if not finding.good]
    for finding in missing:
        lines.append(f"\n{finding.name}: {'needed' if finding.needed else 'only for pictures'}")
        lines.append(f"  mend: {finding.mend}")
    needed = [finding.name for finding in missing if finding.needed]
    lines.append("")
    lines.append(
        f"a run is not possible yet: {', '.join(needed)}" if needed else "ready: dormatrix run CASE"
    )
    return "\n".join(lines)


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    width = min(max(len(label) for label, _ in rows), _LABEL)
    return "\n".join([title, *(f"  {label:<{width}}  {text}" for label, text in rows)])


def _band(number: Mapping[str, Any] | None, unit: str = "") -> str:
    if number is None or number.get("value") is None:
        return ""
    text = f"{_number(number['value'])} {unit}".strip()
    low, high = number.get("low"), number.get("high")
    if low is None or high is None:
        return text
    return f"{text} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return f"{value:.3g}"
