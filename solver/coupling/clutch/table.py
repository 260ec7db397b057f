"""Tables of Monte-Carlo read-outs over stiffness, ligand and contractility."""

from __future__ import annotations

import hashlib
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from meshes.errors import InputError

from .engine import ENGINE_VERSION, MEANS, FloatArray, repeated
from .parameters import ClutchParameters

ARMS = ("depleted", "talin")
"""Without and with reinforcement by talin."""


@dataclass(frozen=True)
class ClutchGrid:
    """Where a table is filled, and how well.

    Attributes
    ----------
    stiffness_kPa : tuple of float
        Young's moduli, kPa, rising, in even steps of ln E.
    ligand, contractility : tuple of float
        Clutches and motors relative to the parameters', rising, above 0.
    repeats : int
        Runs per entry at ligand 1 and above; below, as many more as there are fewer clutches, so
        that every entry rests on about as many events.
    arms : tuple of str
        Which of `ARMS`.
    seed : int
        Of all runs.

    Raises
    ------
    InputError
        If an axis does not rise or is not above 0, or an arm is unknown.
    """

    stiffness_kPa: tuple[float, ...]
    ligand: tuple[float, ...] = (1.0,)
    contractility: tuple[float, ...] = (1.0,)
    repeats: int = 32
    arms: tuple[str, ...] = ARMS
    seed: int = 20

    def __post_init__(self) -> None:
        for name in ("stiffness_kPa", "ligand", "contractility"):
            axis = getattr(self, name)
            rising = all(a < b for a, b in pairwise(axis))
            if not axis or axis[0] <= 0.0 or not rising or not math.isfinite(axis[-1]):
                raise InputError(f"clutch grid: {name} must rise and lie above 0, found {axis}")
        if not self.arms or not set(self.arms) <= set(ARMS):
            raise InputError(f"clutch grid: arms must be among {ARMS}, found {self.arms}")

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Of a table's arrays: arms, ligand, contractility, stiffness, read-outs."""
        axes = (self.arms, self.ligand, self.contractility, self.stiffness_kPa, MEANS)
        a, b, c, d, e = (len(axis) for axis in axes)
        return a, b, c, d, e

    def runs(self, ligand: float) -> int:
        """Number of runs of every entry at this ligand."""
        return max(self.repeats, math.ceil(self.repeats / ligand))


@dataclass(frozen=True)
class ClutchTable:
    """Means and standard errors on a grid.

    Attributes
    ----------
    parameters : ClutchParameters
        What was simulated.
    grid : ClutchGrid
        Where.
    mean, se : ndarray, shape `ClutchGrid.shape`
        Mean of the runs and its standard error; the last axis is `engine.MEANS`.
    """

    parameters: ClutchParameters
    grid: ClutchGrid
    mean: FloatArray
    se: FloatArray

    def read_out(self, arm: str, name: str) -> tuple[FloatArray, FloatArray]:
        """One read-out of one arm.

        Parameters
        ----------
        arm
            One of the grid's arms.
        name
            One of `engine.MEANS`, or ``traction_Pa``: force over the adhesion's area.

        Returns
        -------
        mean, standard_error : ndarray, shape (ligand, contractility, stiffness)
        """
        scale = 1.0
        if name == "traction_Pa":
            # 1 pN/um² is 1 Pa.
            name, scale = "force_pN", 1.0 / self.parameters.adhesion_area
        at = (self.grid.arms.index(arm), ..., MEANS.index(name))
        return self.mean[at] * scale, self.se[at] * scale


def table_digest(parameters: ClutchParameters, grid: ClutchGrid) -> str:
    """SHA-256 of everything a table depends on: numbers, grid and version of the engine.

    Parameters
    ----------
    parameters, grid
        Of the table.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    text = f"{parameters.digest};{grid!r};engine {ENGINE_VERSION}"
    return hashlib.sha256(text.encode()).hexdigest()


def entry(
    parameters: ClutchParameters,
    grid: ClutchGrid,
    arm: str,
    ligand: float,
    contractility: float,
    stiffness_kPa: float,
) -> tuple[FloatArray, FloatArray]:
    """One entry of a table. Its seeds hang on its own place only, not on the rest of the grid.

    Parameters
    ----------
    parameters, grid
        Of the table.
    arm, ligand, contractility, stiffness_kPa
        Place of the entry.

    Returns
    -------
    mean, standard_error : ndarray, shape (8,)
        In the order of `engine.MEANS`.
    """
    place = np.array([ligand, contractility, stiffness_kPa]).view(np.uint64)
    return repeated(
        parameters.depleted() if arm == "depleted" else parameters,
        stiffness_kPa,
        ligand,
        contractility,
        repeats=grid.runs(ligand),
        entropy=[grid.seed, ARMS.index(arm), *(int(bits) for bits in place)],
    )


def compute_table(
    parameters: ClutchParameters, grid: ClutchGrid, *, workers: int | None = None
) -> ClutchTable:
    """Fill a table. The result is the same whatever the number of workers.

    Parameters
    ----------
    parameters, grid
        What to simulate, and where.
    workers
        Threads (the kernels run outside Python's lock); None: one per processor.

    Returns
    -------
    ClutchTable
    """
    places = list(product(grid.arms, grid.ligand, grid.contractility, grid.stiffness_kPa))
    entry(parameters, replace(grid, repeats=2), *places[0])  # compiles, before threads start
    with ThreadPoolExecutor(workers) as pool:
        entries = list(pool.map(lambda place: entry(parameters, grid, *place), places))
    mean, se = (np.array(part).reshape(grid.shape) for part in zip(*entries, strict=True))
    return ClutchTable(parameters, grid, mean, se)
