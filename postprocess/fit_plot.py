"""Counted cells with the rule that was fitted to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray
from postprocess.plots import plain_decades
from postprocess.style import SLEEP_COLOUR, WIDTH, drawing, shorten


def draw_fit(
    stiffness: FloatArray,
    dormant: npt.NDArray[np.int64],
    total: npt.NDArray[np.int64],
    curve: tuple[FloatArray, FloatArray, FloatArray],
    preset: str,
    path: Path,
) -> None:
    """Draw counts with their 95 % Wilson intervals, and the fitted rule with its 90 % band.

    Parameters
    ----------
    stiffness
        Of the gels, rising, kPa, shape (m,).
    dormant, total
        Cells asleep and cells counted, shape (m,).
    curve
        Median and ends of the band of P(dormant) on these gels, shape (m,) each.
    preset
        Name of the rule.
    path
        PNG file.
    """
    share = dormant / total
    z = 1.96
    middle = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    value, low, high = curve
    with drawing(WIDTH, 3.6) as figure:
        axes = figure.subplots()
        axes.fill_between(stiffness, low, high, color=SLEEP_COLOUR, alpha=0.18, lw=0)
        axes.plot(stiffness, value, color=SLEEP_COLOUR, lw=1.6, label="fitted rule, 90 % band")
        axes.errorbar(
            stiffness,
            share,
            yerr=np.maximum([share - middle + half, middle + half - share], 0.0),
            fmt="o",
            color="#222",
            capsize=3,
            lw=1,
            label="counted, 95 % interval of the count",
        )
        axes.set_xscale("log")
        plain_decades(axes.xaxis)
        axes.set(
            xlabel="stiffness (kPa)",
            ylabel="fraction dormant",
            ylim=(-0.02, 1.02),
            title=f"The rule fitted to counts, preset {shorten(preset)}",
        )
        axes.legend()
        figure.savefig(path)
