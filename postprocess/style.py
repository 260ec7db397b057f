"""One look for all pictures: one colour map per quantity, legible type, no decoration."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray

BoolArray = npt.NDArray[np.bool_]

STIFFNESS_MAP = "viridis"
"""Moduli and sensed stiffness, kPa."""

DORMANCY_MAP = "cividis_r"
"""P(dormant): light is awake, dark is asleep; 0 to 1 in every picture."""

DIRECTION_MAP = "plasma"
"""Stiffness along the fibres over stiffness across them."""

INK_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours, distinguishable without red-green vision."""

SLEEP_COLOUR, WAKE_COLOUR = "#123570", "#C9A400"
"""What pushes towards sleep and towards waking: the ends of the dormancy map, darkened."""

DPI = 200
WIDTH = 7.5
"""Width of a figure, inches."""

_RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.06,
    "axes.formatter.use_mathtext": False,
    # Names of inks come from users: a dollar sign is a dollar sign, not a formula.
    "text.parse_math": False,
}


@contextmanager
def drawing(width: float = WIDTH, height: float = 3.6) -> Iterator[Any]:
    """Give an empty matplotlib figure in the common look, without a display and without state.

    Parameters
    ----------
    width, height
        Size, inches.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_RC), warnings.catch_warnings():
        # A name in a script that the font lacks shows boxes; the report shows it as it is.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def halo(width: float) -> list[Any]:
    """White rim of a text, ``width`` points wide, so that it reads on lines and bars."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white")]


def value_range(values: FloatArray) -> tuple[float, float]:
    """Range of a colour bar: the data's own, opened by 5 % where all values are the same."""
    low, high = float(np.min(values)), float(np.max(values))
    if high - low <= 1e-3 * max(abs(low), abs(high), 1e-12):
        middle = (low + high) / 2
        return middle * 0.95, middle * 1.05 if middle else 1.0
    return low, high


def ink_colours(inks: list[dict[str, Any]]) -> Mapping[str, str]:
    """One colour per ink, by name, in the order of the inks; steps of a gradient are one ink."""
    names = dict.fromkeys(ink_families(inks).values())
    return {name: INK_COLOURS[number % len(INK_COLOURS)] for number, name in enumerate(names)}


def ink_families(inks: list[dict[str, Any]]) -> Mapping[str, str]:
    """Name of each ink to that of the ink it is a step of: itself where it is none."""
    return {str(ink["name"]): str(ink.get("step_of") or ink["name"]) for ink in inks}


def detailed(ink: Mapping[str, Any]) -> bool:
    """Whether an ink is described at length: of a gradient its ends and its middle are."""
    return bool(ink.get("detailed", True))


def shorten(text: str, length: int = 28) -> str:
    """Cut a long name for an axis or a legend; control characters become spaces."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def uncertain(low: FloatArray, high: FloatArray) -> BoolArray:
    """Which sites nobody should build on: band wider than 0.5 or on both sides of 0.5.

    Parameters
    ----------
    low, high
        ``(n,)`` ends of the band of P(dormant).

    Returns
    -------
    numpy.ndarray
        ``(n,)`` bool.
    """
    return np.asarray((high - low > 0.5) | ((low < 0.5) & (high > 0.5)))


def ringed(low: FloatArray, high: FloatArray) -> BoolArray:
    """Which sites a picture outlines: the uncertain ones, or none where most are uncertain.

    Where most sites are uncertain, outlines would only hide the colours; the caption says it.
    """
    doubtful = uncertain(low, high)
    return doubtful if 2 * int(doubtful.sum()) < len(doubtful) else np.zeros_like(doubtful)


def outline_words(low: FloatArray, high: FloatArray) -> str:
    """Sentence of a caption on the uncertain sites and their outline."""
    doubtful, shown = int(uncertain(low, high).sum()), bool(ringed(low, high).any())
    count = f"{doubtful} of {len(low)} sites"
    if shown:
        return (
            "Black outline: uncertain, its band is wider than 0.5 or reaches to both sides of 0.5 "
            f"({count})."
        )
    if doubtful:
        return (
            f"{count} are uncertain, too many to outline: the band of such a site is wider than "
            "0.5 or reaches to both sides of 0.5."
        )
    return "No site is uncertain: no band is wider than 0.5 or reaches to both sides of 0.5."
