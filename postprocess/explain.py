"""Why one site of a finished run has the P that it has: a table for a terminal, and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meshes.errors import InputError
from postprocess.biology import CONTROL
from postprocess.biology_tables import read_tables
from postprocess.cascades import Cascade, Plateaus, bars, plateaus_of, site_cascade
from postprocess.contract import ResultError
from postprocess.labels import SHUT, percent, signed, significant
from postprocess.load import load_summary
from postprocess.paths import odds
from postprocess.style import shorten, uncertain
from postprocess.tables import read_parquet
from postprocess.waterfall import waterfall

if TYPE_CHECKING:
    import pandas

_MOST_ARMS = 40


def explain_site(folder: Path, site_id: int, *, figure: Path | None = None) -> tuple[str, Path]:
    """Explain one site of a result folder.

    Parameters
    ----------
    folder
        A result folder.
    site_id
        ``id`` of the site in ``sites.csv``.
    figure
        PNG to write; by default ``figures/site_<id>.png`` in the folder.

    Returns
    -------
    text, figure
        A table of the causes with their log-odds, odds and running P, for a terminal; the picture.

    Raises
    ------
    InputError
        No site has this id.
    ResultError
        The folder is not a complete result, the rule gave no shares, or the picture cannot be
        written.
    """
    summary = load_summary(folder)
    sites = read_parquet(folder / "sites.parquet")
    found = np.flatnonzero(sites["id"].to_numpy() == site_id)
    if not len(found):
        low, high = int(sites["id"].min()), int(sites["id"].max())
        raise InputError(
            f"no site has the number {site_id}: expected {low} to {high}",
            hint="the column id of sites.csv holds the numbers",
        )
    row = int(found[0])
    cascade = site_cascade(sites, row, f"Site {site_id}")
    if not cascade.shares:
        raise ResultError(f"{folder}: the rule gave no shares, so nothing can be explained")
    plateaus, preset = plateaus_of(summary), str(summary["preset"])
    path = figure or folder / "figures" / f"site_{int(site_id)}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        waterfall([cascade], plateaus, preset, path)
    except OSError as failed:
        raise ResultError(f"the picture {path} cannot be written: {failed.strerror}") from failed
    lines = [
        *_heading(str(summary["name"]), sites.iloc[row], cascade, preset),
        "",
        *_table(cascade, plateaus),
        "",
        *_arms(folder, summary, site_id, cascade),
        "Positive keeps asleep, negative wakes; +0.69 doubles the odds of sleep. A band is what",
        "the stated ranges leave open; nothing here is a measurement.",
    ]
    return "\n".join(lines), path


def _heading(name: str, site: pandas.Series, cascade: Cascade, preset: str) -> list[str]:
    band = f"{percent(cascade.low)} to {percent(cascade.high)}"
    open_site = bool(uncertain(np.array([cascade.low]), np.array([cascade.high]))[0])
    place = ", ".join(significant(float(site[f"{axis}_um"])) for axis in "xyz")
    return [
        f"{cascade.title} of “{shorten(name, 60)}”, preset {shorten(preset)}",
        f"  ink {shorten(str(site['ink']), 40)}, at ({place}) µm, "
        f"{significant(float(site['depth_um']))} µm below the free surface",
        f"  senses {significant(float(site['stiffness_kPa']))} kPa "
        f"({significant(float(site['softest_kPa']))} to "
        f"{significant(float(site['stiffest_kPa']))} by direction)",
        f"  P(dormant) {percent(cascade.p)} (band {band})" + (": uncertain" if open_site else ""),
    ]


def _table(cascade: Cascade, plateaus: Plateaus | None) -> list[str]:
    rows = [("", "log-odds", "odds of sleep", "P so far" if plateaus else "")]
    total = 0.0

    def so_far() -> str:
        return percent(plateaus.p(total)) if plateaus else ""

    rows.append(("even odds", signed(0.0), "", so_far()))
    for bar in bars([cascade], most=len(cascade.shares)):
        value = bar.values[0]
        total += value
        shut = abs(value) >= SHUT
        rows.append((bar.words, "gate shut" if shut else signed(value), odds(value), so_far()))
    together = "gate shut" if cascade.shut else signed(cascade.total)
    rows.append(("all together", together, odds(cascade.total), so_far()))
    wide = [max(len(line[column]) for line in rows) for column in range(4)]
    lines = [
        "  " + "  ".join([line[0].ljust(wide[0]), *(line[k].rjust(wide[k]) for k in (1, 2, 3))])
        for line in rows
    ]
    lines.insert(-1, "  " + "─" * (sum(wide) + 6))
    if plateaus and abs(plateaus.p(cascade.total) - cascade.p) > 0.005:
        lines.append(
            f"  P is {percent(cascade.p)}, not that of the sum: cells keep part of their past."
        )
    return [line.rstrip() for line in lines]


def _arms(folder: Path, summary: dict[str, Any], site_id: int, control: Cascade) -> list[str]:
    """P of this site in the arms of a comparison, where there is one."""
    biology = read_tables(folder, summary.get("biology"))
    if biology is None or biology.compare_sites is None:
        return []
    here = biology.compare_sites[biology.compare_sites["id"] == site_id]
    # Arms have no memory; where the cells have, this site's P is not the control of the arms.
    p = {} if biology.history is not None else {CONTROL: control.p}
    p |= dict(zip(here["arm"], map(float, here["p_dormant"]), strict=True))
    rows = [(shorten(arm, 40), value) for arm, value in list(p.items())[:_MOST_ARMS]]
    wide = max(len(name) for name, _ in rows)
    memory = ", without memory" if biology.history is not None else ""
    lines = [
        f"  P(dormant) of this site in every arm{memory} (bands: of the mean only, in compare.csv)"
    ]
    lines += [f"  {name.ljust(wide)}  {percent(value).rjust(12)}" for name, value in rows]
    return [*lines, ""]
