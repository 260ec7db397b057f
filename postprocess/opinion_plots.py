"""Pictures of the two models beside the rule: the signalling network and the molecular clutch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from postprocess.biology import Biology
from postprocess.labels import significant
from postprocess.plots import plain_decades
from postprocess.style import INK_COLOURS, WIDTH, drawing, shorten


def network(biology: Biology, preset: str, colours: Mapping[str, str], path: Path) -> str:
    """P of the rule with its band and P of the network over stiffness; returns the caption."""
    assert biology.network is not None, "drawn only where the network was asked"
    table = biology.network
    wide, size = (5.0, 5.5) if len(table) <= 24 else (2.5, 3.5)
    with drawing(WIDTH, 3.9) as figure:
        axes = figure.subplots()
        for ink, colour in colours.items():
            here = table[table["ink"].astype(str) == ink]
            if here.empty:
                continue
            e, rule, other = (
                here[name].to_numpy(dtype=float)
                for name in ("stiffness_kPa", "p_rule", "p_network")
            )
            axes.vlines(
                e, here["p_rule_low"], here["p_rule_high"], color=colour, lw=wide, alpha=0.2
            )
            axes.vlines(e, rule, other, color=colour, lw=0.8, ls=":")
            axes.plot(e, rule, "o", color=colour, ms=size, label=f"rule, {shorten(ink)}")
            axes.plot(
                e, other, "D", color=colour, ms=size, mfc="white", mew=1.4,
                label=f"network, {shorten(ink)}",
            )  # fmt: skip
        axes.axhline(0.5, color="#888", lw=1, ls=":")
        e = table["stiffness_kPa"].to_numpy(dtype=float)
        if e.min() > 0:
            axes.set_xscale("log")
            plain_decades(axes.xaxis)
            axes.set_xlim(e.min() / 1.15, e.max() * 1.15)
        axes.set(
            xlabel="sensed stiffness (kPa)",
            ylabel="P(dormant): fraction asleep",
            ylim=(0, 1),
            title=f"A second opinion, preset {shorten(preset)}",
        )
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
        figure.savefig(path)
    return (
        f"Classes of alike sites. Dots: the rule with the preset “{preset}”; bars: its band; "
        "hollow diamonds: a network of signalling reactions under the same conditions. The network "
        "has parameters of its own, most of them assumptions; agreement makes neither true."
    )


def clutch(biology: Biology, path: Path) -> str:
    """Traction with and without talin, and the gate's drive, over stiffness; the caption."""
    assert biology.clutch is not None, "drawn only where the gate is the clutch"
    table = biology.clutch
    thresholds = {row["ligand"]: row for row in biology.clutch_threshold_kPa}
    with drawing(WIDTH, 4.1) as figure:
        left, right = figure.subplots(1, 2)
        for number, (ligand, here) in enumerate(table.groupby("ligand")):
            colour = INK_COLOURS[number % len(INK_COLOURS)]
            here = here.sort_values("stiffness_kPa")
            e = here["stiffness_kPa"].to_numpy(dtype=float)
            for kind, style, face in (("traction", "o-", colour), ("depleted", "s--", "white")):
                left.errorbar(
                    e,
                    here[f"{kind}_Pa"],
                    yerr=here[f"{kind}_se_Pa"],
                    fmt=style,
                    color=colour,
                    ms=3.5,
                    mfc=face,
                    lw=1.3,
                    elinewidth=1,
                    capsize=2,
                )
            drive = here["drive"].to_numpy(dtype=float)
            right.plot(e[drive > 0], drive[drive > 0], "o-", color=colour, ms=3.5, lw=1.4)
            right.plot(
                [],
                [],
                color=colour,
                lw=3,
                label=f"adhesive ligand × {significant(float(ligand), 2)}",
            )
            if ligand in thresholds:
                row = thresholds[ligand]
                for axes in (left, right):
                    axes.axvspan(row["low"], row["high"], color=colour, alpha=0.13, lw=0)
                    axes.axvline(row["value"], color=colour, lw=1, ls=":")
        left.plot([], [], "o-", color="#555", ms=3.5, label="with talin")
        left.plot([], [], "s--", color="#555", ms=3.5, mfc="white", label="without talin")
        left.plot([], [], ":", color="#555", label="threshold")
        right.axhline(1, color="#888", lw=0.8)
        right.set_yscale("log")
        plain_decades(right.yaxis)
        for axes in (left, right):
            axes.set_xscale("log")
            plain_decades(axes.xaxis)
            axes.set_xlabel("stiffness (kPa)")
        left.legend(loc="upper left")
        left.set(
            ylabel="traction (Pa)",
            ylim=(0, 1.25 * left.get_ylim()[1]),
            title="How hard a cell pulls",
        )
        right.set(ylabel="mechanical drive m", title="What the gate passes on")
        figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=4)
        figure.savefig(path)
    return (
        "The molecular clutch. Left: traction against stiffness with talin (filled) and without "
        "(hollow), by the amount of adhesive ligand (1: reference); bars, standard errors of the "
        "simulation. Right: the drive that the gate hands to the rule, 1 at the threshold of the "
        "reference ligand. Dotted: the threshold from which traction with talin exceeds that "
        "without; shaded, what grid and noise leave open."
    )
