"""The plain plots: histograms, P against stiffness and depth, shares of the log-odds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import CUE_PREFIX, FloatArray
from postprocess.labels import MECHANICAL_CUES, SHUT, cue_label
from postprocess.results import RunResult
from postprocess.style import (
    DORMANCY_MAP,
    SLEEP_COLOUR,
    WAKE_COLOUR,
    WIDTH,
    detailed,
    drawing,
    ink_colours,
    ink_families,
    outline_words,
    ringed,
    shorten,
)

Rows = npt.NDArray[np.intp]

_P_LABEL = "P(dormant)"
_MOST_POINTS = 6000
_BANDS = 24  # sites per ink whose band is drawn
_LOG_FROM = 5.0  # ratio of the 95th to the 5th percentile from which stiffness is shown by decades


def _by_ink(result: RunResult) -> list[tuple[str, str, Rows]]:
    """Ink name, colour and rows of the inks that hold sites."""
    names = result.sites["ink"].astype(str).map(ink_families(result.inks)).to_numpy()
    return [
        (name, colour, np.flatnonzero(names == name))
        for name, colour in ink_colours(result.inks).items()
        if (names == name).any()
    ]


def _column(result: RunResult, name: str) -> FloatArray:
    return result.sites[name].to_numpy(dtype=float)


def _sample(rows: Rows) -> Rows:
    """At most a few thousand rows, evenly spaced: more dots only make a blot."""
    step = max(1, -(-len(rows) // _MOST_POINTS))
    return rows[::step]


def _dots(count: int) -> dict[str, Any]:
    """Look of scattered sites: rimmed where they are few, small where they are many."""
    if count <= 1500:
        return {"s": 12 if count > 20 else 40, "edgecolor": "white", "linewidth": 0.3}
    return {"s": 3, "linewidth": 0, "alpha": 0.6}


def _by_decades(values: FloatArray) -> bool:
    low, high = np.percentile(values, [5, 95])
    return bool(values.min() > 0 and high > _LOG_FROM * low)


def _bins(values: FloatArray, *, log: bool) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-6 * max(abs(high), 1e-12):
        # One value: a bar of visible width around it.
        return np.array([low * 0.97, low * 1.03]) if low else np.array([-0.5, 0.5])
    count = int(np.clip(np.sqrt(len(values)) * 1.5, 6, 40))
    edges = np.geomspace(low, high, count + 1) if log else np.linspace(low, high, count + 1)
    return edges.astype(np.float64)


def plain_decades(axis: Any) -> None:
    """Label a logarithmic axis with plain numbers at 1, 2 and 5 of each decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def histograms(result: RunResult, path: Path) -> str:
    """Sensed stiffness and P(dormant) of all sites by ink; returns the caption."""
    stiffness, p = _column(result, "stiffness_kPa"), _column(result, "p_dormant")
    inks = _by_ink(result)
    log = _by_decades(stiffness)
    with drawing(WIDTH, 3.3) as figure:
        left, right = figure.subplots(1, 2)
        for axes, values, bins in (
            (left, stiffness, _bins(stiffness, log=log)),
            (right, p, np.linspace(0, 1, 21)),
        ):
            axes.hist(
                [values[rows] for _, _, rows in inks],
                bins=bins,
                stacked=True,
                color=[colour for _, colour, _ in inks],
                label=[shorten(name) for name, _, _ in inks],
                edgecolor="white",
                linewidth=0.4,
            )
            axes.set_ylabel("number of sites")
            axes.yaxis.get_major_locator().set_params(integer=True)
        families, colours = ink_families(result.inks), {name: colour for name, colour, _ in inks}
        for ink in filter(detailed, result.inks):
            modulus, family = ink["e_isotropic_kPa"], families[str(ink["name"])]
            if modulus is None or family not in colours:
                continue
            colour = colours[family]
            left.axvline(modulus, color="#222", lw=1.2, ls=(0, (4, 3)))
            top = left.get_xaxis_transform()
            left.plot(modulus, 1, "v", color=colour, ms=6.5, transform=top, clip_on=False)
        left.plot([], [], color="#222", lw=1.2, ls=(0, (4, 3)), label="the gel itself")
        if log:
            left.set_xscale("log")
            plain_decades(left.xaxis)
        left.set(xlabel="sensed stiffness (kPa)")
        left.set_title("What the cells sense", pad=10)
        right.axvline(0.5, color="#888", lw=1, ls=":")
        right.set(xlabel=f"{_P_LABEL}: fraction asleep", xlim=(0, 1))
        right.set_title("How many would sleep", pad=10)
        figure.legend(
            *left.get_legend_handles_labels(), loc="outside lower center", ncols=len(inks) + 1
        )
        figure.savefig(path)
    return (
        "Sensed stiffness (left) and fraction asleep (right) over all sites, by ink. Dashed: the "
        "modulus of the ink itself, averaged over directions; sites are softer than it where a "
        "free surface or a pore is near and stiffer near glass or along fibres."
    )


def p_against_stiffness(result: RunResult, path: Path) -> str:
    """P(dormant) of the sites over what they sense, with the rule's curve; returns the caption."""
    stiffness, p = _column(result, "stiffness_kPa"), _column(result, "p_dormant")
    low, high = _column(result, "p_dormant_low"), _column(result, "p_dormant_high")
    curve = {key: np.asarray(values) for key, values in result.curves["p_of_stiffness"].items()}
    with drawing(WIDTH, 3.9) as figure:
        axes = figure.subplots()
        axes.fill_between(
            curve["stiffness_kPa"],
            curve["low"],
            curve["high"],
            color="#9aa5b1",
            alpha=0.3,
            lw=0,
            label="band of the rule",
        )
        axes.plot(curve["stiffness_kPa"], curve["p"], color="#333", lw=1.6, label="rule")
        for name, colour, rows in _by_ink(result):
            # A few bands, evenly spread over the stiffness, say what hundreds would blur.
            ranked = rows[np.argsort(stiffness[rows])]
            some = ranked[np.unique(np.linspace(0, len(rows) - 1, _BANDS).astype(int))]
            axes.vlines(stiffness[some], low[some], high[some], color=colour, lw=0.8, alpha=0.45)
            drawn = _sample(rows)
            axes.scatter(
                stiffness[drawn],
                p[drawn],
                color=colour,
                **_dots(len(p)),
                label=f"sites in {shorten(name)}",
                zorder=3,
            )
        axes.axhline(0.5, color="#888", lw=1, ls=":")
        axes.set_xscale("log")
        plain_decades(axes.xaxis)
        axes.set(
            xlabel="sensed stiffness (kPa)",
            ylabel=f"{_P_LABEL}: fraction asleep",
            ylim=(0, 1),
            xlim=(
                min(curve["stiffness_kPa"].min(), stiffness.min() * 0.9),
                max(curve["stiffness_kPa"].max(), stiffness.max() * 1.1),
            ),
            title=f"Sleep against sensed stiffness, preset {result.summary['preset']}",
        )
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
        figure.savefig(path)
    return (
        "Every dot is a site; thin lines are the bands of some, which also hold what is uncertain "
        "about their ink. The curve is the rule for the ligand and cues of this case, the grey "
        "area its band from the stated ranges of its parameters. Dots beside the curve differ from "
        "it by the chemistry of their ink"
        + (
            "."
            if result.biology is None or result.biology.history is None
            else ", and by their past: the curve is that of cells without one."
        )
    )


def against_depth(result: RunResult, path: Path) -> str:
    """Sensed stiffness and P(dormant) over depth and height; returns the caption."""
    p, stiffness = _column(result, "p_dormant"), _column(result, "stiffness_kPa")
    depth = _column(result, "depth_um")
    height = _column(result, "z_um")
    with drawing(WIDTH, 4.9) as figure:
        grid = figure.subplots(2, 2, sharex="col", sharey="row")
        for name, colour, rows in _by_ink(result):
            drawn = _sample(rows)
            for axes, x, y in (
                (grid[0, 0], depth, stiffness),
                (grid[0, 1], height, stiffness),
                (grid[1, 0], depth, p),
                (grid[1, 1], height, p),
            ):
                axes.scatter(
                    x[drawn],
                    y[drawn],
                    color=colour,
                    **_dots(len(p)),
                    label=shorten(name),
                )
        grid[0, 0].set(ylabel="sensed stiffness (kPa)", title="By depth in the gel")
        grid[0, 1].set_title("By height above the glass")
        grid[0, 0].set_ylim(0, 1.06 * grid[0, 0].get_ylim()[1])
        grid[1, 0].set(
            ylabel=_P_LABEL, ylim=(0, 1), xlim=(0, None), xlabel="depth below the free surface (µm)"
        )
        grid[1, 1].set(xlabel="height above the glass (µm)", xlim=(0, None))
        for axes in grid[1]:
            axes.axhline(0.5, color="#888", lw=1, ls=":")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, markerscale=2)
        figure.savefig(path)
    return (
        "What a cell senses and whether it would sleep, by its distance to the nearest bathed "
        "surface (left) and by its height above the bottom of the print (right)."
    )


def logodds_shares(result: RunResult, path: Path) -> str:
    """Shares of the log-odds per path, mean and 5-95 % over sites; returns the caption."""
    shares = {cue: _column(result, CUE_PREFIX + cue) for cue in result.cues}
    together = np.sum(list(shares.values()), axis=0)
    preset = shorten(str(result.summary["preset"]))
    idle = [cue for cue, values in shares.items() if not np.any(np.abs(values) > 1e-9)]
    # Mechanics first, then chemistry, each with the widest share on top.
    order = sorted(
        (cue for cue in shares if cue not in idle),
        key=lambda cue: (cue not in MECHANICAL_CUES, -abs(shares[cue].mean())),
    )
    bars = [(cue_label(cue), shares[cue], cue not in MECHANICAL_CUES) for cue in order]
    bars.append(("all together", together, False))
    # A gate that is shut counts ±20.7: shown as running off the scale, or it would hide the rest.
    seen = [abs(float(q)) for _, values, _ in bars for q in np.percentile(values, [5, 95])]
    reach = 1.15 * max([0.5, *(value for value in seen if value < SHUT)])
    with drawing(WIDTH, 1.2 + 0.4 * len(bars)) as figure:
        axes = figure.subplots()
        for row, (_, values, chemical) in enumerate(bars):
            mean = float(values.mean())
            low, high = np.clip(np.percentile(values, [5, 95]), -reach, reach)
            last = row == len(bars) - 1
            axes.barh(
                row,
                mean,
                height=0.62,
                color="#6b7480" if last else SLEEP_COLOUR if mean > 0 else WAKE_COLOUR,
                hatch="////" if chemical else None,
                edgecolor="white",
                linewidth=0,
            )
            for colour, wide in (("white", 3.4), ("#222", 1.3)):
                axes.plot(
                    [low, high], [row, row], color=colour, lw=wide, marker="|", ms=7, mew=wide
                )
        axes.axvline(0, color="#333", lw=0.9)
        axes.axhline(len(bars) - 1.5, color="#bbb", lw=0.8)
        axes.set(
            yticks=range(len(bars)),
            yticklabels=[shorten(words, 34) for words, _, _ in bars],
            xlim=(-reach, reach),
            ylim=(len(bars) - 0.4, -0.6),
            xlabel="◄ wakes     share in the log-odds of sleep (1: odds × 2.7)     keeps asleep ►",
            title=f"What decides, preset {preset} (plain: stiffness; hatched: chemistry)",
        )
        figure.savefig(path)
    words = (
        "Share of each path in the log-odds of dormancy: bar, mean over the sites; whisker, from "
        "the 5th to the 95th percentile of the sites. To the right it keeps cells asleep, to the "
        "left it wakes them."
    )
    if idle:
        words += f" Without any share here: {', '.join(cue_label(cue) for cue in idle)}."
    if any(value >= SHUT for value in seen):
        words += " A bar that runs off the scale is a gate that is shut: nothing wakes the cells."
    return words


def plan_map(result: RunResult, path: Path) -> str:
    """P(dormant) seen from above, drawn without VTK; returns the caption."""
    x, y = _column(result, "x_um"), _column(result, "y_um")
    p = _column(result, "p_dormant")
    band = _column(result, "p_dormant_low"), _column(result, "p_dormant_high")
    low, high = result.fields.points.min(axis=0), result.fields.points.max(axis=0)
    with drawing(WIDTH, 5.4) as figure:
        axes = figure.subplots()
        rows = _sample(np.argsort(_column(result, "z_um")))
        dots = axes.scatter(
            x[rows],
            y[rows],
            c=p[rows],
            cmap=DORMANCY_MAP,
            vmin=0,
            vmax=1,
            s=24,
            edgecolors=np.where(ringed(*band)[rows], "black", "none"),
            linewidths=0.9,
        )
        axes.set(
            xlabel="x (µm)",
            ylabel="y (µm)",
            xlim=(low[0], high[0]),
            ylim=(low[1], high[1]),
            aspect="equal",
            title="Where cells would sleep, seen from above",
        )
        bar = figure.colorbar(dots, ax=axes, shrink=0.8)
        bar.set_label(f"{_P_LABEL}: fraction asleep (G0), preset {result.summary['preset']}")
        figure.savefig(path)
    return (
        "Cell sites seen from above (3D pictures could not be drawn on this machine); dots are not "
        f"to scale. {outline_words(*band)}"
    )
