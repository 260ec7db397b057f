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
    """Learns what cases cost by the stages that they have to make, and adds up what is left.

    A case that makes a mesh and solves a scaffold may take minutes, one that finds both in the
    store a tenth of a second; a mean over all would promise hours where seconds are left. So a
    running mean is kept for each set of stages made: of the time over the guess beforehand, which
    tells large cases from small ones and stands in for what has not been met yet.

    Parameters
    ----------
    needs
        (stage, key) of every stage that each case to be computed goes through, in order, by the
        index of the case, in the order in which they will about be taken up.
    ready
        Whether a stage (its name, its key) is in the store already.
    workers
        Cases that are computed at once.
    costs
        Guess of what each stage of each case takes, in s, by the index of the case and the name
        of the stage; ``rule`` is what remains when no stage has to be made. Without it all cases
        that make the same stages are held to be alike.

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
        costs: Mapping[int, Mapping[str, float]] | None = None,
    ) -> None:
        self.made: Counter[str] = Counter()
        self.reused: Counter[str] = Counter()
        self._left = dict(needs)
        self._at_hand = {
            need for need in {need for each in needs.values() for need in each} if ready(*need)
        }
        self._workers = workers
        self._costs = costs or {}
        self._means: dict[Kind, float] = {}  # time over guess
        self._seen: Counter[Kind] = Counter()
        self._taken = self._guessed = 0.0  # s, of all cases done
        self._spent = 0.0  # s, of all cases
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
        guess = self._guess(outcome.index, kind)
        self._taken += outcome.seconds
        self._guessed += guess
        self._seen[kind] += 1
        mean = self._means.get(kind, 0.0)
        weight = max(1 / self._seen[kind], _SLOWEST_WEIGHT)
        self._means[kind] = mean + weight * (outcome.seconds / guess - mean)

    def seconds_left(self, elapsed: float) -> float | None:
        """Time that the cases left will take, in s; None while nothing is known.

        Parameters
        ----------
        elapsed
            Time since the sweep began, in s.
        """
        if not self._left:
            return 0.0 if self._finished else None
        if not (self._costs or self._finished):
            return None
        if self._finished and not self._taken:
            return len(self._left) * elapsed / self._finished
        at_once = float(self._workers)
        if self._finished >= _ROUNDS * self._workers and elapsed > 0:
            at_once = min(at_once, self._spent / elapsed)  # start and transport are counted in
        return self._work() / at_once

    def _work(self) -> float:
        """Seconds of all the cases left, one after the other."""
        usual = self._taken / self._guessed if self._taken else 1.0
        at_hand = set(self._at_hand)
        work = 0.0
        for index, needs in self._left.items():
            kind = _kind(needs, at_hand.__contains__)
            work += self._guess(index, kind) * self._means.get(kind, usual)
            at_hand.update(needs)
        return work

    def _guess(self, index: int, kind: Kind) -> float:
        """Seconds that a case was believed to take where it makes these stages; never none."""
        cost = self._costs.get(index)
        if cost is None:
            return 1.0
        return max(sum(cost.get(name, 0.0) for name in (*kind, "rule")), 1e-3)


def _kind(needs: Needs, at_hand: Callable[[tuple[str, str]], bool]) -> Kind:
    """Stages that a case has to make: none where the last one is at hand."""
    if not needs or at_hand(needs[-1]):
        return ()
    return tuple(need[0] for need in needs if not at_hand(need))
