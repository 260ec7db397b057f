"""What is compared: results with their letters, and what the rule says of a pair of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meshes.errors import InputError
from postprocess.contract import FloatArray
from postprocess.load import load_result
from postprocess.results import RunResult
from postprocess.scene.data import Scene, scene_of
from postprocess.style import BoolArray

LETTERS = "ABCDEF"
"""Letters of the results; also how many can be compared at once."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One of the results.

    Parameters
    ----------
    letter
        By which pictures and tables name it.
    folder
        Where it lies.
    result, scene
        Its numbers, and the same as VTK objects.
    """

    letter: str
    folder: Path
    result: RunResult
    scene: Scene

    @property
    def name(self) -> str:
        """Name of its case; any text."""
        return self.result.name


def read_compared(folders: Sequence[Path]) -> tuple[Compared, ...]:
    """Read the results, the first of which is the one to compare with.

    Raises
    ------
    InputError
        Where there are too few or too many, or one is given twice.
    ResultError
        Where one is no complete result.
    """
    if not 2 <= len(folders) <= len(LETTERS):
        raise InputError(
            f"{len(folders)} results given: two to {len(LETTERS)} can be compared",
            hint="name the folders of finished runs; the first is the one to compare with",
        )
    places = [folder.resolve() for folder in folders]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise InputError(f"{folders[number]} is given twice", hint="name two different results")
    found = []
    for letter, folder in zip(LETTERS, folders, strict=False):
        result = load_result(folder)
        found.append(Compared(letter, folder, result, scene_of(result)))
    return tuple(found)


@dataclass(frozen=True)
class Ends:
    """Band of a difference.

    Parameters
    ----------
    low, high
        Its ends, in the unit of the number.
    same_sign
        Share of the samples in which the difference has the sign of the nominal one; 1: all.
    """

    low: float
    high: float
    same_sign: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole band lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Paired:
    """Difference of one number from the same number of the first result, sample by sample.

    Parameters
    ----------
    value
        The nominal difference.
    alike
        Its band where inks that stand for each other in the two cases are off by the same factor
        in the same direction (the same batch, the same rheometer).
    apart
        Its band where what is not known of the stiffness of an ink of the one case has nothing to
        do with the other; an ink that both cases describe alike is still one ink.
    """

    value: float
    alike: Ends
    apart: Ends


@dataclass(frozen=True)
class Pairing:
    """What the rule says of one result and the first, asked again with the same samples.

    Parameters
    ----------
    numbers
        By key of the summary (``mean_p_dormant``, ``fraction_above_half``).
    why_not
        Why the rule could not be asked, in words; then there are no numbers.
    """

    numbers: Mapping[str, Paired] = field(default_factory=dict)
    why_not: str = ""


def same_places(first: Compared, other: Compared, *, within_um: float = 1e-3) -> bool:
    """Whether the cells of two results sit in the same places, in the same order."""
    import numpy as np

    one, two = (np.asarray(c.scene.sites.points, dtype=float) for c in (first, other))
    return one.shape == two.shape and bool(np.abs(one - two).max() <= within_um)


def column(compared: Compared, name: str) -> FloatArray:
    """A column of the sites table, ``(n,)``."""
    return compared.result.sites[name].to_numpy(dtype=float)


def changed_sides(before: FloatArray, after: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Which of the same cells cross P = 0.5 upwards, and which downwards; ``(n,)`` each."""
    return (before <= 0.5) & (after > 0.5), (before > 0.5) & (after <= 0.5)
