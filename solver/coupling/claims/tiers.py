"""Both tiers asked about many conditions at once: the rule, and the logic network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..collagen_doses import Dose, FloatArray
from ..cues import Cue, load_cues
from ..parameters import RuleParameters, load_preset
from ..rule import DormancyRule
from .conditions import Condition

Nodes = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Answer:
    """What a tier says of one condition.

    Attributes
    ----------
    stiffness : ndarray, shape (k,)
        Where it was asked, kPa.
    p : ndarray, shape (k,)
        P(dormant) there.
    nodes : mapping of str to ndarray, shape (k,)
        Activity of the network's nodes, 0 to 1; empty for the rule.
    """

    stiffness: FloatArray
    p: FloatArray
    nodes: Nodes


@dataclass(frozen=True)
class Sites:
    """Conditions end to end, each at k stiffnesses: n sites in all.

    Attributes
    ----------
    E, ligand, upar, fibronectin : ndarray, shape (n,)
        Stiffness in kPa, the others relative to parental.
    doses, blocks : mapping of str to ndarray, shape (n,)
        0 where a condition has not got that one.
    """

    E: FloatArray
    ligand: FloatArray
    upar: FloatArray
    fibronectin: FloatArray
    doses: Mapping[str, FloatArray]
    blocks: Mapping[str, FloatArray]


def _asked(c: Condition, tier: Tier) -> FloatArray:
    """The stiffnesses at which a tier is asked, shape (k,)."""
    return c.stiffness if c.fine else c.stiffness[:: tier.every]


def _end_to_end(asked: Sequence[Condition], stiffness: Sequence[FloatArray]) -> Sites:

    def each(values: Sequence[float]) -> FloatArray:
        return np.repeat(np.asarray(values, dtype=float), [len(E) for E in stiffness])

    def gathered(groups: Sequence[Mapping[str, float]]) -> dict[str, FloatArray]:
        names = dict.fromkeys(name for group in groups for name in group)
        return {name: each([group.get(name, 0.0) for group in groups]) for name in names}

    return Sites(
        E=np.concatenate(stiffness),
        ligand=each([c.ligand for c in asked]),
        upar=each([c.upar for c in asked]),
        fibronectin=each([c.fibronectin for c in asked]),
        doses=gathered([c.doses for c in asked]),
        blocks=gathered([c.blocks for c in asked]),
    )


class Tier(Protocol):
    """P and nodes of sites that share a preset.

    Attributes
    ----------
    every : int
        It looks at each ``every``-th stiffness, unless a condition is ``fine``.
    """

    every: int

    def __call__(self, numbers: RuleParameters, sites: Sites) -> tuple[FloatArray, Nodes]:
        """P, shape (n,), and activity of each node, shape (n,)."""


@dataclass(frozen=True)
class RuleTier:
    """The closed-form rule at its nominal numbers; it has no nodes.

    Attributes
    ----------
    cues : tuple of Cue
        Another table than the one that comes along; empty: that one.
    """

    cues: tuple[Cue, ...] = ()
    every = 1

    def __call__(self, numbers: RuleParameters, sites: Sites) -> tuple[FloatArray, Nodes]:
        """P, shape (n,), and no nodes."""
        blocks = {name: Dose(level) for name, level in sites.blocks.items()}
        rule = DormancyRule(numbers, self.cues or load_cues(), blocks)
        p = rule.probability(sites.E, sites.ligand, sites.doses, sites.upar, sites.fibronectin)
        return p, {}


class NetworkTier:
    """The logic network where it comes to rest from the sleeping state."""

    every = 3
    _AT_ONCE = 400  # sites solved together: larger lots share too small a time step

    def __call__(self, numbers: RuleParameters, sites: Sites) -> tuple[FloatArray, Nodes]:
        """P, shape (n,), and activity of each node, shape (n,)."""
        from ..network import Conditions, conditions, load_network, steady_state

        network = load_network()
        at = conditions(
            network,
            sites.E,
            sites.ligand,
            sites.doses,
            sites.blocks,
            sites.upar,
            sites.fibronectin,
            stiffness_sign=numbers.stiffness_sign,
            degradability=numbers["degradability"],
        )
        if at.left_out:
            raise ValueError(f"the network has no node for {', '.join(at.left_out)}")
        lots = [slice(i, i + self._AT_ONCE) for i in range(0, len(sites.E), self._AT_ONCE)]
        activity = np.concatenate(
            [
                steady_state(network, Conditions(at.inputs[lot], at.ymax[lot], ())).activity
                for lot in lots
            ]
        )
        nodes = dict(zip(network.node_names, activity.T, strict=True))
        low, high = numbers["Pmin"], numbers["Pmax"]
        return low + (high - low) * nodes["dormancy"], nodes


TIERS: Mapping[str, Tier] = {"rule": RuleTier(), "network": NetworkTier()}
"""The tiers by name."""


def answers(tier: Tier, conditions: Mapping[str, Condition]) -> dict[str, Answer]:
    """Ask a tier about conditions, all of one preset in one call.

    Parameters
    ----------
    tier
        One of `TIERS`.
    conditions
        By any name.

    Returns
    -------
    dict of str to Answer
        Keyed alike.
    """
    told: dict[str, Answer] = {}
    for preset in dict.fromkeys(c.preset for c in conditions.values()):
        names = [name for name, c in conditions.items() if c.preset == preset]
        stiffness = [_asked(conditions[name], tier) for name in names]
        sites = _end_to_end([conditions[name] for name in names], stiffness)
        p, nodes = tier(load_preset(preset), sites)
        start = 0
        for name, E in zip(names, stiffness, strict=True):
            part = slice(start, start + len(E))
            here = {node: values[part] for node, values in nodes.items()}
            told[name] = Answer(E, p[part], here)
            start = part.stop
    return told
