"""What it takes to see a difference of two shares: replicates, cells, or how far apart they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from meshes.errors import InputError

from .power import Effort, power

MOST_CELLS = 10**6
MOST_REPLICATES = 1000


def replicates_for(first: float, second: float, effort: Effort, wanted: float = 0.8) -> int | None:
    """Fewest replicates of each arm that reach a power, with the cells of ``effort``.

    Parameters
    ----------
    first, second
        True shares, 0 to 1.
    effort
        Its ``replicates`` are not looked at.
    wanted
        Power, above the level and below 1.

    Returns
    -------
    int or None
        At least 2; None: more than `MOST_REPLICATES`.

    Raises
    ------
    InputError
        If a share or the power is out of range.
    """
    _check_power(wanted, effort)

    def enough(replicates: int) -> bool:
        return bool(power(first, second, replace(effort, replicates=replicates)) >= wanted)

    return _least(enough, 2, MOST_REPLICATES)


def cells_for(first: float, second: float, effort: Effort, wanted: float = 0.8) -> int | None:
    """Fewest cells of each replicate that reach a power, with the replicates of ``effort``.

    Parameters
    ----------
    first, second
        True shares, 0 to 1.
    effort
        Its ``cells`` are not looked at.
    wanted
        Power, above the level and below 1.

    Returns
    -------
    int or None
        None: no number of cells reaches it (or more than `MOST_CELLS`): replicates must.

    Raises
    ------
    InputError
        If a share or the power is out of range.
    """
    _check_power(wanted, effort)

    def enough(cells: int) -> bool:
        return bool(power(first, second, replace(effort, cells=cells)) >= wanted)

    return _least(enough, 1, MOST_CELLS)


def detectable(
    share: float, effort: Effort, wanted: float = 0.8
) -> tuple[float | None, float | None]:
    """Nearest shares below and above one that are told from it with a power.

    Parameters
    ----------
    share
        True share of the first arm, 0 to 1.
    effort
        Cells and replicates.
    wanted
        Power, above the level and below 1.

    Returns
    -------
    below, above : float or None
        None: not even 0, or 1, is.

    Raises
    ------
    InputError
        If the share or the power is out of range.
    """
    _check_power(wanted, effort)
    return _nearest(share, 0.0, effort, wanted), _nearest(share, 1.0, effort, wanted)


def _check_power(wanted: float, effort: Effort) -> None:
    if not effort.level < wanted < 1.0:
        raise InputError(
            f"expected a power above the level {effort.level:g} and below 1, found {wanted:g}"
        )


def _least(enough: Callable[[int], bool], low: int, most: int) -> int | None:
    """Smallest number that is enough: doubling, then halving; more is never worse."""
    high = low
    while not enough(high):
        if high == most:
            return None
        low, high = high + 1, min(2 * high, most)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _nearest(share: float, end: float, effort: Effort, wanted: float) -> float | None:
    def reached(other: float) -> bool:
        return bool(power(share, other, effort) >= wanted)

    if not reached(end):
        return None
    near, far = share, end
    while abs(far - near) > 1e-6:
        middle = 0.5 * (near + far)
        near, far = (near, middle) if reached(middle) else (middle, far)
    return far
