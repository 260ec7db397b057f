"""The cue table ``cues.csv``: one line per signal that wakes cells or keeps them asleep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path

from meshes.errors import InputError

from .collagen_doses import COLLAGEN_CUES, UPAR_LOSS
from .csv_lines import Line, read_lines
from .parameters import STANDINGS

GATES = ("integrin_b1", "FAK", "Src", "ERK", "ROCK", "MLCK")
"""Blocks that act on the integrin gate itself, besides the cues that name them."""

SITE_CONDITIONS = ("ligand", "upar", "fibronectin")
"""Quantities of a site that a cue may need although they are no cues."""

ACTS_ON = ("R", "stiffness")
"""What a cue changes: R itself, or the stiffness that the integrin gate feels."""

GIVEN = ("by_user", "always", "by_ink", "by_cells")
"""Where a cue's dose comes from: the user (else it is absent); 1 unless the user gives another;
the ink's collagen; the cells' uPAR times fibronectin."""

_MADE_FROM = {"by_ink": COLLAGEN_CUES, "by_cells": (UPAR_LOSS,)}

# Names that the columns of the log-odds already carry.
_RESERVED = (
    *SITE_CONDITIONS,
    *GATES,
    "stiffness",
    "matrix_stiffness",
    "collagen_mechanics",
    "blocks",
    "confinement",
)


@dataclass(frozen=True)
class Cue:
    """One line of the cue table.

    Attributes
    ----------
    cue : str
        Name, as doses are keyed.
    acts_through : str
        Pathway, for readers.
    acts_on : str
        One of `ACTS_ON`. ``R``: dose 1 at weight 1 changes R by the factor F. ``stiffness``: dose
        1 changes the sensed stiffness by ``exp(weight)``, before the integrin gate.
    given : str
        One of `GIVEN`.
    needs : tuple of str
        Other cues, or site conditions (`SITE_CONDITIONS`), without which it does not act; each
        multiplies the dose by its own, capped at 1.
    blocked_by : tuple of str
        Blocks, or other cues of the table, that take it away: at strength s, capped at 1, each
        leaves 1 − s.
    direction : int
        +1 keeps asleep (lowers R, or softens), -1 wakes (raises R, or stiffens).
    weight, weight_low, weight_high : float
        Nominal and range, in units of ln F, or of ln E where it acts on stiffness; 0 makes the
        line a mere condition of others.
    standing : str
        Of the weight: measured, published, derived or assumption.
    source : str
        DOI of the sign, where the weight is an assumption.
    claims : tuple of str
        Published claims that rest on this line.
    note : str
        What it rests on.
    """

    cue: str
    acts_through: str
    acts_on: str
    given: str
    needs: tuple[str, ...]
    blocked_by: tuple[str, ...]
    direction: int
    weight: float
    weight_low: float
    weight_high: float
    standing: str
    source: str
    claims: tuple[str, ...]
    note: str


COLUMNS = tuple(field.name for field in fields(Cue))
"""Columns of a cue table."""


def _given(line: Line) -> str:
    given = line.one_of("given", GIVEN)
    made = _MADE_FROM.get(given)
    if made is not None and line.cells["cue"] not in made:
        raise line.wrong("given", f"by_user or always ({given} only for {', '.join(made)})")
    return given


def _cue(line: Line) -> Cue:
    low, high = line.number_from_zero("weight_low"), line.number_from_zero("weight_high")
    weight = line.number_from_zero("weight")
    if not low <= weight <= high:
        raise line.wrong("weight", f"weight_low <= weight <= weight_high ({low:g} to {high:g})")
    if line.cells["direction"] not in ("+1", "1", "-1"):
        raise line.wrong("direction", "+1 (keeps asleep) or -1 (wakes)")
    if any(name in SITE_CONDITIONS for name in line.names("blocked_by")):
        raise line.wrong("blocked_by", "blocks or cues, not conditions of a site")
    return Cue(
        cue=line.name("cue", _RESERVED),
        acts_through=line.cells["acts_through"],
        acts_on=line.one_of("acts_on", ACTS_ON),
        given=_given(line),
        needs=line.names("needs"),
        blocked_by=line.names("blocked_by"),
        direction=int(line.cells["direction"]),
        weight=weight,
        weight_low=low,
        weight_high=high,
        standing=line.one_of("standing", STANDINGS),
        source=line.cells["source"],
        claims=line.names("claims"),
        note=line.cells["note"],
    )


Table = dict[str, tuple[Line, Cue]]


def _parse(table: str, text: str) -> Table:
    parsed: Table = {}
    for line in read_lines(table, text, COLUMNS):
        cue = _cue(line)
        if cue.cue in parsed:
            raise line.wrong("cue", "a name that no earlier line has")
        parsed[cue.cue] = line, cue
    return parsed


def _refuse_names_of_blocks(own: Table, added: Table) -> None:
    """A new cue with the name of a block would silently turn that block into the cue."""
    blocks = block_names([cue for _, cue in own.values()])
    for name, (line, _) in added.items():
        if name in blocks:
            raise line.wrong("cue", "a name that is no block of the table it extends")


def _in_order(table: Table) -> tuple[Cue, ...]:
    """Cues sorted so that each follows those it rests on; otherwise in the table's order."""
    for line, cue in table.values():
        for need in cue.needs:
            if need not in table and need not in SITE_CONDITIONS:
                raise line.wrong("needs", f"cues of this table or {', '.join(SITE_CONDITIONS)}")
    waiting = dict(table)
    ordered: list[Cue] = []
    while waiting:
        for name, (_, cue) in waiting.items():
            if not any(other in waiting for other in (*cue.needs, *cue.blocked_by)):
                ordered.append(cue)
                del waiting[name]
                break
        else:
            raise _circle(waiting)
    return tuple(ordered)


def _circle(waiting: Table) -> InputError:
    """The error for cues none of which can come first: it spells out one circle of them."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        _, cue = waiting[path[-1]]
        path.append(next(x for x in (*cue.needs, *cue.blocked_by) if x in waiting))
    circle = path[path.index(path[-1]) :]
    line, cue = waiting[circle[0]]
    column = "needs" if circle[1] in cue.needs else "blocked_by"
    return line.wrong(
        column, f"no circle of cues that need or block each other ({' -> '.join(circle)})"
    )


def load_cues(path: str | PathLike[str] | None = None, extend: bool = False) -> tuple[Cue, ...]:
    """Read a cue table.

    Parameters
    ----------
    path
        CSV file with the columns `COLUMNS` (UTF-8, comma); None reads the table that comes along.
    extend
        True: the file's lines join the table that comes along, a line of the same name replaces
        that table's; False: they stand alone.

    Returns
    -------
    tuple of Cue
        In the table's order, except that a cue comes after those it needs or is blocked by.

    Raises
    ------
    InputError
        Naming line and column, if a cell is not what its column holds, a name occurs twice or is
        that of a block, a need is unknown, or cues need or block each other in a circle.
    """
    if path is None:
        return _own_cues()
    own = _own_table() if extend else {}
    added = _parse(Path(path).name, Path(path).read_text(encoding="utf-8-sig"))
    _refuse_names_of_blocks(own, added)
    return _in_order({**own, **added})


def _own_table() -> Table:
    return _parse("cues.csv", files(__package__).joinpath("cues.csv").read_text(encoding="utf-8"))


@cache
def _own_cues() -> tuple[Cue, ...]:
    return _in_order(_own_table())


def known_cues() -> tuple[str, ...]:
    """Names of the cues that a dose can be given for."""
    return tuple(cue.cue for cue in load_cues())


def block_names(cues: Sequence[Cue]) -> tuple[str, ...]:
    """Names of all blocks that act on the gate or on one of the given cues.

    Parameters
    ----------
    cues
        A cue table.

    Returns
    -------
    tuple of str
        `GATES` first, then those of ``blocked_by`` that are no cues of the table, in its order,
        each once.
    """
    names = {cue.cue for cue in cues}
    blockers = (name for cue in cues for name in cue.blocked_by if name not in names)
    return tuple(dict.fromkeys((*GATES, *blockers)))


def known_blocks() -> tuple[str, ...]:
    """Names of the blocks (inhibitors, antibodies, knock-outs) of the table that comes along."""
    return block_names(load_cues())
