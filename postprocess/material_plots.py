"""Pictures of a material: curves of an ink with their band, what waviness matters, and a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.figures import Picture
from postprocess.plots import plain_decades
from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten

_DECADES = 30.0  # largest over smallest modulus from which they are shown by decades
_GREY = "#5b6675"
Record = Mapping[str, Any]


def draw_ink(ink: Record, folder: Path) -> list[Picture]:
    """Draw the pictures of one ink.

    Parameters
    ----------
    ink
        Its part of ``material.json``: ``curves``, ``variants`` and ``crimp``, in kPa.
    folder
        Existing folder for the PNG files, whose names begin with that of the ink.

    Returns
    -------
    list of Picture
        With captions, in the order in which they are to be read.
    """
    name = str(ink["ink"])
    jobs = [("pulled", _pulled), ("sheared", _sheared)]
    if ink["variants"]:
        jobs.insert(1, ("collagen", _collagen))
    if ink["crimp"] is not None:
        jobs.append(("waviness", _waviness))
    drawn = []
    for key, draw in jobs:
        path = folder / f"{name}_{key}.png"
        drawn.append(Picture(f"{name}_{key}", path, draw(ink, path)))
    return drawn


def _array(values: Sequence[float]) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _banded(
    axes: Any, x: FloatArray, y: Record, colour: str, words: str, dashed: str = "-"
) -> None:
    """A curve with its band."""
    axes.fill_between(x, _array(y["low"]), _array(y["high"]), color=colour, alpha=0.16, lw=0)
    axes.plot(
        x,
        _array(y["value"]),
        color=colour,
        lw=1.7,
        ls=dashed,
        label=shorten(words.split(" (")[0], 52),
    )


def _pair(
    rows: Sequence[tuple[Record, str, str, str]], path: Path, titles: tuple[str, str]
) -> None:
    """Stress (left) and tangent modulus (right) of some curves of one control."""
    control = str(rows[0][0]["control"])
    label = "shear strain" if control == "shear_strain" else "stretch"
    with drawing(WIDTH, 3.5) as figure:
        left, right = figure.subplots(1, 2)
        for curve, words, colour, dashed in rows:
            x = _array(curve[control])
            _banded(left, x, curve["nominal_stress_kPa"], colour, words, dashed)
            _banded(right, x, curve["tangent_modulus_kPa"], colour, words, dashed)
        left.axhline(0.0, color="#bbb", lw=0.8, zorder=0)
        left.set(xlabel=label, ylabel="nominal stress (kPa)", title=titles[0])
        right.set(xlabel=label, ylabel="tangent modulus (kPa)", title=titles[1])
        moduli = np.concatenate([_array(row[0]["tangent_modulus_kPa"]["value"]) for row in rows])
        if moduli.min() > 0.0 and moduli.max() > _DECADES * moduli.min():
            right.set_yscale("log")
            plain_decades(right.yaxis)
        else:
            right.set_ylim(0.0, None)
        for axes in (left, right):
            axes.margins(x=0.0)
            axes.xaxis.get_major_locator().set_params(nbins=5)
            if control == "stretch":
                axes.axvline(1.0, color="#bbb", lw=0.8, zorder=0)
        figure.legend(
            *left.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(rows), 2)
        )
        figure.savefig(path)


def _pulled(ink: Record, path: Path) -> str:
    curves = [c for c in ink["curves"] if c["control"] == "stretch"]
    rows = [(curve, str(curve["words"]), INK_COLOURS[i], "-") for i, curve in enumerate(curves)]
    _pair(rows, path, ("Pulled and pressed", "How stiff it is there"))
    return (
        "The gel pulled (stretch above 1) and pressed (below 1), its sides free: force per area at "
        "rest, and its slope. Lines: the central recipe; shaded: 90 % of what the stated "
        "uncertainties of the recipe allow."
    )


def _collagen(ink: Record, path: Path) -> str:
    gel = _tension(ink["curves"][0])
    rows = [(gel, "this gel", "#1c2430", "-")]
    for variant, colour in zip(ink["variants"], (INK_COLOURS[1], INK_COLOURS[0]), strict=False):
        rows.append((variant, str(variant["words"]), colour, "--"))
    _pair(rows, path, ("The same collagen otherwise", "Stiffness against stretch"))
    return (
        "This gel pulled along its fibres, and the same mass of collagen all straight I and all "
        "wavy III in the same matrix. Wavy fibres carry little until they are straight, then as "
        "much as their own stiffness lets them."
    )


def _tension(curve: Record) -> Record:
    """The part of a curve from rest on."""
    x = _array(curve["stretch"])
    keep = np.flatnonzero(x >= 1.0)
    part = dict(curve) | {"stretch": x[keep].tolist()}
    for key in ("nominal_stress_kPa", "tangent_modulus_kPa"):
        part[key] = {end: _array(values)[keep].tolist() for end, values in curve[key].items()}
    return part


def _sheared(ink: Record, path: Path) -> str:
    (curve,) = (c for c in ink["curves"] if c["control"] == "shear_strain")
    _pair([(curve, "sheared", INK_COLOURS[2], "-")], path, ("Sheared", "Shear modulus K(γ)"))
    return (
        "The gel in simple shear, layers across the fibres sliding over each other: stress, and "
        "its slope, the differential shear modulus of a rheometer."
    )


def _waviness(ink: Record, path: Path) -> str:
    crimp = ink["crimp"]
    x, here, matrix = _array(crimp["matrix_kPa"]), crimp["here"], crimp["matrix_here_kPa"]
    with drawing(WIDTH, 3.7) as figure:
        axes = figure.subplots()
        _banded(axes, x, crimp["held"], INK_COLOURS[0], "held by a gel of this modulus")
        axes.axhline(
            crimp["free"]["value"], color=_GREY, lw=1.4, ls="--", label="the same fibre without gel"
        )
        axes.errorbar(
            [matrix["value"]],
            [here["value"]],
            xerr=[[matrix["value"] - matrix["low"]], [matrix["high"] - matrix["value"]]],
            yerr=[[here["value"] - here["low"]], [here["high"] - here["value"]]],
            fmt="o", ms=6, color=INK_COLOURS[1], capsize=3, lw=1.3,
            label=f"ink {shorten(str(ink['ink']))}",
        )  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_decades(axes.xaxis)
        plain_decades(axes.yaxis)
        axes.set(
            xlabel="Young's modulus of the matrix (kPa)",
            ylabel="share of the straight fibre's stiffness",
            title=f"What waves of {crimp['amplitude_um']:g} µm every {crimp['wavelength_um']:g} µm "
            "leave of a fibre",
            xlim=(x[0], x[-1]),
            ylim=(None, 1.3),
        )
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.savefig(path)
    about = (
        "This ink has no wavy fibres: the picture shows what waves would do to them. "
        if crimp["assumed"]
        else ""
    )
    return (
        f"{about}A wavy fibre of radius {crimp['fibril_radius_um']:g} µm is softer than a straight "
        "one, less so the stiffer the gel that holds it. Shaded: single fibrils of 0.1 to 1 GPa. "
        "The dot: this ink, with the spread of its matrix and of the fibril."
    )


def draw_fit(fit: Record, path: Path) -> Picture:
    """Draw measured points, the fitted curve with its band, and the residuals.

    Parameters
    ----------
    fit
        Content of ``fit.json``: ``data`` with columns, ``strain_name``, ``value_name``, ``law``.
    path
        PNG file.
    """
    data = {key: _array(values) for key, values in fit["data"].items()}
    x, words = data["strain"], str(fit["strain_name"]).replace("_", " ")
    with drawing(WIDTH, 4.4) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot(x, data["measured"], "o", ms=3.5, color="#1c2430", label="measured", zorder=3)
        upper.fill_between(
            x, data["low"], data["high"], color=INK_COLOURS[1], alpha=0.25, lw=0,
            label="90 % band of the curve",
        )  # fmt: skip
        upper.plot(x, data["fitted"], color=INK_COLOURS[1], lw=1.7, label=str(fit["law"]))
        upper.plot(x, data["before"], color=_GREY, lw=1.2, ls="--", label="the case as it was")
        upper.set(
            ylabel=f"{fit['value_name']} (kPa)", title=f"Fit of {fit['law']} to {fit['kind']}"
        )
        lower.axhline(0.0, color="#888", lw=0.9)
        lower.plot(x, data["residual"], "o-", ms=3, lw=0.8, color=INK_COLOURS[0])
        lower.set(xlabel=words, ylabel="residual (kPa)")
        figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=4)
        figure.savefig(path)
    return Picture(
        "fit",
        path,
        "Measured points, the fitted law and the 90 % band of its curve; dashed: what the recipe "
        "of the case gives. Below: measured minus fitted. Residuals that wander in one direction "
        "say that the law has another shape than the gel.",
    )


def draw_cells(ink: Record, folder: Path) -> Picture:
    """Draw solved fibre cells beside the formulas.

    Parameters
    ----------
    ink
        Its part of ``material.json``; ``cells`` holds ``rows`` and ``curve``.
    folder
        Existing folder for the PNG file.
    """
    cells = ink["cells"]
    key = f"{ink['ink']}_cells"
    path = folder / f"{key}.png"
    rows, curve = cells["rows"], cells["curve"]
    with drawing(WIDTH, 3.4) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        for place, row in enumerate(rows):
            solved = str(row["what"]).startswith("solved")
            left.plot(
                row["value"], place, "o" if solved else "D", ms=8 if solved else 6,
                color=INK_COLOURS[1] if solved else INK_COLOURS[0],
            )  # fmt: skip
        left.set_xscale("log")
        plain_decades(left.xaxis)
        left.set(
            yticks=range(len(rows)),
            yticklabels=[shorten(str(row["what"]), 42) for row in rows],
            xlabel="share of the straight fibre's stiffness",
            title="At small strain",
        )
        left.invert_yaxis()
        left.grid(axis="y", color="#eee")
        x = _array(curve["stretch"])
        right.plot(x, _array(curve["cell"]), "o-", color=INK_COLOURS[1], label="solved, in step")
        right.plot(x, _array(curve["law"]), "D--", ms=4, color=INK_COLOURS[0], label="law, lone")
        right.set(xlabel="stretch", title="While it straightens", ylim=(0.0, None))
        right.legend(loc="upper left")
        figure.savefig(path)
    return Picture(
        key,
        path,
        f"A wavy fibril of collagen {cells['fibre']} in gel, solved by finite elements (dots), "
        "beside the formulas (diamonds): its share of a straight fibril's stiffness at small "
        "strain, and of its tangent modulus while it is pulled straight.",
    )
