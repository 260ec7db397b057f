"""Shares of cells with their intervals, for cells that come in clones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from meshes.errors import InputError

from .noise import BoolArray


@dataclass(frozen=True)
class Proportion:
    """A share of cells and its interval.

    Attributes
    ----------
    value : float
        The share, 0 to 1; NaN where there are no cells.
    low, high : float
        Bounds of the interval; 0 and 1 where there are no cells.
    cells : int
        Cells counted.
    effective : float
        Independent cells that would tell as much: fewer than ``cells`` where sisters are alike.
    """

    value: float
    low: float
    high: float
    cells: int
    effective: float


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Parameters
    ----------
    share
        Observed, 0 to 1.
    n
        Trials it comes from, above 0; need not be whole.
    level
        Coverage, between 0 and 1.

    Returns
    -------
    tuple of two floats
        ``(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)`` (Wilson 1927,
        10.1080/01621459.1927.10502953).

    Raises
    ------
    InputError
        If an argument is out of its range.
    """
    if not (0.0 <= share <= 1.0 and n > 0.0 and 0.0 < level < 1.0):
        raise InputError(
            "interval: expected a share from 0 to 1, trials above 0, a level in (0, 1)"
        )
    z = NormalDist().inv_cdf(0.5 * (1.0 + level))
    middle = share + z * z / (2.0 * n)
    half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def effective_size(hits: BoolArray, clones: np.ndarray) -> float:
    """Independent cells that would tell a share as well as these cells of clones.

    With m_i cells and h_i hits in clone i of c, the share p = Σh/Σm has, as a ratio of sums over
    clones, the variance ``c/(c−1) Σ(h_i − p m_i)² / n²`` (Cochran, Sampling Techniques, chapter
    9); the size is p(1−p) over it, held between 1 and n. Where all cells agree, nothing tells how
    alike sisters are: the number of clones is taken.

    Parameters
    ----------
    hits : ndarray of bool, shape (n,)
        What is counted, n above 0.
    clones : ndarray of int, shape (n,)
        The clone of each cell.

    Returns
    -------
    float
        From 1 to n.
    """
    n = len(hits)
    _, of = np.unique(clones, return_inverse=True)
    count = int(of.max()) + 1
    p = float(np.mean(hits))
    if count < 2 or p in (0.0, 1.0):
        return float(count)
    size = np.bincount(of, minlength=count)
    hit = np.bincount(of, weights=hits, minlength=count)
    variance = count / (count - 1.0) * float(np.sum((hit - p * size) ** 2)) / n**2
    return float(np.clip(p * (1.0 - p) / max(variance, 1e-300), 1.0, n))


def proportion(hits: BoolArray, clones: np.ndarray, level: float = 0.95) -> Proportion:
    """Share of cells, with an interval that allows for sisters being alike.

    Parameters
    ----------
    hits : ndarray of bool, shape (n,)
        What is counted; n may be 0.
    clones : ndarray of int, shape (n,)
        The clone of each cell; all different for independent cells.
    level
        Coverage, between 0 and 1.

    Returns
    -------
    Proportion
        Wilson's interval at the effective number of cells.

    Raises
    ------
    InputError
        If there is not one clone per cell, or the level is out of its range.
    """
    if hits.shape != clones.shape:
        raise InputError(f"share: expected one clone per cell, found {clones.shape}, {hits.shape}")
    if not len(hits):
        return Proportion(math.nan, 0.0, 1.0, 0, 0.0)
    share, effective = float(np.mean(hits)), effective_size(hits, clones)
    return Proportion(share, *wilson(share, effective, level), len(hits), effective)
