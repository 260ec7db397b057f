"""Search in a box of logarithms: the best places, and how far from them one may go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.materials.tensors import FloatArray

_FOLLOWED, _FAR = 3, 0.05  # places followed to the end; how far apart, as a share of the box
_HOPELESS = 30.0  # times the least squared residual after a few steps: not followed
_ALIKE = 1.02  # times the least squared residual: fits as well
_STEP = 1e-4  # of the logarithm, for derivatives
_FIRST = 0.5  # longest first step, in logarithms
_TRIES = 6  # steps towards an end of an interval
_NEAR = 0.1  # relative distance at which the end counts as found
Residual = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds ``(p,)`` of the logarithms of the unknowns."""

    low: FloatArray
    high: FloatArray

    def starts(self, guess: FloatArray, count: int) -> list[FloatArray]:
        """The guess, then Sobol points in the inner 80 % of the box."""
        from scipy.stats import qmc

        spread = qmc.Sobol(len(guess), seed=0).random(count)[1:]
        inner = self.low + (self.high - self.low) * (0.1 + 0.8 * spread)
        return [np.clip(guess, self.low, self.high), *inner]

    def descend(
        self, residual: Residual, start: FloatArray, tolerance: float, calls: int
    ) -> tuple[float, FloatArray]:
        """Least squares from a start: half the squared residual, and where."""
        from scipy.optimize import least_squares

        inside = 1e-9 * (self.high - self.low)
        answer = least_squares(
            residual,
            np.clip(start, self.low + inside, self.high - inside),
            bounds=(self.low, self.high),
            x_scale=0.25 * (self.high - self.low),
            ftol=tolerance,
            xtol=tolerance,
            gtol=tolerance,
            max_nfev=calls,
        )
        return float(answer.cost), answer.x

    def best(self, residual: Residual, starts: Sequence[FloatArray]) -> list[FloatArray]:
        """Answers that fit alike, the one nearest to the first start first.

        A few steps are taken from every start, then the best places that are far from one another
        are followed to the end.
        """

        def apart(one: FloatArray, other: FloatArray) -> float:
            return float(np.max(np.abs(one - other) / (self.high - self.low)))

        places: list[FloatArray] = []
        scouted = [self.descend(residual, start, 1e-2, 8) for start in starts]
        scouted.sort(key=lambda found: found[0])
        for cost, x in scouted:
            near = any(apart(x, other) <= _FAR for other in places)
            if not near and len(places) < _FOLLOWED and cost <= _HOPELESS * scouted[0][0] + 1e-12:
                places.append(x)
        found = [self.descend(residual, x, 1e-9, 60) for x in places]
        least = min(cost for cost, _ in found)
        equal = [x for cost, x in found if cost <= _ALIKE * least + 1e-12]
        return sorted(equal, key=lambda x: apart(x, starts[0]))

    def jacobian(self, residual: Residual, x: FloatArray) -> FloatArray:
        """``(m, p)`` by central differences; one-sided at a bound."""
        columns = []
        for i in range(len(x)):
            up, down = x.copy(), x.copy()
            up[i], down[i] = min(x[i] + _STEP, self.high[i]), max(x[i] - _STEP, self.low[i])
            columns.append((residual(up) - residual(down)) / (up[i] - down[i]))
        return np.stack(columns, axis=1)

    def linear_ends(self, x: FloatArray, reach: FloatArray) -> FloatArray:
        """Ends ``(p, 2)`` of intervals of equal reach on both sides, within the box."""
        ends = np.stack([x - reach, x + reach], axis=1)
        return np.asarray(np.clip(ends, self.low[:, None], self.high[:, None]))

    def profile_ends(
        self, residual: Residual, x: FloatArray, ends: FloatArray, growth: float
    ) -> FloatArray:
        """Ends ``(p, 2)`` where the squared residual has grown by ``growth²``, others refitted.

        Parameters
        ----------
        x
            Best place.
        ends
            First guess of the ends, ``(p, 2)``.
        growth
            Square root of the growth.
        """
        found = ends.copy()
        for i in range(len(x)):
            for side in (0, 1):
                found[i, side] = self._end(residual, x, i, float(ends[i, side]), growth)
        return found

    def _end(self, residual: Residual, x: FloatArray, i: int, guess: float, growth: float) -> float:
        """One end: the square root of the growth is nearly linear in the step."""
        step, place = guess - float(x[i]), x
        furthest = float((self.high if step > 0.0 else self.low)[i] - x[i])
        if step == 0.0 or furthest == 0.0:
            return float(x[i])
        least = float(np.sum(residual(x) ** 2))
        inner, outer = 0.0, furthest  # too near, too far
        # A poor picture of the curve may guess much too far: begin half-way.
        step = float(np.clip(0.5 * step, -_FIRST, _FIRST))
        for _ in range(_TRIES):
            size, moved = self._refitted(residual, place, i, float(x[i]) + step)
            risen = float(np.sqrt(max(size - least, 0.0)))
            if abs(risen - growth) <= _NEAR * growth or (step == furthest and risen < growth):
                break
            if risen < growth:
                inner, place = step, moved
            else:
                outer = step
            step *= float(np.clip(growth / max(risen, 1e-300), 0.3, 2.5))
            if not min(inner, outer) < step < max(inner, outer):
                step = furthest if outer == furthest and risen < growth else 0.5 * (inner + outer)
        return float(x[i]) + step

    def _refitted(
        self, residual: Residual, start: FloatArray, i: int, value: float
    ) -> tuple[float, FloatArray]:
        """Least squared residual with unknown ``i`` at a value, and where."""
        others = np.arange(len(start)) != i
        place = start.copy()
        place[i] = value
        if not others.any():
            return float(np.sum(residual(place) ** 2)), place

        def rest(y: FloatArray) -> FloatArray:
            moved = place.copy()
            moved[others] = y
            return residual(moved)

        part = Box(self.low[others], self.high[others])
        cost, found = part.descend(rest, start[others], 1e-4, 25)
        place[others] = found
        return 2.0 * cost, place
