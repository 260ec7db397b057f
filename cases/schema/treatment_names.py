"""Whether signals, blocks and drugs exist, and whether they can go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cases.quantity import rejection
from cases.schema.rule import known, require_admissible, require_known
from cases.schema.treatment import Conditions
from meshes.errors import InputError

if TYPE_CHECKING:
    from cases.schema.dormancy import Dormancy
    from cases.schema.treatment import Treatment
    from solver.coupling import Cue

Place = tuple[str | int, ...]


def require_treatments(dormancy: Dormancy) -> None:
    """Raise at the first name that does not exist, or at what contradicts itself.

    Names are those of the case's own table of signals, where it has one.
    """
    table = dormancy.cue_lines()
    for place, treatment, merged in _treatments(dormancy):
        _require_names(treatment, table, place)
        _require_harmony(merged, table, place)
    for name, arm in dormancy.compare.items():
        at = ("compare", name)
        if arm.preset is not None:
            require_known("preset", arm.preset, known("presets"), at=(*at, "preset"))
            require_admissible(arm.preset, dormancy.parameters, at)


def _treatments(
    dormancy: Dormancy,
) -> Iterator[tuple[Place, Treatment, dict[str, dict[str, Any]]]]:
    """Every treatment of a case: place, as written, and with what it takes over."""
    yield (), dormancy, dormancy.merged(Conditions())
    for name, arm in dormancy.compare.items():
        yield ("compare", name), arm, dormancy.merged(arm)
    if dormancy.memory is not None:
        for i, state in enumerate(dormancy.memory.history):
            yield ("memory", "history", i), state, dormancy.merged(state)


def _require_names(treatment: Treatment, table: tuple[Cue, ...], place: Place) -> None:
    from solver.coupling import block_names
    from solver.coupling.drugs import known_drugs

    known_names = {
        "cues": tuple(cue.cue for cue in table if cue.given in ("by_user", "always")),
        "drugs": known_drugs(),
        "block": block_names(table),
    }
    elsewhere = {cue.cue: cue.given for cue in table if cue.given in ("by_ink", "by_cells")}
    for key, group in treatment.given.items():
        for name in group:
            at = (*place, key, name)
            if key == "cues" and name in elsewhere:
                raise _decided_elsewhere(name, elsewhere[name], at)
            homes = [home for home, names in known_names.items() if name in names]
            if homes and key not in homes:
                raise rejection(
                    f"not under {key}",
                    expected=f"names that go under {key}; 'dormatrix rule list' shows them",
                    found=name,
                    mend=f"write {name} under {homes[0]}",
                    at=at,
                )
            require_known(_WORDS[key], name, known_names[key], at=at)


_WORDS = {"cues": "cue", "block": "block", "drugs": "drug"}


def _decided_elsewhere(name: str, given: str, at: Place) -> Any:
    if given == "by_ink":
        return rejection(
            "a cue that the ink decides",
            expected="cues of the medium; collagen acts by what is in the ink",
            found=name,
            mend=f"delete it, and write {name} under inks",
            at=at,
        )
    return rejection(
        "a cue that the cells decide",
        expected="cues of the medium",
        found=name,
        mend="delete it, and write uPAR: 0.3 under dormancy",
        at=at,
    )


def _require_harmony(
    merged: dict[str, dict[str, Any]], table: tuple[Cue, ...], place: Place
) -> None:
    """Raise where two entries say the same thing twice, or against each other."""
    from solver.coupling.drugs import resolve_drugs

    plain = {key: dict.fromkeys(group, 1.0) for key, group in merged.items()}
    try:
        resolve_drugs(plain["drugs"], plain["block"], plain["cues"], table)
    except InputError as error:
        named = [name for name in merged["drugs"] if name in error.args[0]]
        raise rejection(
            "a contradiction",
            expected="every target and every signal set once, and targets that the table has",
            found=error.args[0],
            mend=error.hint or "delete one of the two",
            at=(*place, "drugs", *named[:1]),
        ) from None


def require_gate(dormancy: Dormancy) -> None:
    """Raise where the molecular clutch cannot stand in for the closed form."""
    if dormancy.gate != "clutch":
        return
    from solver.coupling import load_preset

    presets: dict[Place, str] = {("gate",): dormancy.preset}
    presets |= {
        ("compare", name, "preset"): arm.preset
        for name, arm in dormancy.compare.items()
        if arm.preset is not None
    }
    for at, preset in presets.items():
        if preset in known("presets") and load_preset(preset).stiffness_sign < 0:
            raise rejection(
                "a clutch that would have to work backwards",
                expected="a preset in which stiffness wakes cells, with gate: clutch",
                found=f"preset {preset}",
                mend="write gate: hill, or another preset",
                at=at,
            )
