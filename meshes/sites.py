"""Where the cells sit: seeded at random in the gel, or read from a table of positions.

*Density* is cells per volume of gel, as counted when cells are stirred into the ink. Their number
is drawn for the whole volume; the cells are then placed so that each lies in the gel with its whole
body. Cells that would stick out of the surface are thus moved inside, not lost.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meshes.errors import InputError
from meshes.scaffold import FloatArray, IntArray, Scaffold, require_positive
from meshes.volumes import ink_volumes

MAX_CELLS = 1_000_000
MAX_FILE_BYTES = 200_000_000
# Spheres placed at random one by one, never moved, jam at this share of the volume
# (Zhang and Torquato 2013, doi 10.1103/PhysRevE.88.053312).
JAMMING_FRACTION = 0.384
COLUMNS = ("x_um", "y_um", "z_um")
_LARGEST_BATCH = 1 << 18


@dataclass(frozen=True)
class Seeding:
    """Positions of cells in a scaffold.

    Parameters
    ----------
    points
        Centres, shape (n, 3), µm.
    ink
        Index of the ink around each, shape (n,).
    depth
        Distance of each centre from the nearest surface, shape (n,), µm; in a neck between strands
        the distance to the surface of the strand alone.
    """

    points: FloatArray
    ink: IntArray
    depth: FloatArray

    def __len__(self) -> int:
        return len(self.points)


def seed_cells(
    scaffold: Scaffold,
    *,
    radius: float,
    seed: int,
    density: float | None = None,
    count: int | None = None,
    inks: tuple[str, ...] | None = None,
    volumes: npt.ArrayLike | None = None,
    margin: float | None = None,
) -> Seeding:
    """Place cells uniformly at random, none closer to another than two radii.

    The number is Poisson with mean density times volume of the chosen inks, or `count`. Candidates
    are uniform in the body and kept unless they overlap an earlier one (random sequential
    addition). The same arguments give the same cells in the same order.

    Parameters
    ----------
    scaffold
        The body.
    radius
        Radius of a cell a, µm.
    seed
        Seed of the random numbers (PCG64).
    density
        Cells per µm³ of gel; 1/mL is 1e-12/µm³. Give this or `count`.
    count
        Exact number of cells.
    inks
        Names of the inks that hold cells; default all. The centre of a cell decides.
    volumes
        Volume of each ink of the scaffold, shape (n_inks,), µm³, as `TetMesh.exact_volumes`;
        default from :func:`~meshes.volumes.ink_volumes`.
    margin
        Smallest distance of a centre from every surface, µm; default `radius`.

    Returns
    -------
    Seeding
        Possibly of no cells, if the Poisson number is zero.

    Raises
    ------
    InputError
        If arguments contradict each other or are out of range, an ink is unknown, there is no room
        for a cell, or there are more cells than fit.
    """
    radius = require_positive("cell radius (µm)", radius)
    margin = radius if margin is None else require_positive("margin (µm)", margin)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed: expected a whole number of 0 or more, found {seed!r}")
    chosen = _ink_indices(scaffold, inks)
    given = ink_volumes(scaffold) if volumes is None else np.asarray(volumes, dtype=np.float64)
    if given.shape != (len(scaffold.inks),):
        raise InputError(
            f"volumes: expected one per ink of {list(scaffold.inks)}, found the shape {given.shape}"
        )
    volume = float(given[chosen].sum())
    generator = np.random.Generator(np.random.PCG64(int(seed)))
    number = _number(generator, density, count, volume)
    share = number * 4.0 / 3.0 * np.pi * radius**3 / volume
    if share > JAMMING_FRACTION:
        raise InputError(
            f"cells: {number} cells of radius {radius:g} µm would fill {100 * share:.3g} % of the "
            f"gel; placed at random, at most {100 * JAMMING_FRACTION:.3g} % can be filled",
            hint="lower the density or the number, or check the unit of the radius",
        )
    points = _place(scaffold, generator, number, radius, margin, chosen)
    return Seeding(points, scaffold.ink(points), -scaffold.signed_distance(points))


def _ink_indices(scaffold: Scaffold, inks: tuple[str, ...] | None) -> IntArray:
    """Indices of the named inks."""
    names = scaffold.inks if inks is None else ((inks,) if isinstance(inks, str) else inks)
    unknown = [name for name in names if name not in scaffold.inks]
    if unknown or not names:
        raise InputError(
            f"cells: there is no ink {unknown[0]!r}" if unknown else "cells: no ink is chosen",
            hint=f"the inks of this scaffold are {', '.join(scaffold.inks)}",
        )
    return np.unique([scaffold.inks.index(name) for name in names])


def _number(
    generator: np.random.Generator, density: float | None, count: int | None, volume: float
) -> int:
    """Number of cells, exact or drawn."""
    if (density is None) == (count is None):
        raise InputError("cells: give either a density or a count")
    if count is not None:
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise InputError(f"cells: expected a count of 1 or more, found {count!r}")
        mean = float(count)
    else:
        mean = require_positive("cell density (1/µm³)", density) * volume
    if mean > MAX_CELLS:
        raise InputError(
            f"cells: {mean:.3g} cells are more than the {MAX_CELLS} supported",
            hint="1e6 cells per mL are 1e-6 per µm³; lower the density, or take a smaller piece",
        )
    return int(count) if count is not None else int(generator.poisson(mean))


def _place(
    scaffold: Scaffold,
    generator: np.random.Generator,
    number: int,
    radius: float,
    margin: float,
    chosen: IntArray,
) -> FloatArray:
    """Random sequential addition in batches, each tested at once."""
    # Imported here: scipy.spatial takes longer to load than all else in this package.
    from scipy.spatial import cKDTree

    low, high = scaffold.bounds
    placed = np.empty((0, 3))
    tries, most = 0, 400_000 + 400 * number
    while len(placed) < number:
        batch = min(max(4 * (number - len(placed)), 4096), _LARGEST_BATCH)
        candidates = low + generator.random((batch, 3)) * (high - low)
        tries += batch
        candidates = candidates[scaffold.signed_distance(candidates) <= -margin]
        candidates = candidates[np.isin(scaffold.ink(candidates), chosen)]
        if len(placed) and len(candidates):
            nearest, _ = cKDTree(placed).query(candidates, distance_upper_bound=2.0 * radius)
            candidates = candidates[np.isinf(nearest)]
        if len(candidates):
            pairs = cKDTree(candidates).query_pairs(2.0 * radius, output_type="ndarray")
            candidates = candidates[_first_come(len(candidates), pairs)]
            placed = np.concatenate([placed, candidates])[:number]
        if tries > most and len(placed) < number:
            raise InputError(
                f"cells: only {len(placed)} of {number} cells found room in {tries} tries, "
                f"{margin:g} µm from every surface and {2.0 * radius:g} µm from each other",
                hint="lower the density or the number; strands must be thicker than a cell",
            )
    return placed


def _first_come(count: int, pairs: IntArray) -> npt.NDArray[np.bool_]:
    """Which of `count` points stay, if each drives out the later ones it is paired with."""
    keep = np.full(count, True)
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if keep[first]:
            keep[second] = False
    return keep


def load_positions(path: str | Path, scaffold: Scaffold, radius: float) -> Seeding:
    """Read positions of cells from a CSV with the columns x_um, y_um, z_um.

    Other columns are ignored, so that the `sites.csv` of a run can be read again.

    Parameters
    ----------
    path
        The file, UTF-8, comma-separated, at most 1 000 000 rows.
    scaffold
        The body in which they must lie.
    radius
        Radius of a cell, µm: its whole body must be in the gel.

    Returns
    -------
    Seeding
        In the order of the file.

    Raises
    ------
    InputError
        Names file and line: no such file, a missing column, a value that is no finite number, too
        many rows, none, or a cell that is not wholly in the gel.
    """
    source = Path(path)
    radius = require_positive("cell radius (µm)", radius)
    if not source.is_file():
        raise InputError(f"there is no file of positions {source}")
    if source.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{source}: larger than {MAX_FILE_BYTES // 1_000_000} MB")
    points, lines = _read_rows(source)
    depth = -scaffold.signed_distance(points)
    outside = np.flatnonzero(depth < radius)
    if len(outside):
        first = outside[0]
        place = "outside the gel" if depth[first] < 0.0 else "too close to its surface"
        raise InputError(
            f"{source}, line {lines[first]}: the cell at {tuple(map(float, points[first]))} µm is "
            f"{place}: {depth[first]:.4g} µm deep, its radius is {radius:g} µm "
            f"({len(outside)} of {len(points)} cells are)",
            hint=f"the scaffold spans {_span(scaffold)} µm in x, y, z, with pores between strands",
        )
    return Seeding(points, scaffold.ink(points), depth)


def _span(scaffold: Scaffold) -> str:
    low, high = scaffold.bounds
    return ", ".join(f"{a:g} to {b:g}" for a, b in zip(low, high, strict=True))


def _read_rows(source: Path) -> tuple[FloatArray, list[int]]:
    """Coordinates and the line of the file that each came from."""
    values: list[tuple[float, ...]] = []
    lines: list[int] = []
    try:
        with source.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if not set(COLUMNS) <= set(header):
                raise InputError(
                    f"{source}, line 1: expected the columns {','.join(COLUMNS)}, found "
                    f"{','.join(header)[:200] or 'nothing'}",
                    hint="separate by commas, not by semicolons"
                    if any(";" in name for name in header)
                    else "the first line names the columns; lengths are in µm",
                )
            columns = [header.index(name) for name in COLUMNS]
            for row in reader:
                if not row:
                    continue
                if len(values) == MAX_CELLS:
                    raise InputError(f"{source}: more than {MAX_CELLS} rows")
                values.append(_coordinates(source, reader.line_num, row, columns))
                lines.append(reader.line_num)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(
            f"{source}, after line {lines[-1] if lines else 1}: not a comma-separated text: {error}"
        ) from error
    if not values:
        raise InputError(f"{source}: there are no positions below the header")
    return np.array(values), lines


def _coordinates(source: Path, line: int, row: list[str], columns: list[int]) -> tuple[float, ...]:
    """Three finite numbers out of a row."""
    try:
        numbers = tuple(float(row[column]) for column in columns)
    except (ValueError, IndexError):
        numbers = ()
    if len(numbers) != 3 or not np.isfinite(numbers).all():
        raise InputError(
            f"{source}, line {line}: expected finite numbers for {', '.join(COLUMNS)}, found "
            f"{','.join(row)[:200]!r}"
        )
    return numbers
