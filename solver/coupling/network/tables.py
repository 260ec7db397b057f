"""The wiring as data: ``species.csv`` (what there is) and ``reactions.csv`` (what acts on what)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from os import PathLike
from pathlib import Path

from meshes.errors import InputError
from solver.coupling.csv_lines import Line, read_lines
from solver.coupling.parameters import STANDINGS

KINDS = ("condition", "cue", "made", "node")
"""Site or matrix; signal given from outside; signal of the cue table that the network makes itself,
so that a dose of it lowers its ymax; what is no signal and made by the network."""

MADE = ("made", "node")
"""Kinds that are nodes: they have an equation."""

SIDES = ("awake", "asleep", "none")
"""Cells in which a species is raised; ``none``: inputs, whose side is that of what they act on."""

SENSORS = ("stiffness", "stiffness_nucleus", "confinement")
"""Conditions that are sensors of stiffness, each with a half-point ``half_kPa``."""

CONDITIONS = (*SENSORS, "ligand", "uPAR", "fibronectin")
"""Conditions that a network has, all of them."""

READ_OUTS = (
    "FAK",
    "RhoA",
    "ROCK",
    "pMLC",
    "YAP",
    "ERK",
    "p38",
    "NR2F1",
    "p27",
    "p21",
    "dormancy",
)
"""Nodes that a network has for others to read."""

SPECIES_COLUMNS = (
    "species",
    "kind",
    "side",
    "ymax",
    "tau",
    "half_kPa",
    "blocked_by",
    "standing",
    "source",
    "note",
)
REACTION_COLUMNS = ("rule", "weight", "n", "ec50", "standing", "source", "claims", "note")


@dataclass(frozen=True)
class Species:
    """One line of ``species.csv``.

    Attributes
    ----------
    species : str
        Name.
    kind : str
        One of `KINDS`; conditions and cues are inputs, held constant.
    side : str
        One of `SIDES`: where the extreme starting states have it, and what makes the wiring
        monotone (see `Network.monotone`).
    ymax : float
        Largest activity, 0 to 1, before blocks.
    tau : float
        Relaxation time, arbitrary unit (all equal: the times are not known).
    half_kPa : float or None
        Inputs that are sensed stiffness: E at which the sensor E/(half + E) is half on, kPa.
    blocked_by : tuple of str
        Blocks that lower ``ymax`` (of an input: its value) to (1 − i) of it.
    standing, source, note : str
        One of `STANDINGS`, DOI or citation, and what it rests on.
    """

    species: str
    kind: str
    side: str
    ymax: float
    tau: float
    half_kPa: float | None
    blocked_by: tuple[str, ...]
    standing: str
    source: str
    note: str


@dataclass(frozen=True)
class Reaction:
    """One line of ``reactions.csv``: ``A & !B => C``; several lines for one product mean OR.

    Attributes
    ----------
    rule : str
        As written.
    activators, inhibitors : tuple of str
        Species left of the arrow, without and with ``!``.
    product : str
        Node right of the arrow.
    weight : float
        Activity the product reaches where all activators are 1 and all inhibitors 0.
    n, ec50 : float
        Of the normalised Hill function of each species left of the arrow.
    standing, source, claims, note : str
        Standing of the arrow's **sign**, DOI or citation, claims it carries, what it rests on.
        Every weight, n and EC50 is borrowed.
    """

    rule: str
    activators: tuple[str, ...]
    inhibitors: tuple[str, ...]
    product: str
    weight: float
    n: float
    ec50: float
    standing: str
    source: str
    claims: tuple[str, ...]
    note: str


def _between(line: Line, column: str, low: float, high: float) -> float:
    value = line.number_from_zero(column)
    if not low <= value <= high:
        raise line.wrong(column, f"a number from {low:g} to {high:g}")
    return value


def _species(line: Line) -> Species:
    kind = line.one_of("kind", KINDS)
    side = line.one_of("side", SIDES)
    if (side == "none") != (kind not in MADE):
        raise line.wrong("side", "awake or asleep for a node, none for an input")
    name = line.name("species")
    if (name in CONDITIONS) != (kind == "condition"):
        raise line.wrong("kind", f"condition for {', '.join(CONDITIONS)} and for nothing else")
    half = line.number_from_zero("half_kPa") if line.cells["half_kPa"] else None
    if half == 0.0 or (half is not None) != (name in SENSORS):
        raise line.wrong("half_kPa", f"a stiffness above 0 for {', '.join(SENSORS)}, else nothing")
    return Species(
        species=name,
        kind=kind,
        side=side,
        ymax=_between(line, "ymax", 0.0, 1.0),
        tau=_between(line, "tau", 1e-3, 1e3),
        half_kPa=half,
        blocked_by=line.names("blocked_by"),
        standing=line.one_of("standing", STANDINGS),
        source=line.cells["source"],
        note=line.cells["note"],
    )


def _reaction(line: Line, kinds: dict[str, str]) -> Reaction:
    left, arrow, right = line.cells["rule"].partition("=>")
    terms = [term.strip() for term in left.split("&")] if left.strip() else []
    names = [term.removeprefix("!").strip() for term in terms]
    product = right.strip()
    for name in (*names, product):
        if not arrow or not name.isidentifier():
            raise line.wrong("rule", "'A & !B => C' with names of letters, digits and _")
        if name not in kinds:
            raise line.wrong("rule", f"species of the species table ({name!r} is none)")
    if kinds[product] not in MADE:
        raise line.wrong("rule", "a node right of the arrow: inputs are given, not made")
    if len(set(names)) != len(names):
        raise line.wrong("rule", "each species once left of the arrow")
    n = _between(line, "n", 1.0, 20.0)
    ec50 = _between(line, "ec50", 1e-3, 1.0)
    if 2.0 * ec50**n >= 1.0:
        raise line.wrong("ec50", "2 ec50^n < 1, or the normalised Hill function does not exist")
    return Reaction(
        rule=line.cells["rule"],
        activators=tuple(n for n, t in zip(names, terms, strict=True) if not t.startswith("!")),
        inhibitors=tuple(n for n, t in zip(names, terms, strict=True) if t.startswith("!")),
        product=product,
        weight=_between(line, "weight", 0.0, 1.0),
        n=n,
        ec50=ec50,
        standing=line.one_of("standing", STANDINGS),
        source=line.cells["source"],
        claims=line.names("claims"),
        note=line.cells["note"],
    )


def _text(folder: str | PathLike[str] | None, name: str) -> str:
    if folder is None:
        return files(__package__).joinpath(name).read_text(encoding="utf-8")
    path = Path(folder) / name
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: the network's table cannot be read ({error})",
            hint="a network is a folder with species.csv and reactions.csv",
        ) from None


def read_tables(
    folder: str | PathLike[str] | None = None,
) -> tuple[tuple[Species, ...], tuple[Reaction, ...]]:
    """Read the two tables of a network.

    Parameters
    ----------
    folder
        Holds ``species.csv`` and ``reactions.csv`` (UTF-8, comma); None: those that come along.

    Returns
    -------
    species, reactions : tuple

    Raises
    ------
    InputError
        Naming file, line and column, if a cell is not what its column holds, a species occurs twice
        or is unknown, or a node has no reaction.
    """
    lines = read_lines("species.csv", _text(folder, "species.csv"), SPECIES_COLUMNS)
    species = [_species(line) for line in lines]
    kinds: dict[str, str] = {}
    for line, one in zip(lines, species, strict=True):
        if one.species in kinds:
            raise line.wrong("species", "a name that no earlier line has")
        kinds[one.species] = one.kind
    rules = read_lines("reactions.csv", _text(folder, "reactions.csv"), REACTION_COLUMNS)
    reactions = [_reaction(line, kinds) for line in rules]
    _complete(lines, species, reactions)
    return tuple(species), tuple(reactions)


def _complete(
    lines: Sequence[Line], species: Sequence[Species], reactions: Sequence[Reaction]
) -> None:
    made = {reaction.product for reaction in reactions}
    for line, one in zip(lines, species, strict=True):
        if one.kind in MADE and one.species not in made:
            raise line.wrong("species", "a node that some reaction makes")
    there = {one.species for one in species}
    for name in (*CONDITIONS, *READ_OUTS):
        if name not in there:
            raise InputError(f"{lines[0].table if lines else 'species.csv'}: {name} is missing")
