"""The arrows of a network as a table for ``docs/network.md``."""

from __future__ import annotations

from .model import Network


def _source(text: str) -> str:
    if text.startswith("10."):
        return f"[{text}](https://doi.org/{text})"
    return text or "none"


def reaction_table(network: Network) -> str:
    """A Markdown table of all reactions: rule, weight, standing of the sign, source, note.

    Parameters
    ----------
    network
        The wiring.

    Returns
    -------
    str
        One line per reaction below a heading of two.
    """
    rows = [
        "| Arrow | Weight | Claims | Sign is | Source | Note |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| `{one.rule}` | {one.weight:g} | {', '.join(one.claims)} | {one.standing} "
        f"| {_source(one.source)} | {one.note} |"
        for one in network.reactions
    ]
    return "\n".join(rows)
