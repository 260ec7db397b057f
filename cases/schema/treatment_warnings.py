"""Treatments that are allowed but do nothing, or leave nothing to see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cases.schema.rule import gates, known

if TYPE_CHECKING:
    from cases.schema.dormancy import Dormancy
    from cases.schema.ink import Ink
    from solver.coupling import Cue


def treatment_warnings(dormancy: Dormancy, inks: Iterable[Ink]) -> list[str]:
    """What the user should know of signals, blocks and drugs, arms and the past included.

    Parameters
    ----------
    dormancy
        The rule and what the cells are given.
    inks
        Those that hold cells.
    """
    from solver.coupling.drugs import resolve_drugs

    table = dormancy.cue_lines()
    found = list(_presets_left_out(dormancy))
    collagen_counts = dormancy.paths.collagen_mechanics and any(ink.has_collagen for ink in inks)
    states: list[tuple[str, Mapping[str, Mapping[str, Any]], Any]] = [
        ("", dormancy.given, dormancy)
    ]
    states += [
        (f"arm '{name}': ", dormancy.merged(arm), arm) for name, arm in dormancy.compare.items()
    ]
    if dormancy.memory is not None:
        states += [
            (f"state '{past.name}': ", dormancy.merged(past), past)
            for past in dormancy.memory.history
        ]
    for who, merged, state in states:
        plain = {
            key: {name: amount for name, amount in group.items() if amount != 0.0}
            for key, group in merged.items()
        }
        full = {key: dict.fromkeys(group, 1.0) for key, group in plain.items()}
        blocks, doses = resolve_drugs(full["drugs"], full["block"], full["cues"], table)
        conditions = {
            key: own if (own := getattr(state, key)) is not None else getattr(dormancy, key)
            for key in ("uPAR", "fibronectin")
        }
        reach = _active(table, set(doses), conditions)
        shut = _shut(plain)
        # In an arm a signal beside what blocks it is the question that is asked.
        here = [
            *_idle_cues(table, doses, reach, set() if who else shut),
            *_idle_blocks(table, blocks, reach),
        ]
        if not collagen_counts and "crosslinking" in doses:
            here.append(_CROSSLINKING)
        if dormancy.gate == "clutch":
            here += _less_ligand(plain, getattr(state, "ligand", None))
        found += [f"{who}{text}" for text in here]
        closed = [name for name in gates() if name in shut]
        if closed and not who:
            found.append(
                f"{' and '.join(closed)} blocked: no mechanical drive is left, the rule gives "
                "every cell Pmax, an assumption, and this run cannot compare inks"
            )
    # What holds for the case holds for its arms: say it once.
    return [text for i, text in enumerate(found) if not _said(text, found[:i])]


_CROSSLINKING = (
    "crosslinking stiffens all the same, but there is nothing to crosslink: no ink with cells "
    "holds collagen, or collagen_mechanics is off; leave crosslinking away"
)


def _presets_left_out(dormancy: Dormancy) -> Iterator[str]:
    fit = dormancy.presets_that_fit()
    for name in known("presets"):
        if name not in fit:
            yield f"presets.csv leaves out {name}: it does not allow the numbers of this case"


def _less_ligand(plain: Mapping[str, Mapping[str, Any]], ligand: float | None) -> Iterator[str]:
    """Where the clutch itself predicts the opposite of what one expects of less ligand."""
    from solver.coupling.drugs import load_drugs

    drugs = load_drugs()
    blocked = [amount for name, amount in plain["block"].items() if name == "integrin_b1"]
    blocked += [
        amount
        for name, amount in plain["drugs"].items()
        if drugs[name].action == "blocks" and "integrin_b1" in drugs[name].targets
    ]
    less = "by the clutch itself less ligand wakes near its threshold (docs/clutch.md)"
    if blocked and 1.0 not in blocked:
        yield f"integrin_b1 is blocked in part, which takes ligand away: {less}"
    if ligand is not None and 0.0 < ligand < 1.0:
        yield f"less ligand with gate clutch: {less}"


def _said(text: str, before: list[str]) -> bool:
    return any(text.endswith(earlier) for earlier in before if not earlier.startswith("arm "))


def _shut(plain: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What is blocked in full."""
    from solver.coupling.drugs import load_drugs

    drugs = load_drugs()
    full = {name for name, amount in plain["block"].items() if amount == 1.0}
    for name, amount in plain["drugs"].items():
        if amount == 1.0 and drugs[name].action == "blocks":
            full |= set(drugs[name].targets)
    return full


def _active(table: tuple[Cue, ...], given: set[str], conditions: Mapping[str, float]) -> set[str]:
    """Cues that act where nothing is blocked; in the order of the table a need comes first."""
    there = {"ligand"}
    there |= {name for key, name in (("uPAR", "upar"), ("fibronectin", "fibronectin"))
              if conditions[key] > 0.0}  # fmt: skip
    for cue in table:
        present = cue.cue in given or cue.given in ("always", "by_ink")
        if cue.given == "by_cells":
            present = conditions["uPAR"] * conditions["fibronectin"] < 1.0
        if present and all(need in there for need in cue.needs):
            there.add(cue.cue)
    return there


def _at_work(table: tuple[Cue, ...], reach: set[str]) -> set[str]:
    """Cues there that move P, by their own weight or by another cue that is there."""
    found: set[str] = set()
    for cue in reversed(table):
        moved = (other.cue for other in table if cue.cue in (*other.needs, *other.blocked_by))
        if cue.cue in reach and (cue.weight > 0.0 or any(name in found for name in moved)):
            found.add(cue.cue)
    return found


def _served(table: tuple[Cue, ...], name: str) -> list[Cue]:
    """Cues that need a cue, or need one that needs it, and so on."""
    names, served = {name}, []
    for cue in table:
        if names.intersection(cue.needs):
            names.add(cue.cue)
            served.append(cue)
    return served


def _idle_cues(
    table: tuple[Cue, ...], doses: Mapping[str, Any], reach: set[str], shut: set[str]
) -> Iterator[str]:
    at_work = _at_work(table, reach)
    for cue in table:
        if cue.cue not in doses:
            continue
        blocked = [name for name in cue.blocked_by if name in shut]
        if blocked:
            yield f"{cue.cue} does nothing: {' and '.join(blocked)} blocked"
            continue
        missing = [need for need in cue.needs if need not in reach]
        if missing:
            yield f"{cue.cue} does nothing without {' and '.join(missing)}"
        elif cue.cue not in at_work:
            waiting = [
                need
                for other in _served(table, cue.cue)
                for need in other.needs
                if need not in reach
            ]
            yield f"{cue.cue} does nothing by itself" + (
                f": what it serves needs {' and '.join(dict.fromkeys(waiting))}" if waiting else ""
            )


def _idle_blocks(
    table: tuple[Cue, ...], blocks: Mapping[str, Any], reach: set[str]
) -> Iterator[str]:
    for name in blocks:
        if name in gates():
            continue
        hit = [cue.cue for cue in table if name in cue.blocked_by]
        if not any(cue in reach for cue in hit):
            yield f"blocking {name} does nothing here: it acts on {', '.join(hit)}, not present"
