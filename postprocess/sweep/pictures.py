"""All pictures of a sweep, in the order in which its page shows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from postprocess.figures import Picture
from postprocess.style import DPI
from postprocess.sweep.best import Ranking, draw_ranking
from postprocess.sweep.curves import draw_response
from postprocess.sweep.effects import main_effects
from postprocess.sweep.heat import chosen_pairs, draw_maps
from postprocess.sweep.parallel import draw_parallel
from postprocess.sweep.points import Points
from postprocess.sweep.quantities import APPARENT, HEADLINES, MEAN_P, STIFFNESS, Quantity

_MAPPED = (MEAN_P, STIFFNESS, APPARENT)
_LARGE = 150_000  # bytes of a picture from which it is kept in 256 colours
_SAME = 1e-6  # spread over size of an output below which it does not vary

Jobs = dict[str, Callable[[Path], str]]


def varying(points: Points) -> tuple[list[Quantity], list[Quantity]]:
    """Headline outputs that differ between points, and those that are there but do not."""
    differ: list[Quantity] = []
    same: list[Quantity] = []
    for item in HEADLINES:
        value = points.of(item).value
        value = value[np.isfinite(value)]
        if len(value) == 0:
            continue
        size = max(float(np.abs(value).max()), 1e-12)
        (differ if float(np.ptp(value)) > _SAME * size else same).append(item)
    return differ, same


def draw_pictures(points: Points, ranking: Ranking, folder: Path) -> list[Picture]:
    """Draw what the cases that are done allow.

    Parameters
    ----------
    points
        Design points of the sweep.
    ranking
        Their order by what is sought.
    folder
        Folder for the PNG files, made if missing; pictures of an earlier report are removed.

    Returns
    -------
    list of Picture
        None where fewer than two points differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("response_*.png", "heat_*.png", "parallel.png", "ranking.png"):
        for old in folder.glob(pattern):
            old.unlink()
    drawn = []
    for key, draw in _jobs(points, ranking).items():
        path = folder / f"{key}.png"
        drawn.append(Picture(key, path, draw(path)))
        _slim(path)
    return drawn


def _slim(path: Path) -> None:
    """Keep a large picture in 256 colours: thousands of lines or dots, a third of the bytes."""
    from PIL import Image

    if path.stat().st_size < _LARGE:
        return
    with Image.open(path) as picture:
        flat = picture.convert("RGB")
    few = flat.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True, dpi=(DPI, DPI))


def _jobs(points: Points, ranking: Ranking) -> Jobs:
    differ, _ = varying(points)
    ranked = [effect.item for effect in main_effects(points, MEAN_P)]
    if not ranked or not differ:
        return {}
    jobs: Jobs = {
        f"response_{item.key}": partial(draw_response, points, item, ranked) for item in differ
    }
    pairs = chosen_pairs(points, ranked)
    if pairs:
        jobs |= {
            f"heat_{item.key}": partial(draw_maps, points, item, pairs)
            for item in differ
            if item in _MAPPED or item == ranking.quantity
        }
    if len(ranked) > 1:
        jobs["parallel"] = lambda path: draw_parallel(points, ranked, path)
    if len(ranking.rows) > 1:
        jobs["ranking"] = lambda path: draw_ranking(points, ranking, path)
    return jobs
