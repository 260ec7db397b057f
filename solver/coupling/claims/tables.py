"""The claims and how each is tested, as data: ``claims.csv``, ``arms.csv``, ``backgrounds.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..csv_lines import Line, read_lines

SIGNS = ("+", "-", "0")
"""Expected sign of a difference: up, down, none at all."""

KINDS = ("construction", "emergent", "absent")
"""How a tier comes by the sign: a line of its tables says so; it follows from other things; it
does not compute that quantity."""

TIER_COLUMNS = ("rule", "network")
"""The tiers, each with a column that says how it comes by the sign."""

READ_OUTS = ("P", "E", "slope", "range")
"""What can be compared, besides ``node:NAME`` of the network."""


_ARM_COLUMNS = (
    *("claim", "test", "expected", "quantity", "without", "with", "not_in"),
    *(*TIER_COLUMNS, "disagreement", "note"),
)


@dataclass(frozen=True)
class Claim:
    """One published claim.

    Attributes
    ----------
    claim : str
        C01 to C36 (what moves dormancy), I1 to I15 (interventions).
    factor, says : str
        What is raised or applied, and what the claim says of it.
    sign : str
        Expected sign of P(dormant), in words where it is no bare sign.
    encoded : bool
        Whether arms test it.
    remark : str
        Why not, if it is not encoded; else what to know about it.
    """

    claim: str
    factor: str
    says: str
    sign: str
    encoded: bool
    remark: str


@dataclass(frozen=True)
class Test:
    """Two arms that differ in one thing, and the sign that their difference should have.

    Attributes
    ----------
    claim, test : str
        The claim that it tests, and in words what is compared.
    expected : str
        One of `SIGNS`, of ``with_it`` minus ``without``.
    quantity : str
        One of `READ_OUTS`, or ``node:NAME``.
    without, with_it : mapping of str to str
        Settings of the two arms, see `settings`.
    not_in : tuple of str
        Backgrounds in which the claim does not speak.
    kinds : mapping of str to str
        Tier to one of `KINDS`.
    disagreement : str
        Why the network is known to come out otherwise; empty where it agrees.
    note : str
        For readers.
    """

    claim: str
    test: str
    expected: str
    quantity: str
    without: dict[str, str]
    with_it: dict[str, str]
    not_in: tuple[str, ...]
    kinds: dict[str, str]
    disagreement: str
    note: str


def settings(line: Line, column: str) -> dict[str, str]:
    """Settings of a cell ``name=value name=value``.

    Parameters
    ----------
    line, column
        Where they stand. Names: ``ligand``, ``upar``, ``fibronectin``, ``times_E``, ``preset``,
        ``chemistry``, a cue, ``block:NAME``, ``drug:NAME``, ``ink:NAME``.

    Returns
    -------
    dict of str to str

    Raises
    ------
    InputError
        If a word of the cell is no setting.
    """
    words = [word.partition("=") for word in line.cells[column].split()]
    if not all(name and equals and value for name, equals, value in words):
        raise line.wrong(column, "settings name=value separated by blanks")
    return {name: value for name, _, value in words}


def _lines(name: str, columns: tuple[str, ...]) -> list[Line]:
    return read_lines(name, files(__package__).joinpath(name).read_text(encoding="utf-8"), columns)


@cache
def load_claims() -> dict[str, Claim]:
    """All claims, by name and in the table's order."""
    columns = ("claim", "factor", "says", "sign", "encoded", "remark")
    return {
        line.name("claim"): Claim(
            line.name("claim"),
            line.cells["factor"],
            line.cells["says"],
            line.cells["sign"],
            line.one_of("encoded", ("yes", "no")) == "yes",
            line.cells["remark"],
        )
        for line in _lines("claims.csv", columns)
    }


@cache
def load_backgrounds() -> dict[str, dict[str, str]]:
    """Settings of the backgrounds that every test is made in, by name."""
    lines = _lines("backgrounds.csv", ("background", "condition", "note"))
    return {line.cells["background"]: settings(line, "condition") for line in lines}


@cache
def load_tests() -> tuple[Test, ...]:
    """All tests, in the table's order.

    Raises
    ------
    InputError
        Naming line and column, if a cell is not what its column holds.
    """
    return tuple(_test(line) for line in _lines("arms.csv", _ARM_COLUMNS))


def _test(line: Line) -> Test:
    quantity = line.cells["quantity"]
    if quantity not in READ_OUTS and not quantity.startswith("node:"):
        raise line.wrong("quantity", f"{' | '.join(READ_OUTS)} | node:NAME")
    not_in = tuple(part for part in line.cells["not_in"].split(";") if part)
    for background in not_in:
        if background not in load_backgrounds():
            raise line.wrong("not_in", "backgrounds separated by ';'")
    return Test(
        claim=line.one_of("claim", tuple(load_claims())),
        test=line.cells["test"],
        expected=line.one_of("expected", SIGNS),
        quantity=quantity,
        without=settings(line, "without"),
        with_it=settings(line, "with"),
        not_in=not_in,
        kinds={tier: line.one_of(tier, KINDS) for tier in TIER_COLUMNS},
        disagreement=line.cells["disagreement"],
        note=line.cells["note"],
    )
