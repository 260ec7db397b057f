"""Which input moves an output most: the mean over all others, from its lowest to its highest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from postprocess.sweep.points import Points, group_means, levels
from postprocess.sweep.quantities import Quantity
from postprocess.sweep.view import SweepInput


@dataclass(frozen=True)
class Effect:
    """What one input does to an output, the other inputs averaged over the cases of the sweep.

    Parameters
    ----------
    item
        The input.
    low, high
        Lowest and highest mean of the output over the values of the input, in its unit.
    low_at, high_at
        The values of the input at which they are, as text.
    """

    item: SweepInput
    low: float
    high: float
    low_at: str
    high_at: str

    @property
    def span(self) -> float:
        """How far the input moves the output."""
        return self.high - self.low


def main_effects(points: Points, quantity: Quantity) -> list[Effect]:
    """Effects of all inputs that were varied, the largest first.

    Parameters
    ----------
    points
        Design points of the sweep.
    quantity
        The output.

    Returns
    -------
    list of Effect
        One per input with at least two values at which the output is known.
    """
    value = points.of(quantity).value
    found = []
    for item in points.view.varied:
        grouped = levels(points.frame, item)
        means = group_means(grouped.groups, value, len(grouped))
        if int(np.isfinite(means).sum()) < 2:
            continue
        low, high = int(np.nanargmin(means)), int(np.nanargmax(means))
        found.append(
            Effect(
                item,
                float(means[low]),
                float(means[high]),
                grouped.names[low],
                grouped.names[high],
            )
        )
    return sorted(found, key=lambda effect: -effect.span)
