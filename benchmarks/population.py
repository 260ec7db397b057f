"""How fast cells live: simulated cell-days per second, and the memory they take.

100 000 founders over 14 days: sites of one cell each, clones that grow with nothing in their way,
and clones that fill a gel. The first two are run on one thread and on several; their courses must
be the same, and the G0 fraction of the sites must be their mean P. A run that finds either apart
says so and fails. The whole takes three minutes; ``--founders`` makes it shorter.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import time

import numpy as np

from solver.population import Course, CycleModel, Population, Room, simulate

DAYS = 14.0
SEED = 20
SIGMAS = 5.0


def printed(n: int, spacing_um: float) -> Population:
    """n sites on a lattice, moved at random by up to a quarter of its spacing, and any P."""
    rng = np.random.default_rng(1)
    edge = math.ceil(n ** (1.0 / 3.0))
    at = np.stack(np.unravel_index(np.arange(n), (edge, edge, edge)), axis=1)
    return Population((at + rng.uniform(-0.25, 0.25, at.shape)) * spacing_um, rng.beta(2, 2, n))


def lived_days(course: Course) -> float:
    """Days that all cells of the course lived, by its tally."""
    size = course.clone_size.sum(axis=1, dtype=np.int64)
    return float(np.trapezoid(size, course.times_h)) / 24.0


def report(name: str, course: Course, seconds: float) -> None:
    days = lived_days(course)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    living = int(course.clone_size[-1].sum())
    print(
        f"{name:34s} {days:12,.0f} cell-days in {seconds:6.1f} s: {days / seconds:12,.0f} per s; "
        f"{living:,} alive, {course.cells:,} kept, {peak:,.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--founders", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    cycle = CycleModel()
    sites = printed(wanted.founders, 30.0)
    few = Population(sites.x[:20], sites.p[:20])
    simulate(few, cycle, 1.0)
    simulate(few, cycle, 1.0, room=Room())
    wrong = []
    for occupancy in ("fixed", "growing"):
        courses = []
        for threads in (1, wanted.threads):
            start = time.perf_counter()
            course = simulate(
                sites, cycle, DAYS, seed=SEED, start="settled", occupancy=occupancy, threads=threads
            )
            name = f"{occupancy}, {threads} thread{'s' if threads > 1 else ''}"
            report(name, course, time.perf_counter() - start)
            courses.append(course)
        if not np.array_equal(courses[0].end_h, courses[1].end_h):
            wrong.append(f"{occupancy}: threads change the course")
        if occupancy == "fixed":
            error = SIGMAS * math.sqrt(np.mean(sites.p * (1.0 - sites.p)) / sites.size)
            if abs(courses[0].dormant_fraction[-1] - sites.p.mean()) > error:
                wrong.append("the G0 fraction is not the mean of P")
    start = time.perf_counter()
    course = simulate(sites, cycle, DAYS, seed=SEED, room=Room(), limit=20_000_000)
    report("in a gel with room to fill", course, time.perf_counter() - start)
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
