"""Where the network and the closed-form rule disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError
from solver.coupling.collagen_doses import FloatArray
from solver.coupling.parameters import unknown_name

from .answer import network_answer
from .model import Network, load_network

_WORDS = {1: "stiffer is more asleep", -1: "stiffer is more awake", 0: "stiffness hardly matters"}

NOTICEABLE = 0.02
"""Change of P below which a direction is not worth naming (assumption)."""


def cue_effects(
    E: ArrayLike,
    cues: Iterable[str] | None = None,
    ligand: ArrayLike = 1.0,
    doses: Mapping[str, ArrayLike] = MappingProxyType({}),
    blocks: Mapping[str, ArrayLike] = MappingProxyType({}),
    upar: ArrayLike = 1.0,
    fibronectin: ArrayLike = 1.0,
    *,
    stiffness_sign: int = 1,
    degradability: float = 1.0,
    network: Network | None = None,
) -> dict[str, FloatArray]:
    """Change of the network's P when one cue is raised from its dose in the background to 1.

    Parameters
    ----------
    E
        Sensed stiffness, kPa, shape (n,).
    cues
        Which; None: all cues of the network.
    ligand, doses, blocks, upar, fibronectin, stiffness_sign, degradability, network
        The background, as in `network_answer`.

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
            raise unknown_name("cue of the network", cue, known)
    E = np.atleast_1d(np.asarray(E, dtype=float))
    # All cues in one solve: the background first, then one copy of the sites for each cue.
    copies = 1 + len(wanted)

    def tiled(value: ArrayLike) -> FloatArray:
        return np.tile(np.broadcast_to(np.asarray(value, dtype=float), E.shape), copies)

    raised: dict[str, ArrayLike] = {name: tiled(dose) for name, dose in doses.items()}
    for i, cue in enumerate(wanted, start=1):
        dose = tiled(doses.get(cue, 0.0))
        dose[i * len(E) : (i + 1) * len(E)] = 1.0
        raised[cue] = dose
    answer = network_answer(
        tiled(E),
        tiled(ligand),
        raised,
        {name: tiled(block) for name, block in blocks.items()},
        tiled(upar),
        tiled(fibronectin),
        stiffness_sign=stiffness_sign,
        degradability=degradability,
        network=network,
    )
    without, *withs = answer.p.reshape(copies, len(E))
    return {cue: one - without for cue, one in zip(wanted, withs, strict=True)}


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
    count: ArrayLike = 1.0,
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
    count
        How many sites each row stands for, number or shape (n,).
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
    if rule_low is not None and rule_high is not None:
        columns += [rule_low, rule_high]
    arrays = [np.atleast_1d(np.asarray(column, dtype=float)) for column in columns]
    if len({array.shape for array in arrays}) != 1 or not all(
        np.isfinite(array).all() for array in arrays
    ):
        raise InputError("rule and network: expected finite arrays of one length")
    stiffness, rule, network = arrays[:3]
    share = np.broadcast_to(np.asarray(count, dtype=float), stiffness.shape)
    share = share / share.sum()
    gap = network - rule
    worst = int(np.abs(gap).argmax())
    said = [
        f"Largest gap: at {stiffness[worst]:.3g} kPa the rule has {rule[worst]:.2f} asleep, the "
        f"network {network[worst]:.2f}; on average the network is {share @ gap:+.2f} off."
    ]
    if arrays[3:]:
        low, high = arrays[3:]
        outside = float(share @ ((network < low) | (network > high)))
        said.append(f"The network is outside the rule's band at {outside:.0%} of the sites.")
    log_E = np.log(stiffness)
    ours, theirs = _direction(log_E, rule), _direction(log_E, network)
    if ours != theirs:
        said.append(
            f"Direction: over these stiffnesses the rule says '{_WORDS[ours]}', the network "
            f"'{_WORDS[theirs]}'."
        )
    majority = float(share @ ((rule > 0.5) != (network > 0.5)))
    if majority > 0.0:
        said.append(
            f"At {majority:.0%} of the sites one has most cells asleep and the other most awake."
        )
    missing = tuple(left_out)
    if missing:
        said.append(f"The network has no node for {', '.join(missing)} and leaves it out.")
    return said
