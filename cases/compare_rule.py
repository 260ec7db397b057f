"""The rule of two results asked with the same samples, for the band of their difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cases.view.live import LiveAnswer
    from postprocess.compare.pairs import Ends, Pairing


def pairings(folders: Sequence[Path]) -> list[Pairing]:
    """Differences of every result from the first, sample by sample.

    The numbers of the rule are drawn once for both results. What is not known of the stiffness of
    an ink is drawn in two ways, for no result says which is so: alike in inks that stand for each
    other, and apart in inks that are not described alike.

    Parameters
    ----------
    folders
        Result folders.

    Returns
    -------
    list of Pairing
        One for each folder after the first; where the rule cannot be asked, it says why.
    """
    from postprocess.compare.pairs import Pairing

    first, *others = (_asked(folder) for folder in folders)
    found = []
    for other in others:
        if isinstance(first, str) or isinstance(other, str):
            found.append(Pairing(why_not=first if isinstance(first, str) else str(other)))
        else:
            found.append(_pair(first, other))
    return found


class _Asked:
    """The rule of one result with what its inks are; steps of a gradient are one ink.

    Parameters
    ----------
    folder
        A result folder.

    Raises
    ------
    InputError
        If the folder does not hold what the rule needs.
    """

    def __init__(self, folder: Path) -> None:
        from cases.view.live import LiveRule

        self.answer: LiveAnswer = LiveRule(folder).answer()
        record = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        of = {str(ink["name"]): str(ink.get("step_of") or ink["name"]) for ink in told["inks"]}
        self.names = [""] * len(self.answer.log_sd)
        for gel in record["gels"]:
            self.names[gel["family"]] = of[gel["name"]]
        recipes: dict[str, Any] = record["case"]["inks"]
        self.recipes = [recipes.get(name) for name in self.names]


def _asked(folder: Path) -> _Asked | str:
    try:
        return _Asked(folder)
    except InputError as error:
        # Where a folder lies is its owner's business: the page may be sent away.
        return str(error.args[0]).replace(str(folder), folder.name)


def _pair(first: _Asked, other: _Asked) -> Pairing:
    from postprocess.compare.pairs import Paired, Pairing

    if first.answer.factors != other.answer.factors:
        return Pairing(
            why_not="the rules of the two have different uncertain numbers (a table of signals of "
            "one's own, or concentrations with their half-maximal ones)"
        )
    how = first.answer.sampling
    by_name = _stand_for(first, other)
    same = {
        mine: theirs
        for mine, theirs in by_name.items()
        if other.recipes[mine] == first.recipes[theirs]
    }
    samples = [_samples(first, other, joined, how) for joined in (by_name, same)]
    # Not of the bands: theirs is the mean over other samples where inks are off apart.
    nominal = {
        "mean_p_dormant": other.answer.mean - first.answer.mean,
        "fraction_above_half": other.answer.above_half - first.answer.above_half,
    }
    return Pairing(
        {
            key: Paired(
                value,
                alike=_ends(samples[0][key], value, how["level"]),
                apart=_ends(samples[1][key], value, how["level"]),
            )
            for key, value in nominal.items()
        }
    )


def _stand_for(first: _Asked, other: _Asked) -> dict[int, int]:
    """Inks of the other case to those of the first of the same name, the rest in order."""
    named = {
        n: first.names.index(name) for n, name in enumerate(other.names) if name in first.names
    }
    mine = [n for n in range(len(other.names)) if n not in named]
    theirs = [n for n in range(len(first.names)) if n not in named.values()]
    return named | dict(zip(mine, theirs, strict=False))


def _samples(
    first: _Asked, other: _Asked, joined: dict[int, int], how: dict[str, Any]
) -> dict[str, NDArray[np.float64]]:
    """Differences of the headline numbers in every sample.

    Parameters
    ----------
    joined
        Inks of the other result to those of the first with which they share a factor.
    """
    one, two = first.answer, other.answer
    own = [n for n in range(len(two.log_sd)) if n not in joined]
    # Both bands draw a factor for every ink of both, so that all else is drawn alike.
    place = np.empty(len(two.log_sd), dtype=np.int64)
    place[own] = len(one.log_sd) + np.arange(len(own))
    for mine, theirs in joined.items():
        place[mine] = theirs
    before = np.concatenate([one.log_sd, two.log_sd[own]])
    after = before.copy()
    after[place] = two.log_sd
    bands = (
        two.band_among(after, place, how),
        one.band_among(before, np.arange(len(one.log_sd)), how),
    )
    return {
        "mean_p_dormant": bands[0].mean_samples - bands[1].mean_samples,
        "fraction_above_half": bands[0].above_samples - bands[1].above_samples,
    }


def _ends(samples: NDArray[np.float64], value: float, level: float) -> Ends:
    """Percentiles of the differences, widened to hold the nominal one, as all bands here are."""
    from postprocess.compare.pairs import Ends

    tail = 0.5 * (1.0 - level)
    low, high = np.quantile(samples, (tail, 1.0 - tail))
    alike = np.sign(samples) == np.sign(value)
    return Ends(min(float(low), value), max(float(high), value), float(alike.mean()))
