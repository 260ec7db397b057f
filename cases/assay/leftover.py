"""What a treatment leaves behind: the chance that a clone outlives it, and that none does."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.assay.cells import Followed, cycle_of, treatments_of

if TYPE_CHECKING:
    from cases.schema.course import Course as CourseKeys
    from solver.population.schedules import Schedule

_MOST = 9  # P(dormant) for which the equations are solved; linear in between
_MINUTES = 60.0  # in an hour


@dataclass(frozen=True)
class Leftover:
    """What is left of the founders' clones when a treatment has ended.

    Attributes
    ----------
    sleeping_through
        Share of the cells asleep at the start of the course that never wake and are alive at its
        end, 0 to 1.
    outliving
        Chance that the clone of a founder is alive at the end, mean over the founders, 0 to 1.
    none_left
        Chance that no clone at all is, the clones being independent, 0 to 1.
    founders
        How many there are.
    """

    sleeping_through: float
    outliving: float
    none_left: float
    founders: int

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """The same in words."""
        return (
            f"Of cells asleep when the course starts {100 * self.sleeping_through:.2g} % never "
            f"wake and live to its end. A founder's clone outlives it with probability "
            f"{self.outliving:.2g}; that none of {self.founders} does has probability "
            f"{self.none_left:.2g}."
        )


def leftover(followed: Followed, keys: CourseKeys) -> Leftover | None:
    """What a treatment leaves, by equations; None without one, or where they do not hold.

    Parameters
    ----------
    followed
        The treated course: its founders.
    keys
        Cycle and treatment. Phases of a fixed length, fixed sites and crowded gels have no such
        equations.
    """
    if not followed.spells or keys.sites == "fixed" or keys.room or keys.cycle.variation == 0.0:
        return None
    from solver.population.eradication import none_left, outliving
    from solver.population.schedules import sleeping_through

    cycle, schedule = cycle_of(keys.cycle), schedule_of(keys)
    p = followed.course.sites.p
    nodes = np.unique(np.quantile(p, np.linspace(0.0, 1.0, _MOST)))
    chance = np.interp(p, nodes, outliving(cycle, nodes, schedule, start="cycling"))
    return Leftover(
        sleeping_through=sleeping_through(cycle, schedule),
        outliving=float(chance.mean()),
        none_left=none_left(chance),
        founders=len(p),
    )


def schedule_of(keys: CourseKeys) -> Schedule:
    """The treatments of a course, from its start to its end, in whole minutes."""
    from solver.population.drugs import NOTHING
    from solver.population.schedules import Schedule

    given = [NOTHING, *treatments_of(keys.treatment)]
    starts = [0.0, *(spell.start for spell in keys.treatment), keys.duration]
    steps = []
    for treatment, (start, end) in zip(given, pairwise(starts), strict=True):
        minutes = round(end * _MINUTES) - round(start * _MINUTES)
        if minutes > 0:
            steps.append((treatment, minutes / _MINUTES))
    return Schedule("the treatment of the case", tuple(steps))
