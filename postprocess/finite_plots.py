"""Pictures of what small strain leaves out: the load curve, and cells that pull hard."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from postprocess.results import RunResult
from postprocess.style import WIDTH, drawing, ink_colours, ink_families, shorten

_LINEAR_DECAY = 2.0  # displacement around a force dipole in an even linear gel: 1/r²


def load_curve(result: RunResult, path: Path) -> str:
    """Nominal stress against nominal strain of the scaffold; returns the caption."""
    curve = {key: np.asarray(values) for key, values in result.curves["load"].items()}
    strain, stress = 100.0 * curve["strain"], curve["stress_kPa"]
    with drawing(WIDTH, 3.3) as figure:
        axes = figure.subplots()
        axes.plot(strain, stress, "o-", color="#0072B2", ms=3.5, lw=1.6, label="the scaffold")
        first = np.flatnonzero(strain > 0.0)
        if len(first):
            slope = stress[first[0]] / strain[first[0]]
            axes.plot(strain, slope * strain, color="#888", lw=1, ls="--", label="its first slope")
        axes.set(
            xlabel="compression of the scaffold (% of its height)",
            ylabel="force over footprint (kPa)",
            title="The scaffold in a tester",
            xlim=(0, None),
        )
        axes.legend()
        figure.savefig(path)
    return (
        "Force over footprint against compression; dots are the load steps that were solved. "
        "Where the curve leaves its first slope, fibres straighten, turn or buckle, or pores close."
    )


def contraction(result: RunResult, path: Path) -> str:
    """Secant against linear stiffness and reach of the pull; returns the caption."""
    assert result.contraction is not None, "drawn only where cells pulled by a finite strain"
    table = result.contraction.merge(result.sites[["id", "ink"]], on="id")
    strain = 100.0 * float(table["strain"].max())
    with drawing(WIDTH, 3.5) as figure:
        left, right = figure.subplots(1, 2)
        inks = table["ink"].astype(str).map(ink_families(result.inks))
        for name, colour in ink_colours(result.inks).items():
            here = table[inks == name]
            if here.empty:
                continue
            look = {"color": colour, "s": 16, "edgecolor": "white", "linewidth": 0.3}
            left.scatter(here["linear_kPa"], here["secant_kPa"], **look, label=shorten(name))
            right.scatter(here["decay_exponent"], here["range_um"], **look)
        both = table[["linear_kPa", "secant_kPa"]].to_numpy(dtype=float)
        span = np.array([0.95 * both.min(), 1.05 * both.max()])
        left.plot(span, span, color="#888", lw=1, ls="--", label="no difference")
        left.set(
            xlabel="small pull (kPa)",
            ylabel=f"pull of up to {strain:.3g} % (kPa)",
            title="Sensed along the stiffest axis",
        )
        right.axvline(_LINEAR_DECAY, color="#888", lw=1, ls=":", label="an even linear gel")
        highest = float(table["range_um"].max())
        right.set(
            xlabel="decay exponent of displacement",
            ylabel="falls to a tenth at (µm)",
            title="How far a pull reaches",
            ylim=(0, 1.1 * highest),
        )
        marks = [
            mine + others
            for mine, others in zip(
                left.get_legend_handles_labels(), right.get_legend_handles_labels(), strict=True
            )
        ]
        figure.legend(*marks, loc="outside lower center", ncols=4)
        figure.savefig(path)
    return (
        "Cells that shorten themselves along their stiffest axis. Left: secant sensed stiffness "
        "against that of a small pull; above the dashed line fibres recruited, below it they "
        "buckled. Right: distance from the cell's centre at which displacement has fallen to a "
        "tenth of that at the cell, over the power by which it falls; dotted, an even linear gel."
    )
