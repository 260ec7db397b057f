"""Both tiers asked about many conditions at once: the rule, and the logic network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..collagen_doses import FloatArray
from ..parameters import load_preset
from ..rule import DormancyRule
from .conditions import Condition


@dataclass(frozen=True)
class Answer:
    """What a tier says of one condition.

    Attributes
    ----------
    p : ndarray, shape (k,)
        P(dormant) along the condition's stiffness.
    nodes : mapping of str to ndarray, shape (k,)
        Activity of the network's nodes, 0 to 1; empty for the rule.
    """

    p: FloatArray
    nodes: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sites:
    """Conditions of one preset and the same blocks, end to end."""

    preset: str
    blocks: Mapping[str, float]
    conditions: Sequence[Condition]

    def inputs(
        self,
    ) -> tuple[FloatArray, FloatArray, dict[str, FloatArray], FloatArray, FloatArray]:
        """Stiffness, ligand, doses, uPAR and fibronectin of every site, each of shape (n,)."""
        lengths = [len(c.stiffness) for c in self.conditions]

        def each(values: Sequence[float]) -> FloatArray:
            return np.repeat(np.asarray(values, dtype=float), lengths)

        cues = dict.fromkeys(cue for c in self.conditions for cue in c.doses)
        return (
            np.concatenate([c.stiffness for c in self.conditions]),
            each([c.ligand for c in self.conditions]),
            {cue: each([c.doses.get(cue, 0.0) for c in self.conditions]) for cue in cues},
            each([c.upar for c in self.conditions]),
            each([c.fibronectin for c in self.conditions]),
        )


Tier = Callable[[_Sites], tuple[FloatArray, Mapping[str, FloatArray]]]


def by_rule(sites: _Sites) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """P of the rule at its nominal numbers, shape (n,); no nodes."""
    rule = DormancyRule(load_preset(sites.preset), blocks=sites.blocks)
    return rule.probability(*sites.inputs()), {}


def by_network(sites: _Sites) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """P and every node of the network at its steady state, shape (n,) each."""
    from ..network import network_answer

    numbers = load_preset(sites.preset)
    stiffness, ligand, doses, upar, fibronectin = sites.inputs()
    answer = network_answer(
        stiffness,
        ligand,
        doses,
        sites.blocks,
        upar,
        fibronectin,
        stiffness_sign=numbers.stiffness_sign,
        degradability=numbers["degradability"],
    )
    return answer.p, dict(zip(answer.species, answer.activity.T, strict=True))


TIERS: Mapping[str, Tier] = {"rule": by_rule, "network": by_network}
"""The tiers by name."""


def answers(tier: Tier, conditions: Mapping[str, Condition]) -> dict[str, Answer]:
    """Ask a tier about conditions, all with the same preset and blocks in one call.

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
    groups: dict[tuple[str, tuple[tuple[str, float], ...]], list[str]] = {}
    for name, c in conditions.items():
        groups.setdefault((c.preset, tuple(sorted(c.blocks.items()))), []).append(name)
    told: dict[str, Answer] = {}
    for (preset, blocks), names in groups.items():
        sites = _Sites(preset, dict(blocks), [conditions[name] for name in names])
        p, nodes = tier(sites)
        ends = np.cumsum([len(c.stiffness) for c in sites.conditions])
        for name, end, c in zip(names, ends, sites.conditions, strict=True):
            part = slice(end - len(c.stiffness), end)
            told[name] = Answer(p[part], {node: values[part] for node, values in nodes.items()})
    return told
