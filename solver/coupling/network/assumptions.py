"""What the network rests on, in words a report can print."""

from __future__ import annotations

from collections import Counter

from .model import Network
from .tables import SENSORS

_FORM = "10.1186/1752-0509-4-157"


def stated_assumptions(network: Network) -> list[dict[str, str]]:
    """The network's form, its numbers, its sensors and how P is read from it, with standings.

    Parameters
    ----------
    network
        The wiring.

    Returns
    -------
    list of dict
        ``what``, ``value``, ``standing``, ``source``.
    """

    def row(what: str, value: str, standing: str, source: str = "") -> dict[str, str]:
        return {
            "what": f"Network: {what}",
            "value": value,
            "standing": standing,
            "source": source,
        }

    signs = Counter(reaction.standing for reaction in network.reactions)
    told = ", ".join(f"{number} {standing}" for standing, number in sorted(signs.items()))
    spread = {
        name: sorted({getattr(reaction, name) for reaction in network.reactions})
        for name in ("n", "ec50", "weight")
    }
    numbers = "; ".join(
        f"{name} {', '.join(f'{value:g}' for value in values)}" for name, values in spread.items()
    )
    return [
        row(
            "normalised-Hill logic equations; AND is a product", "steady state", "published", _FORM
        ),
        row("n, EC50 and weights are borrowed from models of other cells", numbers, "assumption"),
        row("standing of the signs of its arrows", told, "derived"),
        *(
            row(
                f"half-point of the sensor {one.species}. {one.note}",
                f"{one.half_kPa:g} kPa",
                one.standing,
                one.source,
            )
            for one in network.inputs
            if one.species in SENSORS
        ),
        row(
            "activity of the node dormancy read as the fraction asleep, one mean cell for all",
            "P = Pmin + (Pmax - Pmin) dormancy",
            "assumption",
        ),
    ]
