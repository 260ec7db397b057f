"""Blocks: inhibitors, antibodies and knock-outs, each taking a fraction of its target away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from meshes.errors import InputError

from .collagen_doses import Dose
from .cues import Cue, block_names
from .parameters import unknown_name

Inhibitor = float | Dose
Blocks = Mapping[str, Inhibitor | tuple[Inhibitor, ...]] | Sequence[str]
"""Block to the fraction taken away, 0 to 1, or to several that act independently of each other, so
that Π(1 − i) is left; bare names mean full blocks."""


def checked_blocks(blocks: Blocks, cues: Sequence[Cue]) -> dict[str, tuple[Dose, ...]]:
    """Check names and doses of blocks.

    Parameters
    ----------
    blocks
        See `Blocks`. The level of a `Dose` may be one number per site.
    cues
        The cue table in force.

    Returns
    -------
    dict of str to tuple of Dose
        Inhibitors of each block.

    Raises
    ------
    InputError
        If a block is unknown or a dose is not within 0 to 1.
    """
    known = block_names(cues)
    named = dict(blocks) if isinstance(blocks, Mapping) else dict.fromkeys(blocks, 1.0)
    checked = {}
    for name, given in named.items():
        if name not in known:
            raise unknown_name("block", name, known)
        inhibitors = given if isinstance(given, tuple) else (given,)
        doses = tuple(i if isinstance(i, Dose) else Dose(i) for i in inhibitors)
        for dose in doses:
            level = np.asarray(dose.level, dtype=float)
            good = (level >= 0.0) & (level <= 1.0)
            if not good.all():
                raise InputError(
                    f"block {name}: expected a dose from 0 (none) to 1 (full), "
                    f"found {level[~good].flat[0]}"
                )
        checked[name] = doses
    return checked
