"""What the rule says of the cells of a result under some numbers; bands block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.biology.sites import Sites
from cases.biology.state import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from solver.coupling import Band, Moment

_BLOCK = 8192  # sites whose bands are sampled before it is asked whether they are still wanted


class Stopped(Exception):
    """The bands are not wanted any more."""


@dataclass(frozen=True, eq=False)
class LiveAnswer:
    """What the rule says of ``n`` cells under some changes.

    Attributes
    ----------
    p
        P(dormant), ``(n,)``.
    plateaus
        ``p_min``, ``p_max``, ``amplitude``.
    """

    p: NDArray[np.float64]
    plateaus: dict[str, float]
    _state: State
    _sites: Sites
    _after: tuple[Moment, ...]
    _how: dict[str, Any]

    @property
    def mean(self) -> float:
        """Mean P(dormant)."""
        return float(self.p.mean())

    @property
    def above_half(self) -> float:
        """Fraction of cells with P above 0.5."""
        return float((self.p > 0.5).mean())

    def shares(self, rows: NDArray[np.int64] | None = None) -> dict[str, NDArray[np.float64]]:
        """Log-odds of sleep by cause, positive keeps asleep.

        Parameters
        ----------
        rows
            Of which cells, ``(k,)``; None: all.
        """
        some = self if rows is None else self.of(rows)
        return some._state.rule.log_odds_shares(**some._state.inputs)

    def bands(
        self, samples: int | None = None, stop: Callable[[], bool] = lambda: False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
        """Bands of P, block by block.

        Parameters
        ----------
        samples
            Power of two; None: as many as the case asks for.
        stop
            Asked before every block; where it says so, the work ends.

        Returns
        -------
        low, high : (n,)
        mean : (low, high) of the mean P

        Raises
        ------
        Stopped
            If it was.
        """
        n = len(self.p)
        low, high = np.empty(n), np.empty(n)
        how = self._how if samples is None else self._how | {"samples": samples}
        total = np.zeros(how["samples"])
        for first in range(0, n, _BLOCK):
            if stop():
                raise Stopped
            rows = np.arange(first, min(first + _BLOCK, n))
            some = self.of(rows)
            band = some._band(how, some._sites.uncertain)
            low[rows], high[rows] = band.low, band.high
            total += band.mean_samples * len(rows)
        tail = 0.5 * (1.0 - how["level"])
        ends = np.quantile(total / n, (tail, 1.0 - tail))
        return low, high, (min(float(ends[0]), self.mean), max(float(ends[1]), self.mean))

    @property
    def log_sd(self) -> NDArray[np.float64]:
        """Standard deviation of ln E of each ink, ``(n_inks,)``."""
        return self._sites.log_sd

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the uncertain numbers of the rule, in the order in which they are sampled."""
        from solver.coupling.draws import factor_names

        return factor_names(self._state.rule.parameters, self._state.rule.cues, 0)

    @property
    def sampling(self) -> dict[str, Any]:
        """``level``, ``samples`` and ``seed`` of the bands of the case."""
        return dict(self._how)

    def band_among(
        self, log_sd: NDArray[np.float64], place: NDArray[np.int64], how: dict[str, Any]
    ) -> Band:
        """The band when these inks are some of a longer list, to pair it with another result's.

        Parameters
        ----------
        log_sd
            Standard deviation of ln E of each ink of the list.
        place
            Where each ink of this result stands in it, ``(n_inks,)``.
        how
            Sampling, as :attr:`sampling`: the same for both results of a pair.
        """
        uncertain = {"stiffness_log_sd": log_sd, "ink": place[self._sites.ink]}
        return self._band(how, uncertain)

    def samples_among(
        self, log_sd: NDArray[np.float64], place: NDArray[np.int64], how: dict[str, Any]
    ) -> NDArray[np.float64]:
        """P of every cell in every sample ``(n, S)``; arguments as in :meth:`band_among`."""
        from solver.coupling.band import sample_sites
        from solver.coupling.moment import Moment, sampled_course

        now = Moment(self._state.rule, **self._state.inputs)
        course = sampled_course(
            (*self._after, now),
            now.rule.memory,
            log_sd,
            place[self._sites.ink],
            samples=how["samples"],
            seed=how["seed"],
        )
        return sample_sites(course)

    def _band(self, how: Mapping[str, Any], uncertain: Mapping[str, Any]) -> Band:
        given: dict[str, Any] = {**self._state.inputs, **uncertain, **how}
        return self._state.rule.band(**given, after=self._after)

    def of(self, rows: NDArray[np.int64]) -> LiveAnswer:
        """The same for some of the cells, ``(k,)`` rows."""
        return replace(
            self,
            p=self.p[rows],
            _state=State(self._state.rule, _some(self._state.inputs, rows)),
            _sites=replace(self._sites, ink=self._sites.ink[rows]),
            _after=tuple(_some_moment(moment, rows) for moment in self._after),
        )


def _some(inputs: Mapping[str, Any], rows: NDArray[np.int64]) -> dict[str, Any]:
    """Inputs of the rule for some of the cells; what all share stays."""
    from solver.coupling import Dose

    def take(value: Any) -> Any:
        array = np.asarray(value, dtype=float)
        return value if array.ndim == 0 else array[rows]

    def of(value: Any) -> Any:
        if isinstance(value, Dose):
            return value.of_sites(take)
        if isinstance(value, tuple):
            return tuple(of(one) for one in value)
        return value if value is None else take(value)

    return {
        key: {name: of(dose) for name, dose in value.items()} if key == "doses" else of(value)
        for key, value in inputs.items()
    }


def _some_moment(moment: Moment, rows: NDArray[np.int64]) -> Moment:
    keys = ("E", "ligand", "doses", "upar", "fibronectin", "E_without_collagen")
    return replace(moment, **_some({key: getattr(moment, key) for key in keys}, rows))
