"""All pictures of a study of assays, in the order in which its page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from postprocess.assays import courses, histograms
from postprocess.assays.balance import Balance
from postprocess.assays.calls import last_readings
from postprocess.assays.plan_plot import draw_plan
from postprocess.assays.standstill_plot import draw_standstill
from postprocess.assays.view import AssayView
from postprocess.figures import Jobs, Picture


def draw_pictures(
    view: AssayView,
    balances: Sequence[Balance],
    folder: Path,
    progress: Callable[[str], None] | None = None,
) -> list[Picture]:
    """Draw what there is to draw.

    Parameters
    ----------
    view
        The study.
    balances
        Of its arms, then of its clusters.
    folder
        Folder for the PNG files, made if missing; pictures that are no longer drawn are removed.
    progress
        Told in words what is being drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn, jobs = [], _jobs(view, balances)
    for key in KEYS:
        path = folder / f"{key}.png"
        if key not in jobs:
            path.unlink(missing_ok=True)
            continue
        if progress is not None:
            progress(f"drawing {key.removeprefix('assay_').replace('_', ' ')}")
        drawn.append(Picture(key, path, jobs[key](path)))
    return drawn


KEYS = tuple(
    f"assay_{name}"
    for name in ("histograms", "calls", "course", "held", "clones", "standstill", "states", "plan")
)
"""Names of all pictures, without ``.png``."""


def _jobs(view: AssayView, balances: Sequence[Balance]) -> Jobs:
    arms = view.arms
    jobs: Jobs = {
        "assay_course": partial(courses.draw_courses, arms, view.level),
        "assay_standstill": partial(draw_standstill, arms, view.clusters, balances, view.level),
    }
    read = [one for one in last_readings(arms[0].readings) if len(one.gate)]
    if read:
        jobs["assay_histograms"] = partial(histograms.draw_histograms, read)
        jobs["assay_calls"] = partial(histograms.draw_calls, read)
    plain = [arm for arm in arms if not arm.spells]
    if plain:
        jobs["assay_held"] = partial(courses.draw_held, plain, view.level)
    free = [arm for arm in arms if not arm.fixed]
    if free:
        jobs["assay_clones"] = partial(courses.draw_clones, free)
    states = [(arm, arm.states) for arm in arms if arm.states is not None]
    if states:
        jobs["assay_states"] = partial(courses.draw_states, states)
    if view.plan is not None:
        jobs["assay_plan"] = partial(draw_plan, view.plan)
    return jobs
