"""What was asked beyond the usual, in sentences for the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from postprocess.labels import percent, quantity, significant
from postprocess.results import RunResult

_SAME = 0.02  # a difference below this is not worth a verdict


def sentences(result: RunResult) -> list[str]:
    """Sentences on what was asked beyond the usual: endless pile, finite load, cells that pull."""
    return [*_endless(result), *_load(result), *_contraction(result)]


def _endless(result: RunResult) -> Iterator[str]:
    told = result.summary.get("endless")
    if not told:
        return
    pressed = float(told["apparent_modulus_kPa"])
    finite = result.summary.get("apparent_modulus_kPa")
    rim = (
        ""
        if finite is None
        else f", {significant(pressed / float(finite['value']), 3)} times that of this print, "
        "which has a rim and, for its size, another number of strands per area"
    )
    yield (
        f"The same pile without an end would have an apparent modulus of "
        f"{quantity(pressed, 'kPa')} between glass and plate{rim}. A stack of these layers without "
        f"top and bottom has {quantity(float(told['stack_modulus_kPa']), 'kPa')} across them, with "
        f"{percent(told['solid_fraction'])} of its volume gel. Both come from one unit cell."
    )


def _load(result: RunResult) -> Iterator[str]:
    told = result.summary.get("load")
    if not told:
        return
    did = []
    if told["strain"]:
        did.append(f"pressed by {percent(told['strain'])} of its height")
    if told["swelling"]:
        word = "swollen" if told["swelling"] > 0 else "shrunken"
        did.append(f"{word} by {percent(abs(told['swelling']))} in length")
    felt = (
        "Cells feel the gel as this has strained it: its stiffness there and the stress in it."
        if told["prestrain"]
        else "Cells feel the gel as printed, not as this has strained it."
    )
    yield (
        f"The scaffold was {' and '.join(did)}, in finite strain, in {told['steps']} load steps. "
        f"Along its fibres the gel is stretched by {significant(told['fibre_stretch']['low'], 4)} "
        f"to {significant(told['fibre_stretch']['high'], 4)} (1st to 99th percentile of the mesh). "
        + felt
    )


def _contraction(result: RunResult) -> Iterator[str]:
    table = result.contraction
    if table is None:
        return
    ratio, reach = table["ratio"].to_numpy(dtype=float), table["range_um"].to_numpy(dtype=float)
    mean = float(np.exp(np.log(ratio).mean()))
    verdict = (
        "about as much as it resists a small one"
        if abs(mean - 1.0) < _SAME
        else f"{significant(mean, 3)} times what it resists to a small one"
        + (": fibres recruit" if mean > 1.0 else ": fibres buckle or the gel yields between them")
    )
    yield (
        f"{len(table)} cells pulled until they were {percent(float(table['strain'].max()))} "
        f"shorter along their stiffest axis. Taken together, the gel then resists a pull "
        f"{verdict} ({significant(float(ratio.min()))} to {significant(float(ratio.max()))} over "
        f"the cells). A pull falls to a tenth at {quantity(float(np.median(reach)), 'µm')} "
        "from the cell's centre (median). P(dormant) rests on the small pull."
    )
