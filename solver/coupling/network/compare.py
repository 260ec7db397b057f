"""Where the network and the closed-form rule disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError
from solver.coupling.collagen_doses import FloatArray

from .answer import network_answer
from .model import Network, load_network

NOTICEABLE = 0.02
"""Change of P below which a direction is not worth naming (assumption)."""


def cue_effects(
    E: ArrayLike,
    cues: Iterable[str] | None = None,
    *,
    network: Network | None = None,
    **background: Any,
) -> dict[str, FloatArray]:
    """Change of the network's P when one cue is raised from its dose in the background to 1.

    Parameters
    ----------
    E
        Sensed stiffness, kPa, shape (n,).
    cues
        Which; None: all cues of the network.
    network
        The wiring; None: the one that comes along.
    background
        Further arguments of `network_answer`.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        Cue to P with it less P without.

    Raises
    ------
    InputError
        As `network_answer`, or if the network has no such cue.
    """
    network = load_network() if network is None else network
    known = tuple(one.species for one in network.species if one.kind == "cue")
    wanted = known if cues is None else tuple(cues)
    for cue in wanted:
        if cue not in known:
            raise InputError(f"the network has no cue {cue!r}")
    given: Mapping[str, ArrayLike] = background.pop("doses", {})
    E = np.atleast_1d(np.asarray(E, dtype=float))
    # All cues in one solve: the background first, then one copy of the sites for each cue.
    copies = 1 + len(wanted)
    doses: dict[str, ArrayLike] = {
        name: np.tile(np.broadcast_to(dose, E.shape), copies) for name, dose in given.items()
    }
    for i, cue in enumerate(wanted, start=1):
        dose = np.array(doses.get(cue, np.zeros(copies * len(E))), dtype=float)
        dose[i * len(E) : (i + 1) * len(E)] = 1.0
        doses[cue] = dose
    arguments = {
        name: np.tile(np.broadcast_to(value, E.shape), copies)
        if name in ("ligand", "upar", "fibronectin")
        else value
        for name, value in background.items()
    }
    p = network_answer(np.tile(E, copies), doses=doses, network=network, **arguments).p
    without, *raised = p.reshape(copies, len(E))
    return {cue: one - without for cue, one in zip(wanted, raised, strict=True)}


def _direction(log_E: FloatArray, p: FloatArray) -> int:
    """Sign of the straight-line slope of P against ln E; 0 where it moves P unnoticeably."""
    spread = log_E - log_E.mean()
    scale = float(spread @ spread)
    if scale == 0.0:
        return 0
    change = float(spread @ p) / scale * float(np.ptp(log_E))
    return 0 if abs(change) < NOTICEABLE else int(np.sign(change))


def disagreements(
    E: ArrayLike,
    rule_p: ArrayLike,
    network_p: ArrayLike,
    *,
    rule_low: ArrayLike | None = None,
    rule_high: ArrayLike | None = None,
    left_out: Iterable[str] = (),
) -> list[str]:
    """Where the two tiers say different things of the same sites, in plain words.

    Parameters
    ----------
    E
        Sensed stiffness, kPa, shape (n,).
    rule_p, network_p
        P(dormant) of the rule and of the network, shape (n,).
    rule_low, rule_high
        Band of the rule's P, shape (n,).
    left_out
        Doses and blocks the network has no node for.

    Returns
    -------
    list of str
        Sentences; the first gives the largest gap, always there.

    Raises
    ------
    InputError
        If the lengths differ or a number is not finite.
    """
    columns = [E, rule_p, network_p]
    banded = rule_low is not None and rule_high is not None
    if banded:
        columns += [rule_low, rule_high]  # type: ignore[list-item]
    arrays = [np.atleast_1d(np.asarray(column, dtype=float)) for column in columns]
    if len({array.shape for array in arrays}) != 1 or not all(
        np.isfinite(array).all() for array in arrays
    ):
        raise InputError("rule and network: expected finite arrays of one length")
    stiffness, rule, network = arrays[:3]
    gap = network - rule
    worst = int(np.abs(gap).argmax())
    said = [
        f"Largest gap: at {stiffness[worst]:.3g} kPa the rule has {rule[worst]:.2f} asleep, the "
        f"network {network[worst]:.2f}; on average the network is {gap.mean():+.2f} off."
    ]
    if banded:
        low, high = arrays[3:]
        outside = float(((network < low) | (network > high)).mean())
        said.append(f"The network is outside the rule's band at {outside:.0%} of the sites.")
    words = {
        1: "stiffer is more asleep",
        -1: "stiffer is more awake",
        0: "stiffness hardly matters",
    }
    log_E = np.log(stiffness)
    ours, theirs = _direction(log_E, rule), _direction(log_E, network)
    if ours != theirs:
        said.append(
            f"Direction: over these stiffnesses the rule says '{words[ours]}', the network "
            f"'{words[theirs]}'."
        )
    majority = float(((rule > 0.5) != (network > 0.5)).mean())
    if majority > 0.0:
        said.append(
            f"At {majority:.0%} of the sites one has most cells asleep and the other most awake."
        )
    missing = tuple(left_out)
    if missing:
        said.append(f"The network has no node for {', '.join(missing)} and leaves it out.")
    return said
