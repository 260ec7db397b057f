"""From what a site feels and meets to the inputs of the network, and from blocks to its ymax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import InputError
from solver.coupling.collagen_doses import UPAR_CUT, UPAR_LOSS, FloatArray

from .model import Network, load_network
from .tables import Species


@dataclass(frozen=True)
class Conditions:
    """k conditions in which the network is solved.

    Attributes
    ----------
    inputs : ndarray, shape (k, p)
        Activity of the network's inputs, 0 to 1.
    ymax : ndarray, shape (k, s)
        Largest activity of its nodes, after blocks, 0 to 1.
    left_out : tuple of str
        Doses and blocks given for which the network has no node.
    """

    inputs: FloatArray
    ymax: FloatArray
    left_out: tuple[str, ...]


def unknown_to_network(
    cues: Iterable[str],
    blocks: Iterable[str],
    network: Network | None = None,
) -> tuple[str, ...]:
    """Cues and blocks for which a network has no node.

    Parameters
    ----------
    cues, blocks
        Names, or mappings keyed by them.
    network
        The wiring; None: the one that comes along.

    Returns
    -------
    tuple of str
        In the order given.
    """
    network = load_network() if network is None else network
    known = {one.species for one in network.species if one.kind in ("cue", "made")} | {UPAR_LOSS}
    targets = {name for one in network.species for name in one.blocked_by}
    return (
        *(name for name in cues if name not in known),
        *(name for name in blocks if name not in targets),
    )


def _column(name: str, value: ArrayLike, size: int, most: float = np.inf) -> FloatArray:
    array = np.asarray(value, dtype=float)
    if array.ndim > 1 or (array.ndim == 1 and len(array) != size):
        raise InputError(
            f"network: {name} must be a number or have one value per site ({size}), "
            f"found shape {array.shape}"
        )
    if not (np.isfinite(array).all() and (array >= 0.0).all() and (array <= most).all()):
        limit = f" and <= {most:g}" if np.isfinite(most) else ""
        raise InputError(f"network: {name} must be finite, >= 0{limit}")
    return np.broadcast_to(array, (size,))


def conditions(
    network: Network,
    E: ArrayLike,
    ligand: ArrayLike = 1.0,
    doses: Mapping[str, ArrayLike] = MappingProxyType({}),
    blocks: Mapping[str, ArrayLike] = MappingProxyType({}),
    upar: ArrayLike = 1.0,
    fibronectin: ArrayLike = 1.0,
    *,
    stiffness_sign: int = 1,
    degradability: float = 1.0,
) -> Conditions:
    """Inputs and largest activities of the network at k sites.

    Stiffness acts through the sensor ``E/(C + E)``, confinement through that of
    ``E (1 − degradability)``; every other input is its dose, of which more than 1 counts as 1. With
    ``stiffness_sign`` −1 the integrins do not ask for stiffness (input 1) and the sensor of the
    Cdc42–Tet2 path is on; otherwise that one is 0. A dose of a cue that the network makes itself
    scales its ymax. A block i leaves (1 − i) of the ymax of what it hits.

    Parameters
    ----------
    network
        The wiring.
    E
        Sensed stiffness, kPa, above 0; number or shape (k,).
    ligand, upar, fibronectin
        Relative to parental; numbers or shape (k,).
    doses
        Cue to dose, numbers or shape (k,).
    blocks
        Block to dose 0 to 1, numbers or shape (k,).
    stiffness_sign
        +1 or −1, as in the preset of the rule.
    degradability
        0 (the matrix confines with all its stiffness) to 1.

    Returns
    -------
    Conditions

    Raises
    ------
    InputError
        If a number is not one, out of its range, or of another length.
    """
    size = np.size(E)
    E = _column("E", E, size)
    if not size or not (E > 0.0).all():
        raise InputError("network: E must be one stiffness or more, each above 0 kPa")
    if stiffness_sign not in (1, -1):
        raise InputError(f"network: stiffness_sign must be 1 or -1, found {stiffness_sign!r}")
    given = {name: np.minimum(_column(name, dose, size), 1.0) for name, dose in doses.items()}
    held = {name: _column(name, dose, size, 1.0) for name, dose in blocks.items()}
    # A dose of uPAR_loss says the same as a low uPAR: the lower of the two, not both.
    remaining = 1.0 - UPAR_CUT * given.get(UPAR_LOSS, np.zeros(size))
    kept = 1.0 - _column("degradability", degradability, 1, 1.0)[0]
    sensed = {"stiffness": E, "stiffness_nucleus": E, "confinement": E * kept}
    level = {
        "ligand": _column("ligand", ligand, size),
        "uPAR": np.minimum(_column("upar", upar, size), remaining),
        "fibronectin": _column("fibronectin", fibronectin, size),
    }
    for one in network.inputs:
        if one.half_kPa is not None:
            value = sensed[one.species]
            level[one.species] = value / (one.half_kPa + value)
        elif one.kind == "cue":
            level[one.species] = given.get(one.species, np.zeros(size))
    if stiffness_sign > 0:
        level["stiffness_nucleus"] = np.zeros(size)
    else:
        level["stiffness"] = np.ones(size)
    whole = np.ones(size)
    made = {one.species for one in network.nodes if one.kind == "made"}
    top = {name: given.get(name, whole) if name in made else whole for name in network.node_names}
    return Conditions(
        inputs=np.stack(
            [_after_blocks(one, level[one.species], held) for one in network.inputs], axis=1
        ),
        ymax=np.stack(
            [_after_blocks(one, top[one.species], held) for one in network.nodes], axis=1
        ),
        left_out=unknown_to_network(tuple(doses), tuple(blocks), network),
    )


def _after_blocks(one: Species, level: FloatArray, held: Mapping[str, FloatArray]) -> FloatArray:
    left = one.ymax * np.minimum(level, 1.0)
    for block in one.blocked_by:
        left = left * (1.0 - held.get(block, 0.0))
    return left
