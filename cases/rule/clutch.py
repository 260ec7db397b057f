"""``dormatrix rule clutch``: what the molecular clutch makes of stiffness."""

from __future__ import annotations

from typing import Any

from cases.progress import Progress


def clutch_record(ligand: float, contractility: float, progress: Progress) -> dict[str, Any]:
    """Curves of the clutch as plain JSON.

    Curves that do not come along are simulated (minutes), then kept.

    Parameters
    ----------
    ligand, contractility
        Number of clutches and of motors relative to the published adhesion.
    progress
        Told of the simulation.
    """
    from solver.coupling.clutch import clutch_curves, load_clutch, load_gate

    parameters = load_clutch()
    progress.stages = 1
    with progress.stage("molecular clutch (minutes, where it is simulated)"):
        curves = clutch_curves(parameters, ligand, contractility, gate=load_gate())
    threshold = curves.pop("threshold_kPa")
    keys = ("value", "low", "high")
    return {
        "ligand": ligand,
        "contractility": contractility,
        "threshold_kPa": dict(zip(keys, map(float, threshold), strict=True))
        if len(threshold)
        else None,
        **{name: values.tolist() for name, values in curves.items()},
    }


def clutch_text(record: dict[str, Any]) -> str:
    """The curves as a table for a terminal."""
    found = record["threshold_kPa"]
    lines = [
        f"molecular clutch at ligand {record['ligand']:g}, contractility "
        f"{record['contractility']:g} of the published adhesion",
        "  talin threshold  "
        + (
            f"{found['value']:.2g} kPa ({found['low']:.2g} to {found['high']:.2g})"
            if found
            else "none between the softest and the stiffest"
        ),
        "",
        "  E (kPa)   traction (Pa)     without talin (Pa)   drive",
    ]
    columns = (
        "stiffness_kPa",
        "traction_Pa",
        "traction_se_Pa",
        "depleted_Pa",
        "depleted_se_Pa",
        "drive",
    )
    for row in zip(*(record[name] for name in columns), strict=True):
        E, traction, se, depleted, depleted_se, drive = row
        lines.append(
            f"  {E:<9.3g} {traction:>6.0f} +- {se:<8.2g} {depleted:>6.0f} +- {depleted_se:<9.2g} "
            f"{drive:.3g}"
        )
    lines.append("\n  +-: Monte-Carlo standard error; drive 1 at the threshold of ligand 1")
    return "\n".join(lines)
