"""``dormatrix rule list``: presets, signals, blocks and drugs, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from solver.coupling import (
    GATES,
    Cue,
    block_names,
    known_presets,
    load_cues,
    load_drugs,
    load_preset,
)


def cue_csv() -> str:
    """The table of signals that comes along, to be copied and edited."""
    return files("solver.coupling").joinpath("cues.csv").read_text(encoding="utf-8").rstrip("\n")


def listing() -> dict[str, Any]:
    """Everything that a case can name, as plain JSON."""
    table = load_cues()
    return {
        "presets": [
            {
                "preset": name,
                "description": load_preset(name).description,
                "standing": load_preset(name).standing,
                "source": load_preset(name).source,
            }
            for name in known_presets()
        ],
        "cues": [_cue(cue) for cue in table],
        "blocks": [
            {"block": name, "acts_on": ["integrin gate"] * (name in GATES) + _hit(name, table)}
            for name in block_names(table)
        ],
        "drugs": [
            {
                "drug": drug.drug,
                "action": drug.action,
                "targets": list(drug.targets),
                "standing": drug.standing,
                "source": drug.source,
            }
            for drug in load_drugs().values()
        ],
    }


def _hit(block: str, table: tuple[Cue, ...]) -> list[str]:
    return [cue.cue for cue in table if block in cue.blocked_by]


def _cue(cue: Cue) -> dict[str, Any]:
    return {
        "cue": cue.cue,
        "effect": _effect(cue),
        "acts_through": cue.acts_through,
        "given": cue.given,
        "needs": list(cue.needs),
        "blocked_by": list(cue.blocked_by),
        "weight": {"value": cue.weight, "low": cue.weight_low, "high": cue.weight_high},
        "standing": cue.standing,
        "source": cue.source,
    }


def _effect(cue: Cue) -> str:
    if cue.weight_high == 0.0:
        return "a condition"
    if cue.acts_on == "stiffness":
        return "softens" if cue.direction > 0 else "stiffens"
    return "keeps asleep" if cue.direction > 0 else "wakes"


def listing_text() -> str:
    """The listing as text for a terminal."""
    return "\n".join(_lines(listing()))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield "presets: which way stiffness acts (dormancy.preset)"
    for row in found["presets"]:
        yield f"  {row['preset']:<18} {row['description']}"
    yield "\nsignals (dormancy.cues; those marked * come from ink or cells)"
    for row in found["cues"]:
        mark = "*" if row["given"] in ("by_ink", "by_cells") else ""
        said = [row["effect"]]
        if row["needs"]:
            said.append("needs " + " and ".join(row["needs"]))
        if row["blocked_by"]:
            said.append("blocked by " + ", ".join(row["blocked_by"]))
        if row["effect"] != "a condition":
            weight = row["weight"]
            said.append(f"weight {weight['value']:g} ({weight['low']:g} to {weight['high']:g})")
        yield f"  {row['cue'] + mark:<18} {'; '.join(said)} [{row['source'] or row['standing']}]"
    yield "\nblocks: receptors and kinases (dormancy.block)"
    for row in found["blocks"]:
        yield f"  {row['block']:<20} acts on {', '.join(row['acts_on'])}"
    yield "\ndrugs (dormancy.drugs)"
    for row in found["drugs"]:
        yield (
            f"  {row['drug']:<30} {row['action']} {', '.join(row['targets'])} "
            f"[{row['source'] or row['standing']}]"
        )
    yield "\nall numbers and sources: docs/rule.md; the table of signals: dormatrix rule list --csv"
