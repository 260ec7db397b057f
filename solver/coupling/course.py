"""What the same cells go through: one state after the other, evaluated a block of sites at a time.

Memory is bounded by the block, whatever the number of sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .collagen_doses import FloatArray
from .draws import Draw
from .exposure import Exposure
from .log_odds import Terms
from .memory import Memory, hysteresis_width, play

# Elements of one (sites, samples) block: 4 MiB each, few enough to stay in the cache.
_BLOCK = 2**19
# The nominal sample alone has a few columns per site for each cue.
_BLOCK_OF_ONE = 2**14


@dataclass(frozen=True)
class State:
    """One state of n sites.

    Attributes
    ----------
    terms : Terms
        The rule.
    site : Exposure
        The sites.
    nominal : Draw
        The nominal sample.
    draw : Draw
        S samples of all ranges; the nominal one where no others are wanted.
    """

    terms: Terms
    site: Exposure
    nominal: Draw
    draw: Draw


@dataclass(frozen=True)
class Course:
    """States of the same sites, the present one last.

    Attributes
    ----------
    states : sequence of State
        At least one; all with the same n and S.
    memory : Memory or None
        None: each state is answered as if nothing had been before.
    """

    states: Sequence[State]
    memory: Memory | None

    @property
    def size(self) -> int:
        """Number of sites n."""
        return self.states[-1].site.size

    @property
    def samples(self) -> int:
        """Number of samples S."""
        return self.states[-1].draw.size

    def blocks(self) -> Iterator[slice]:
        """Yield the sites in blocks for all samples."""
        return _slices(self.size, max(1, _BLOCK // self.samples))

    def probability(self, sites: slice, nominal: bool = False) -> Iterator[FloatArray]:
        """P(dormant) of some sites in every state.

        Parameters
        ----------
        sites
            Which of the n.
        nominal
            True: of the nominal sample; False: of the S samples.

        Yields
        ------
        ndarray, shape (number of these sites, S or 1)
        """
        draws = [state.nominal if nominal else state.draw for state in self.states]
        w: FloatArray | None = None
        for state, draw in zip(self.states, draws, strict=True):
            site = state.site.part(sites)
            x = state.terms.log_ratio(site, draw)
            if self.memory is None:
                w = x
            else:
                width = hysteresis_width(draws[-1].parameters["feedback"])
                w = self.memory.first(x, width) if w is None else play(x, w, width)
            yield state.terms.probability(site, draw, w if self.memory is None else w.copy())

    def nominal(self) -> list[FloatArray]:
        """P(dormant) of all sites in every state, with every number at its nominal value.

        Returns
        -------
        list of ndarray, shape (n,)
            One for each state.
        """
        p: list[FloatArray] = [np.empty(self.size) for _ in self.states]
        for sites in _slices(self.size, _BLOCK_OF_ONE):
            for whole, part in zip(p, self.probability(sites, nominal=True), strict=True):
                whole[sites] = part[:, 0]
        return p

    def mean_samples(self) -> FloatArray:
        """Mean P over the sites in the present state.

        Returns
        -------
        ndarray, shape (S,)
        """
        total = np.zeros(self.samples)
        for sites in self.blocks():
            *_, p = self.probability(sites)
            total += p.sum(axis=0)
        return total / self.size


def _slices(n: int, step: int) -> Iterator[slice]:
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
