"""``dormatrix rule fit``: E50 and n from counted cells, as lines to paste into a case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.rule.output import require_writable

if TYPE_CHECKING:
    from solver.coupling.fit import Fit, Found


@dataclass(frozen=True, eq=False)
class FittedRule:
    """What to print, and the same as plain JSON."""

    text: str
    record: dict[str, Any]


def fit_rule(
    data: Path,
    preset: str,
    ligand: float,
    figure: Path | None = None,
    *,
    overwrite: bool = False,
) -> FittedRule:
    """Fit the rule to a table of counted cells.

    Parameters
    ----------
    data
        CSV file with stiffness, n_dormant, n_total.
    preset
        Whose direction of stiffness and plateaus are used.
    ligand
        Of the gels, relative to parental.
    figure
        PNG file to draw counts and curve into; None: nothing is drawn.
    overwrite
        Replace the picture.

    Raises
    ------
    InputError
        If the table, the preset or the counts cannot be used.
    """
    from solver.coupling import DormancyRule, load_preset
    from solver.coupling.counts import read_counts
    from solver.coupling.fit import fit_counts

    if figure is not None:
        require_writable(figure, overwrite, ".png")
    found = fit_counts(read_counts(data), DormancyRule(load_preset(preset)), ligand)
    if figure is not None:
        from postprocess.fit_plot import draw_fit

        curve = (found.fitted, found.low, found.high)
        draw_fit(found.stiffness, found.dormant, found.total, curve, found.preset, figure)
    return FittedRule(_text(found, figure), _record(found))


def _text(found: Fit, figure: Path | None) -> str:
    rows = [
        f"{found.source}: {int(found.total.sum())} cells on {len(found.stiffness)} stiffnesses, "
        f"preset {found.preset}",
        *(f"  {_found(one)}" for one in (found.E50, found.n, found.Pmin, found.Pmax)),
        f"  correlation of ln E50 and ln n {found.correlation:.2f}; scatter of the rows "
        f"{found.dispersion:.2g} times the binomial one",
        *(f"note: {text}" for text in found.warnings),
        "",
        "to paste into a case:",
        "",
        found.yaml().rstrip("\n"),
    ]
    if figure is not None:
        rows.append(f"\nfigure: {figure}")
    return "\n".join(rows)


def _found(one: Found) -> str:
    unit = "" if one.unit == "1" else f" {one.unit}"
    words = {"determined": "", "weak": ", weakly known", "open": ", not told by these counts"}
    return f"{one.name:<5} {one.value:.3g}{unit} ({one.low:.3g} to {one.high:.3g})" + (
        words[one.verdict] if one.name in ("E50", "n") else ""
    )


def _record(found: Fit) -> dict[str, Any]:
    numbers = {
        one.name: {
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "best": one.best,
            "unit": one.unit,
            "verdict": one.verdict,
        }
        for one in (found.E50, found.n, found.Pmin, found.Pmax)
    }
    return {
        "preset": found.preset,
        **numbers,
        "correlation": found.correlation,
        "dispersion": found.dispersion,
        "freedom": found.freedom,
        "conditions": list(found.conditions),
        "held": list(found.held),
        "gels": [
            {
                "stiffness_kPa": float(e),
                "n_dormant": int(k),
                "n_total": int(n),
                "p": {"value": float(p), "low": float(low), "high": float(high)},
            }
            for e, k, n, p, low, high in zip(
                found.stiffness,
                found.dormant,
                found.total,
                found.fitted,
                found.low,
                found.high,
                strict=True,
            )
        ],
        "warnings": list(found.warnings),
        "yaml": found.yaml(),
    }
