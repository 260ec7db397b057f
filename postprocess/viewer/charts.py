"""Numbers for the charts of the page: bars of histogram and waterfall, ramps of colour bars.

All lengths are per cent of the chart's width or height; all texts are plain and shown as such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.cascades import Cascade, Plateaus, bars
from postprocess.contract import FloatArray
from postprocess.labels import SHUT, percent, quantity, signed
from postprocess.scene.quantities import Limits, Quantity, ink_list
from postprocess.style import SLEEP_COLOUR, WAKE_COLOUR, shorten

BINS = 40
_TOTAL = "#6b7480"
_STOPS = 24


def shares_of(values: FloatArray, ends: Limits) -> FloatArray:
    """Where values lie between the ends of a bar: 0 to 1, along its scale."""
    low, high = ends.clim
    if ends.log:
        clipped = np.clip(values, low, high)
        return np.asarray(np.log(clipped / low) / np.log(high / low))
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def value_at(share: float, ends: Limits) -> float:
    """The value at a share of a bar."""
    low, high = ends.clim
    return float(low * (high / low) ** share if ends.log else low + share * (high - low))


def colours_of(what: Quantity, shares: npt.ArrayLike, inks: int = 1) -> npt.NDArray[np.uint8]:
    """Colours of a quantity.

    Parameters
    ----------
    what
        The quantity.
    shares
        ``(n,)`` places on its bar, 0 to 1.
    inks
        How many there are: on their bar each has one step.

    Returns
    -------
    numpy.ndarray
        ``(n, 4)``.
    """
    import matplotlib
    from matplotlib.colors import ListedColormap

    own = what.policy == "inks"
    table = ListedColormap(ink_list(inks)) if own else matplotlib.colormaps[what.cmap]
    return np.asarray(table(np.asarray(shares, dtype=float), bytes=True))


def colours_at(what: Quantity, shares: npt.ArrayLike) -> list[str]:
    """The same as ``#rrggbb``, of a quantity that is no ink."""
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, _ in colours_of(what, shares)]


def colour_bar(what: Quantity, ends: Limits, inks: tuple[str, ...]) -> dict[str, Any]:
    """A colour bar, or a legend where there is one colour for each ink."""
    if what.policy == "inks":
        legend = zip(inks, ink_list(len(inks)), strict=True)
        rows = [{"text": shorten(name), "colour": hue} for name, hue in legend]
        return {"title": what.title, "ramp": "", "ticks": [], "legend": rows}
    stops = colours_at(what, np.linspace(0.0, 1.0, _STOPS))
    return {
        "title": what.title,
        "ramp": f"linear-gradient(to right, {', '.join(stops)})",
        "ticks": [{"at": 100 * at, "text": text} for at, text in ticks(ends)],
        "legend": [],
    }


def ticks(ends: Limits) -> list[tuple[float, str]]:
    """Round values along a bar with their shares, from the left."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    low, high = ends.clim
    if ends.log:
        found = LogLocator(subs=(1.0, 2.0, 5.0)).tick_values(low, high)
        if (inside := [v for v in found if low <= v <= high]) and len(inside) > 7:
            found = LogLocator().tick_values(low, high)
    else:
        found = MaxNLocator(nbins=5).tick_values(low, high)
    return [
        (float(shares_of(np.array([v]), ends)[0]), f"{v:.4g}".replace("-", "−"))
        for v in found
        if low - 1e-9 * abs(low) <= v <= high + 1e-9 * abs(high)
    ]


def histogram(
    values: FloatArray, chosen: npt.NDArray[np.int64], what: Quantity, ends: Limits
) -> dict[str, Any]:
    """How many sites lie in each of some even steps along the bar, and how many are chosen.

    Parameters
    ----------
    values
        ``(n,)``; those beyond the ends count in the outermost steps.
    chosen
        Ascending indices.
    what, ends
        Their quantity, and the ends of its bar.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    at = shares_of(values, ends)
    everyone = np.histogram(at, edges)[0]
    some = np.histogram(at[chosen], edges)[0]
    top = max(int(everyone.max()), 1)
    step = 100.0 / BINS
    hues = colours_at(what, (np.arange(BINS) + 0.5) / BINS) if what.policy != "inks" else []
    rows = [
        {
            "x": step * number,
            "all": 100.0 * int(every) / top,
            "some": 100.0 * int(chosen_here) / top,
            "colour": hues[number] if hues else _TOTAL,
        }
        for number, (every, chosen_here) in enumerate(zip(everyone, some, strict=True))
    ]
    marks = [{"at": 100 * place, "text": text} for place, text in ticks(ends)]
    return {"bars": rows, "step": step, "ticks": marks, "title": what.title, "top": top}


def waterfall(cascade: Cascade, plateaus: Plateaus | None) -> dict[str, Any]:
    """Causes one after the other, from even odds to their sum."""
    rows = bars([cascade])
    steps = [bar.values[0] for bar in rows]
    open_steps = [value for value in steps if abs(value) < SHUT]
    path = np.concatenate([[0.0], np.cumsum(open_steps)])
    low, high = float(min(path.min(), -0.5)), float(max(path.max(), 0.5))
    room = 0.08 * (high - low)
    low, high = low - room, high + room

    def place(value: float) -> float:
        return 100.0 * (min(max(value, low), high) - low) / (high - low)

    made, at = [], 0.0
    for bar, value in zip(rows, steps, strict=True):
        shut = abs(value) >= SHUT
        end = (high if value > 0 else low) if shut else at + value
        made.append(_bar(bar.words, place(at), place(end), value, shut, bar.chemical))
        at = at if shut else end
    end = (high if cascade.total > 0 else low) if cascade.shut else cascade.total
    total = _bar("all together", place(0.0), place(end), cascade.total, cascade.shut, False)
    return {
        "rows": [*made, {**total, "colour": _TOTAL}],
        "zero": place(0.0),
        "scale": ""
        if plateaus is None
        else f"P from {percent(plateaus.p(-700.0))} to {percent(plateaus.p_max)}",
    }


def _bar(
    words: str, start: float, end: float, value: float, shut: bool, chemical: bool
) -> dict[str, Any]:
    return {
        "words": shorten(words, 30),
        "x": min(start, end),
        "width": max(abs(end - start), 0.4),
        "text": "gate shut" if shut else signed(value),
        "colour": SLEEP_COLOUR if value > 0 else WAKE_COLOUR,
        "chemical": chemical,
    }


def number(value: float, unit: str = "") -> str:
    """A number of a site for a table."""
    return quantity(value, unit)
