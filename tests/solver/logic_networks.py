"""Small logic networks for tests."""

from __future__ import annotations

import numpy as np

from solver.coupling.network import Conditions, Network
from solver.coupling.network.tables import Reaction, Species


def input_(name: str) -> Species:
    return Species(name, "cue", "none", 1.0, 1.0, None, (), "assumption", "", "")


def node(name: str, side: str = "awake", tau: float = 1.0) -> Species:
    return Species(name, "node", side, 1.0, tau, None, (), "assumption", "", "")


def reaction(rule: str, weight: float = 1.0, n: float = 1.4, ec50: float = 0.5) -> Reaction:
    left, right = rule.split("=>")
    terms = [term.strip() for term in left.split("&") if term.strip()]
    return Reaction(
        rule=rule,
        activators=tuple(term for term in terms if not term.startswith("!")),
        inhibitors=tuple(term[1:] for term in terms if term.startswith("!")),
        product=right.strip(),
        weight=weight,
        n=n,
        ec50=ec50,
        standing="assumption",
        source="",
        claims=(),
        note="",
    )


def at(network: Network, *rows: tuple[float, ...], top: float = 1.0) -> Conditions:
    """One condition per row of input values."""
    inputs = np.array(rows, dtype=float).reshape(len(rows), len(network.inputs))
    return Conditions(inputs, np.full((len(rows), len(network.nodes)), top), ())


def f(x: float, n: float = 1.4, ec50: float = 0.5) -> float:
    """Normalised Hill, written out as in Kraeutler 2010 on its own."""
    B = (ec50**n - 1.0) / (2.0 * ec50**n - 1.0)
    K = (B - 1.0) ** (1.0 / n)
    return B * x**n / (K**n + x**n)
