"""How long a sweep will still take: by what its cases took so far, the dear told from the cheap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from cases.batch.task import Outcome

Needs = tuple[tuple[str, str], ...]
Kind = tuple[str, ...]
_SLOWEST_WEIGHT = 0.05  # of a new case in the running mean: what holds is the last twenty or so
_ROUNDS = 3  # cases per worker before it is believed how many are really at work at once


class Forecast:
    """Learns what a case costs by the stages that it has to make, and adds up what is left.

    A case that makes a mesh and solves a scaffold may take minutes, one that finds both in the
    store a tenth of a second; a mean over all would promise hours where seconds are left.

    Parameters
    ----------
    needs
        (stage, key) of every stage that each case to be computed goes through, in order, by the
        index of the case, in the order in which they will about be taken up.
    ready
        Whether a stage (its name, its key) is in the store already.
    workers
        Cases that are computed at once.

    Attributes
    ----------
    made, reused
        Stages made and stages found by the cases finished so far, by name.
    """

    def __init__(
        self,
        needs: Mapping[int, Needs],
        ready: Callable[[str, str], bool] = lambda stage, key: False,
        workers: int = 1,
    ) -> None:
        self.made: Counter[str] = Counter()
        self.reused: Counter[str] = Counter()
        self._left = dict(needs)
        self._at_hand = {
            need for need in {need for each in needs.values() for need in each} if ready(*need)
        }
        self._workers = workers
        self._means: dict[Kind, float] = {}
        self._seen: Counter[Kind] = Counter()
        self._spent = 0.0
        self._finished = 0

    def learn(self, outcome: Outcome) -> None:
        """Take in what became of a case."""
        needs = self._left.pop(outcome.index, ())
        self._finished += 1
        self._spent += outcome.seconds
        if outcome.status != "done":
            return  # one that fails at once, or at its limit, tells nothing of the others
        kind = _kind(needs, lambda need: need[0] in outcome.reused)
        self.made.update(kind)
        self.reused.update(outcome.reused)
        self._at_hand.update(needs)
        self._seen[kind] += 1
        mean = self._means.get(kind, 0.0)
        weight = max(1 / self._seen[kind], _SLOWEST_WEIGHT)
        self._means[kind] = mean + weight * (outcome.seconds - mean)

    def seconds_left(self, elapsed: float) -> float | None:
        """Time that the cases left will take, in s; None while nothing is known.

        Parameters
        ----------
        elapsed
            Time since the sweep began, in s.
        """
        if not self._left:
            return 0.0
        if not self._finished or elapsed <= 0:
            return None
        if not self._means or self._spent <= 0:
            return len(self._left) * elapsed / self._finished
        work = sum(count * self._cost(kind) for kind, count in self._kinds_left().items())
        at_once = float(self._workers)
        if self._finished >= _ROUNDS * self._workers:  # start, waiting and transport included
            at_once = min(at_once, self._spent / elapsed)
        return work / at_once

    def _kinds_left(self) -> Counter[Kind]:
        """How many of the cases left will have to make which stages."""
        at_hand = set(self._at_hand)
        kinds: Counter[Kind] = Counter()
        for needs in self._left.values():
            kinds[_kind(needs, at_hand.__contains__)] += 1
            at_hand.update(needs)
        return kinds

    def _cost(self, kind: Kind) -> float:
        """Seconds of a case of this kind; where none was met yet, of the nearest that was."""
        if kind in self._means:
            return self._means[kind]
        wanted = set(kind)
        dearer = [mean for known, mean in self._means.items() if wanted <= set(known)]
        cheaper = [mean for known, mean in self._means.items() if wanted >= set(known)]
        if dearer:
            return min(dearer)
        return max(cheaper) if cheaper else sum(self._means.values()) / len(self._means)


def _kind(needs: Needs, at_hand: Callable[[tuple[str, str]], bool]) -> Kind:
    """Stages that a case has to make: none where the last one is at hand."""
    if not needs or at_hand(needs[-1]):
        return ()
    return tuple(need[0] for need in needs if not at_hand(need))
