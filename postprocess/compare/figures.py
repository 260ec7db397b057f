"""All pictures of a comparison, with captions, in the order in which the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from meshes.errors import InputError, SolveError
from postprocess.compare import maps, plots
from postprocess.compare.headline import Row
from postprocess.compare.lattice import field_difference, sites_difference
from postprocess.compare.pairs import Compared, same_places
from postprocess.figures import Picture
from postprocess.scene.child import draw_folders
from postprocess.scene.look import Look
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, find, limits
from postprocess.style import DORMANCY_MAP, DPI, WIDTH, outline_words, ringed

_FIELD, _SITES = "E_isotropic_kPa", "p_dormant"
_PANEL = 2.5  # inches: least width of one of several results side by side


def draw_comparison(
    compared: Sequence[Compared],
    mean_p: Row,
    folder: Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> tuple[list[Picture], list[str]]:
    """Draw every picture of a comparison into a folder.

    Parameters
    ----------
    compared
        The results.
    mean_p
        Their mean P with differences.
    folder
        Existing folder for the PNG files.
    progress
        Told in words what is being drawn.

    Returns
    -------
    pictures, warnings
        The pictures, and what could not be drawn.
    """
    tell = progress or (lambda _: None)
    drawn, warnings = _side_by_side(compared, folder, tell)
    jobs: dict[str, Callable[[Path], str]] = {
        "headline": lambda path: plots.headline(compared, mean_p, path),
        "histograms": lambda path: plots.histograms(compared, path),
        "p_against_stiffness": lambda path: plots.p_against_stiffness(compared, path),
        "shares": lambda path: plots.shares(compared, path),
    }
    for key, draw in (jobs | _maps(compared)).items():
        tell(f"drawing {key.replace('_', ' ')}")
        path = folder / f"{key}.png"
        drawn.append(Picture(key, path, draw(path)))
    return drawn, warnings


def _maps(compared: Sequence[Compared]) -> dict[str, Callable[[Path], str]]:
    """Difference maps of every result after the first."""
    scenes = [one.scene for one in compared]
    quantity = find(_FIELD, scenes[0], "cells")
    ends, first = limits(quantity, *scenes), compared[0]
    jobs: dict[str, Callable[[Path], str]] = {}
    for other in compared[1:]:

        def stiffness(path: Path, other: Compared = other) -> str:
            found = field_difference(first.scene, other.scene, _FIELD)
            return maps.field_map(first, other, quantity, ends, found, path)

        def sleep(path: Path, other: Compared = other) -> str:
            if same_places(first, other):
                return maps.site_map(first, other, path)
            found, width = sites_difference(first.scene, other.scene, _SITES)
            what = find(_SITES, first.scene, "sites")
            return maps.field_map(
                first, other, what, Limits(0.0, 1.0), found, path,
                cmap=DORMANCY_MAP, smoothed_um=width,
            )  # fmt: skip

        jobs[f"stiffness_difference_{other.letter}"] = stiffness
        jobs[f"p_difference_{other.letter}"] = sleep
    return jobs


def _side_by_side(
    compared: Sequence[Compared], folder: Path, tell: Callable[[str], None]
) -> tuple[list[Picture], list[str]]:
    """Scaffolds side by side, rendered in a process of its own."""
    # One result with its outlines left out beside one with them would mislead: all or none.
    bands = [
        tuple(one.result.sites[f"p_dormant_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        for one in compared
    ]
    rings = all(ringed(low, high).any() for low, high in bands)
    order = f"From left to right: {', '.join(one.letter for one in compared)}. "
    looks = {
        "sites": (
            Look(rings=rings),
            f"{order}Cells coloured by P(dormant) in the clear scaffold, from the same side and "
            "with the same colours. "
            + (
                " ".join(
                    f"{one.letter}: {outline_words(low, high)}"
                    for one, (low, high) in zip(compared, bands, strict=True)
                )
                if rings
                else "Uncertain cells are not outlined: they are too many in one of the results."
            ),
        ),
        "stiffness": (
            Look(field=_FIELD, sites=None, clip=Plane("y")),
            f"{order}Young’s modulus of the gel with the front half cut away, from the same side "
            "and with the same colours.",
        ),
    }
    width = max(WIDTH, _PANEL * len(compared))
    drawn: list[Picture] = []
    for key, (look, caption) in looks.items():
        tell(f"drawing {key}")
        path = folder / f"{key}.png"
        try:
            draw_folders(
                [one.folder for one in compared], look, [path], dpi=DPI,
                size=(round(width * DPI), None),
            )  # fmt: skip
        except (InputError, SolveError) as failed:
            return drawn, [f"3D pictures could not be drawn: {failed.args[0]}."]
        drawn.append(Picture(key, path, caption))
    return drawn, []
