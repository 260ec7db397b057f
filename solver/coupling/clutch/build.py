"""Make the tables that the package ships: ``python -m solver.coupling.clutch.build``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from .curves import curve_grid
from .odds import GATE_GRID, gate_parameters
from .parameters import ClutchParameters, load_clutch
from .store import read_table, shipped_path, write_table
from .table import ClutchGrid, compute_table

SHIPPED_LIGANDS = (0.625, 1.0, 1.375)
"""750, 1200 and 1650 clutches: fibronectin coated at 1, 10 and 100 ug/mL."""


def shipped() -> Iterator[tuple[ClutchParameters, ClutchGrid]]:
    """Numbers and grid of every table that the package ships."""
    parameters = load_clutch()
    for ligand in SHIPPED_LIGANDS:
        yield parameters, curve_grid(ligand, 1.0)
    yield gate_parameters(parameters), GATE_GRID


def main(workers: int = 1) -> None:
    """Compute the shipped tables that are missing, and drop those no longer asked for.

    Parameters
    ----------
    workers
        Threads.
    """
    wanted = set()
    for parameters, grid in shipped():
        path = shipped_path(parameters, grid)
        wanted.add(path)
        if read_table(path, parameters, grid) is None:
            start = time.perf_counter()
            write_table(compute_table(parameters, grid, workers=workers), path)
            print(f"{path.name}: {time.perf_counter() - start:.0f} s")
    for path in set(Path(__file__).parent.glob("table-*.npz")) - wanted:
        path.unlink()


if __name__ == "__main__":
    main()
