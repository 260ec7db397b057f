"""Two results as designs with paired samples of what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cases.assay.curves import Design
from cases.assay.source import Source
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.view.live import LiveAnswer

MOST_SITES = 2000  # of a design in a plan, spread evenly


def paired_designs(first: Source, second: Source) -> tuple[Design, Design]:
    """P(dormant) of two results, sample for sample under the same numbers of the rule.

    What is not known of an ink's stiffness is drawn anew for the second: nothing says that two inks
    err alike, so the band of the difference is rather too wide than too narrow.

    Parameters
    ----------
    first, second
        The results.

    Raises
    ------
    InputError
        If a result does not hold its rule, or the rules of the two have other uncertain numbers.
    """
    one, other = _answer(first), _answer(second)
    if one.factors != other.factors:
        raise InputError(
            f"{first.name} and {second.name} have rules with different uncertain numbers",
            hint="give both the same preset and table of signals",
        )
    how = one.sampling
    inks = len(one.log_sd)
    log_sd = np.concatenate([one.log_sd, other.log_sd])
    return (
        Design(first.name, one.p, one.samples_among(log_sd, np.arange(inks), how)),
        Design(
            second.name,
            other.p,
            other.samples_among(log_sd, inks + np.arange(len(other.log_sd)), how),
        ),
    )


def _answer(source: Source) -> LiveAnswer:
    from cases.view.live import LiveRule

    answer = LiveRule(source.folder).answer()
    n = len(answer.p)
    if n <= MOST_SITES:
        return answer
    return answer.of(np.linspace(0, n - 1, MOST_SITES).round().astype(np.int64))
