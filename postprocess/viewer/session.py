"""What is being looked at: a result, the numbers that were moved, and the sites that are chosen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.cascades import Cascade, Plateaus, plateaus_of
from postprocess.contract import CUE_PREFIX, FloatArray
from postprocess.scene.data import Scene
from postprocess.scene.quantities import Limits, Quantity, find, limits, shown
from postprocess.style import uncertain
from postprocess.viewer.loads import Loads
from postprocess.viewer.rule import Answer, LiveRule

_DECADES = 1e3  # span up to which a bar may be logarithmic

BAND = ("p_dormant_low", "p_dormant_high")


@dataclass
class Moved:
    """Numbers of the rule that were moved, and the answer to them.

    Attributes
    ----------
    values
        Key of a control to its value; only what differs from the case.
    preset
        Another preset than that of the case, or None.
    answer
        Of the rule; None while nothing is moved: then the result itself stands.
    band
        Ends of the band of the mean P; None while it is not known.
    """

    values: dict[str, float] = field(default_factory=dict)
    preset: str | None = None
    answer: Answer | None = None
    band: tuple[float, float] | None = None

    @property
    def anything(self) -> bool:
        """Whether the case is changed."""
        return bool(self.values) or self.preset is not None


class Session:
    """One or more results, one of which is shown.

    Parameters
    ----------
    scenes
        At least one.
    rules
        The rule of each; None where it cannot be asked.
    loads
        States of the load of each; None where there is but one.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        rules: Sequence[LiveRule | None],
        loads: Sequence[Loads | None] = (),
    ) -> None:
        self._scenes, self._rules = list(scenes), list(rules)
        self._loads = list(loads) or [None] * len(self._scenes)
        self.choose(0)

    @property
    def names(self) -> list[str]:
        """Names of the results, any text."""
        return [scene.name for scene in self._scenes]

    def choose(self, number: int) -> None:
        """Look at another of the results, with nothing moved."""
        self.number = number
        self.source = self._scenes[number]
        self.rule, self.loads = self._rules[number], self._loads[number]
        # The numbers of the sites will be changed: those of the result stay as they are.
        self.scene = dataclasses.replace(self.source, sites=self.source.sites.copy())
        self.moved = Moved()
        self.version = 0
        self.picked: int | None = None

    def load(self, number: int) -> None:
        """Show the fields of another state of the load; cells stay as under the whole of it.

        Raises
        ------
        ResultError
            Where they cannot be read.
        """
        if self.loads is not None:
            grid = self.loads.grid(number)
            self.scene = dataclasses.replace(self.scene, grid=grid)

    @property
    def fields(self) -> list[Quantity]:
        """What the mesh can show."""
        return [quantity for quantity in shown(self.scene) if quantity.where != "sites"]

    @property
    def columns(self) -> list[Quantity]:
        """What the sites can show."""
        return shown(self.scene, "sites")

    def quantity(self, key: str, *, of_sites: bool) -> Quantity:
        """One of the above."""
        return find(key, self.scene, "sites" if of_sites else "cells")

    def limits(self, quantity: Quantity) -> Limits:
        """Ends of its colours: the same for all results and loads, and whatever is moved."""
        able = [scene for scene in self._scenes if quantity.held(scene)]
        ends = limits(quantity, *(able or [self.scene]))
        if quantity.where == "sites" or self.loads is None:
            return ends
        rest = dataclasses.replace(self.source, grid=self.loads.at_rest)
        return _joined(ends, limits(quantity, rest)) if quantity.held(rest) else ends

    def ask(self) -> None:
        """Put the answer of the rule to the numbers moved into the scene; bands come later.

        Raises
        ------
        InputError
            Where they contradict each other; the scene stays as it was.
        """
        data = self.scene.sites.point_data
        if not self.moved.anything or self.rule is None:
            self._restore()
            return
        self.moved.answer = answer = self.rule.answer(self.moved.values, self.moved.preset)
        self.moved.band = None
        data["p_dormant"] = answer.p
        # Until the new bands are there, none is claimed.
        for key in BAND:
            data[key] = answer.p
        data["p_band"] = np.zeros_like(answer.p)

    def share(self, quantity: Quantity) -> None:
        """Bring the shares of the log-odds up to date where they are shown."""
        if not quantity.key.startswith(CUE_PREFIX) or self.moved.answer is None:
            return
        shares = self.moved.answer.shares()
        nothing = np.zeros(self.scene.sites.n_points)
        value = shares.get(quantity.key.removeprefix(CUE_PREFIX), nothing)
        self.scene.sites.point_data[quantity.key] = value

    def sample(self, samples: int | None, stop: Callable[[], bool]) -> Any:
        """Bands for the numbers moved; may run beside everything else, see :meth:`take`."""
        answer = self.moved.answer
        return None if answer is None else (answer, answer.bands(samples, stop))

    def take(self, sampled: Any) -> bool:
        """Put bands into the scene, unless the numbers have been moved on since."""
        if sampled is None or sampled[0] is not self.moved.answer:
            return False
        low, high, self.moved.band = sampled[1]
        data = self.scene.sites.point_data
        data[BAND[0]], data[BAND[1]], data["p_band"] = low, high, high - low
        data["uncertain"] = uncertain(low, high).astype(np.uint8)
        self.version += 1
        return True

    def _restore(self) -> None:
        self.moved = Moved()
        self.version += 1
        for key, values in self.source.sites.point_data.items():
            self.scene.sites.point_data[key] = values

    @property
    def band_known(self) -> bool:
        """Whether the bands in the scene are those of its P."""
        return self.moved.answer is None or self.moved.band is not None

    @property
    def mean(self) -> tuple[float, tuple[float, float] | None]:
        """Mean P(dormant), and its band where it is known."""
        if self.moved.answer is None:
            told = self.source.summary["mean_p_dormant"]
            return float(told["value"]), (float(told["low"]), float(told["high"]))
        return float(self.moved.answer.p.mean()), self.moved.band

    @property
    def above_half(self) -> float:
        """Fraction of the sites with P above 0.5."""
        return float((self.values("p_dormant") > 0.5).mean())

    def values(self, key: str) -> FloatArray:
        """``(n,)`` of a column of the sites, as it now is."""
        return np.asarray(self.scene.sites.point_data[key], dtype=float)

    def chosen(
        self, p: tuple[float, float], brush: tuple[Quantity, float, float] | None
    ) -> npt.NDArray[np.int64]:
        """Sites whose P, and whose brushed quantity, lie within limits; ascending.

        Parameters
        ----------
        p
            Smallest and largest P.
        brush
            Another quantity with its smallest and largest value; None: none.
        """
        values = self.values("p_dormant")
        kept = (values >= p[0]) & (values <= p[1])
        if brush is not None:
            quantity, low, high = brush
            other = quantity.values(self.scene)
            kept &= (other >= low) & (other <= high)
        return np.flatnonzero(kept)

    @property
    def plateaus(self) -> Plateaus | None:
        """Scale of P for log-odds; None where P cannot move."""
        told = self.moved.answer.plateaus if self.moved.answer else None
        return plateaus_of({"plateaus": told} if told else self.source.summary)

    def cascade(self, row: int) -> Cascade:
        """What adds up at a site."""
        data = self.scene.sites.point_data
        if self.moved.answer is None:
            shares = {
                key.removeprefix(CUE_PREFIX): float(data[key][row])
                for key in data
                if key.startswith(CUE_PREFIX)
            }
        else:
            found = self.moved.answer.shares(np.array([row]))
            shares = {cue: float(value[0]) for cue, value in found.items()}
        ends = (float(data[key][row]) for key in ("p_dormant", *BAND))
        return Cascade(f"cell {int(data['id'][row])}", shares, *ends)


def _joined(loaded: Limits, rest: Limits) -> Limits:
    """Ends that hold both; at rest a stress is as good as zero, of which no logarithm is taken."""
    low, high = min(loaded.low, rest.low), max(loaded.high, rest.high)
    log = loaded.log and low > 0 and high < _DECADES * low
    return Limits(low, high, log, loaded.below and rest.below, loaded.above or rest.above)
