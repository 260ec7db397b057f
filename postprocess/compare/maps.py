"""Difference maps: sections of the common grid, and cells that sit in the same places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from postprocess.compare.lattice import FieldDifference
from postprocess.compare.pairs import Compared, column
from postprocess.compare.plots import name_of
from postprocess.contract import FloatArray
from postprocess.labels import percent, significant
from postprocess.scene.quantities import Limits, Quantity
from postprocess.style import DORMANCY_MAP, WIDTH, drawing

MORE_MAP = "cividis"
"""Differences about zero: dark is less, grey is none, light is more; also told apart in grey."""

_MOST_DOTS = 6000
_MIDDLE = 99.0  # percentile of the sizes of differences that the colours span


@dataclass(frozen=True)
class _Slice:
    """A section of the common grid.

    Parameters
    ----------
    axis
        Normal of the plane: 0, 1, 2 for x, y, z.
    index
        Layer of voxels.
    """

    axis: int
    index: int

    def of(self, box: np.ndarray) -> np.ndarray:
        """The section of ``(k, j, i)`` values, rows upwards in the picture."""
        return np.take(box, self.index, axis=2 - self.axis)

    @property
    def across(self) -> tuple[int, int]:
        """Axes of the picture: to the right, upwards."""
        return ((1, 2), (0, 2), (0, 1))[self.axis]


def _slices(found: FieldDifference) -> list[_Slice]:
    """From above and from the front: the layer near the middle in which most of both bodies is."""
    both = found.lattice.box(found.both if found.both.any() else np.isfinite(found.before))
    chosen = []
    for axis in (2, 1):
        area = both.sum(axis=tuple(n for n in range(3) if n != 2 - axis)).astype(float)
        middle = np.abs(np.arange(len(area)) + 0.5 - len(area) / 2) / len(area)
        chosen.append(_Slice(axis, int(np.argmax(area - 0.2 * area.max() * middle))))
    return chosen


def difference_limits(values: FloatArray) -> Limits:
    """Limits about zero that hold the middle of the differences."""
    size = np.abs(values[np.isfinite(values)])
    end = float(np.percentile(size, _MIDDLE)) if len(size) else 0.0
    largest = float(size.max()) if len(size) else 0.0
    end = max(end, 1e-3 * largest) or 1.0
    beyond = largest > end * (1 + 1e-9)
    return Limits(-end, end, below=beyond, above=beyond)


def field_map(
    first: Compared,
    other: Compared,
    quantity: Quantity,
    ends: Limits,
    found: FieldDifference,
    path: Path,
    *,
    cmap: str = MORE_MAP,
    smoothed_um: float | None = None,
) -> str:
    """A field of two results and its difference on sections of the common grid; the caption.

    Parameters
    ----------
    first, other
        The results.
    quantity
        The field.
    ends
        Limits of its colours, shared with whatever else is compared.
    found
        The field on the common grid.
    path
        File to write.
    cmap
        Colours of the difference.
    smoothed_um
        Where the values are means over cells: the width of the bell that weighs them, µm.
    """
    from matplotlib.colors import LogNorm, Normalize

    slices, lattice = _slices(found), found.lattice
    norm = LogNorm(*ends.clim) if ends.log else Normalize(*ends.clim)
    about = difference_limits(found.difference)
    spans = [lattice.edges[axis] * lattice.counts[axis] for axis in range(3)]
    panel = (WIDTH - 0.9) / 3
    heights = [panel * min(spans[s.across[1]] / spans[s.across[0]], 1.3) for s in slices]
    with drawing(WIDTH, sum(heights) + 0.55 * len(slices) + 1.35) as figure:
        grid = figure.subplots(len(slices), 3, squeeze=False, height_ratios=heights)
        for row, part in zip(grid, slices, strict=True):
            for axes, values in zip(row[:2], (found.before, found.after), strict=True):
                left = _image(axes, found, part, values, norm, quantity.cmap)
            right = _image(row[2], found, part, found.difference, Normalize(*about.clim), cmap)
            _hatch(row[2], found, part)
            row[0].set_ylabel(f"{'xyz'[part.across[1]]} (µm)")
            height = lattice.origin[part.axis] + lattice.edges[part.axis] * (part.index + 0.5)
            for axes in row:
                axes.set_xlabel(f"{'xyz'[part.across[0]]} (µm)")
            row[1].set_yticklabels([])
            row[2].set_yticklabels([])
            row[2].text(
                1.03, 0.5, f"{'xyz'[part.axis]} = {significant(float(height))} µm",
                transform=row[2].transAxes, rotation=270, va="center", fontsize=8.5,
            )  # fmt: skip
        for axes, words in zip(
            grid[0],
            (name_of(first, 20), name_of(other, 20), f"{other.letter} − {first.letter}"),
            strict=True,
        ):
            axes.set_title(words)
        both = figure.colorbar(left, ax=grid[:, :2], location="bottom", extend=ends.extend,
                               shrink=0.7, aspect=34)  # fmt: skip
        both.set_label(quantity.title)
        if ends.log:
            both.ax.xaxis.set_major_formatter("{x:g}")
        bar = figure.colorbar(right, ax=grid[:, 2], location="bottom", extend=about.extend,
                              shrink=0.95, aspect=17)  # fmt: skip
        bar.set_label(f"difference{f' ({quantity.unit})' if quantity.unit else ''}")
        figure.savefig(path)
    return _field_words(first, other, quantity, found, smoothed_um)


def _image(
    axes: Any, found: FieldDifference, part: _Slice, values: FloatArray, norm: Any, cmap: str
) -> Any:
    lattice, (right, up) = found.lattice, part.across
    axes.set_facecolor("#ffffff")
    axes.set_aspect("equal")
    return axes.imshow(
        part.of(lattice.box(values)),
        origin="lower",
        extent=_extent(found, right, up),
        norm=norm,
        cmap=cmap,
        interpolation="nearest",
    )


def _extent(found: FieldDifference, right: int, up: int) -> tuple[float, float, float, float]:
    low = found.lattice.origin
    high = low + found.lattice.edges * np.array(found.lattice.counts)
    return float(low[right]), float(high[right]), float(low[up]), float(high[up])


def _hatch(axes: Any, found: FieldDifference, part: _Slice) -> None:
    """Hatch what only one of the bodies fills: rising strokes, the first; falling, the other."""
    lattice, (right, up) = found.lattice, part.across
    x, y = (
        lattice.origin[axis] + lattice.edges[axis] * (np.arange(lattice.counts[axis]) + 0.5)
        for axis in (right, up)
    )
    for mask, strokes in ((found.only_before, "////"), (found.only_after, "\\\\\\\\")):
        here = part.of(lattice.box(mask))
        if here.any():
            axes.contourf(x, y, here.astype(float), levels=[0.5, 1.5], colors="none",
                          hatches=[strokes])  # fmt: skip
            axes.contour(x, y, here.astype(float), levels=[0.5], colors="#444444", linewidths=0.6)


def _field_words(
    first: Compared,
    other: Compared,
    quantity: Quantity,
    found: FieldDifference,
    smoothed_um: float | None,
) -> str:
    lattice = found.lattice
    each = (
        "each with the value of the element in which its middle lies"
        if smoothed_um is None
        else f"each with the mean over the cells near it (a bell of {significant(smoothed_um, 2)} "
        "µm, one standard deviation): the cells of the two sit in different places, so that single "
        "spots say little"
    )
    said = [
        f"{quantity.label[:1].upper()}{quantity.label[1:]} on sections through the common grid of "
        f"{' × '.join(map(str, lattice.counts))} voxels (edge {significant(lattice.edge)} µm), "
        f"{each}; both bodies stand where their cases put them."
    ]
    if not found.both.any():
        return f"{said[0]} The two bodies do not meet: there is nothing to subtract."
    values = found.difference[found.both]
    low, high = (float(v) for v in np.percentile(values, [5, 95]))
    unit = f" {quantity.unit}" if quantity.unit else ""
    said.append(
        f"Difference where both are: mean {_plus(float(values.mean()))}{unit}, from {_plus(low)} "
        f"to {_plus(high)}{unit} (5 to 95 % of the volume)."
    )
    if found.only_before.any() or found.only_after.any():
        what = "is there" if smoothed_um is None else "has cells there"
        said.append(
            f"Both are in {percent(found.overlap)} of the volume of the two together; hatched: "
            f"only {first.letter} {what} (rising strokes), only {other.letter} (falling strokes)."
        )
    return " ".join(said)


def _plus(value: float) -> str:
    return significant(value) if value <= 0 else f"+{significant(value)}"


def site_map(first: Compared, other: Compared, path: Path) -> str:
    """Cells in the same places: how P of each changes; returns the caption."""
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    before, after = column(first, "p_dormant"), column(other, "p_dormant")
    change = after - before
    end = max(float(np.abs(change).max()), 0.01)
    norm = Normalize(-end, end)
    places = np.asarray(first.scene.sites.points, dtype=float)
    bounds = np.array([first.scene.bounds, other.scene.bounds])
    low, high = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
    with drawing(WIDTH, 4.6) as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        order = np.argsort(places[:, 2])
        rows = order[:: max(1, -(-len(order) // _MOST_DOTS))]
        size = 42 if len(rows) < 300 else 20 if len(rows) < 1500 else 7
        for up, sign in ((True, "^"), (False, "v")):
            part = rows[(change[rows] >= 0) == up]
            dots = left.scatter(
                places[part, 0], places[part, 1], c=change[part], s=size, marker=sign,
                cmap=DORMANCY_MAP, norm=norm, edgecolors="#444", linewidths=0.4,
            )  # fmt: skip
        left.set(
            xlabel="x (µm)", ylabel="y (µm)", xlim=(low[0], high[0]), ylim=(low[1], high[1]),
            aspect="equal", title="Cell by cell, seen from above",
        )  # fmt: skip
        bar = figure.colorbar(
            dots, ax=left, location="bottom", shrink=0.9, ticks=MaxNLocator(5, symmetric=True)
        )
        bar.set_label(f"P(dormant): {other.letter} − {first.letter}")
        right.plot([0, 1], [0, 1], color="#888", lw=1)
        for level in (right.axhline, right.axvline):
            level(0.5, color="#888", lw=1, ls=":")
        right.scatter(
            before[rows], after[rows], c=change[rows], s=0.6 * size, cmap=DORMANCY_MAP,
            norm=norm, edgecolors="#444", linewidths=0.4,
        )  # fmt: skip
        right.set(
            xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel=f"P in {name_of(first, 18)}",
            ylabel=f"P in {name_of(other, 18)}", title="Before and after",
        )  # fmt: skip
        figure.savefig(path)
    return (
        f"The same {len(change)} cells in both results: change of P from {first.letter} to "
        f"{other.letter}. Upward triangles and dark: more sleep; downward and light: fewer. Right: "
        "above the line more of them sleep."
    )
