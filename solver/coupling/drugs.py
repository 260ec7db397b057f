"""The drug table ``drugs.csv``: what a treatment blocks or gives, in names of the cue table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from meshes.errors import InputError

from .blocks import Blocks, Inhibitor
from .collagen_doses import Dose
from .csv_lines import read_lines
from .cues import Cue, block_names, load_cues
from .exposure import DoseLike, Doses
from .parameters import STANDINGS, unknown_name

ACTIONS = ("blocks", "gives")
"""What a drug can do: block targets (dose 0 to 1 of each), or give a cue (dose >= 0)."""

COLUMNS = ("drug", "action", "target", "standing", "source", "claims", "note")
"""Columns of the drug table; several targets are separated by ``;``."""


@dataclass(frozen=True)
class Drug:
    """One line of the drug table.

    Attributes
    ----------
    drug : str
        Name, as a case gives it.
    action : str
        One of `ACTIONS`.
    targets : tuple of str
        Names of blocks, or the one cue that it gives.
    standing : str
        Of the statement that it acts on that target in dormant cells: published or assumption.
        The size of the effect is the cue's weight, with a standing of its own.
    source : str
        DOI or citation; empty where no primary source was read.
    claims : tuple of str
        Claims of ``claims.csv`` that it belongs to.
    note : str
        What it rests on.
    """

    drug: str
    action: str
    targets: tuple[str, ...]
    standing: str
    source: str
    claims: tuple[str, ...]
    note: str


@cache
def load_drugs() -> dict[str, Drug]:
    """The drug table that comes along.

    Returns
    -------
    dict of str to Drug
        Keyed by the drug's name, in the table's order.

    Raises
    ------
    InputError
        Naming line and column, if a cell is not what its column holds.
    """
    text = files(__package__).joinpath("drugs.csv").read_text(encoding="utf-8")
    return {
        line.name("drug"): Drug(
            drug=line.name("drug"),
            action=line.one_of("action", ACTIONS),
            targets=line.names("target"),
            standing=line.one_of("standing", STANDINGS),
            source=line.cells["source"],
            claims=line.names("claims"),
            note=line.cells["note"],
        )
        for line in read_lines("drugs.csv", text, COLUMNS)
    }


def known_drugs() -> tuple[str, ...]:
    """Names of the drugs that a case can give."""
    return tuple(load_drugs())


def resolve_drugs(
    drugs: Mapping[str, DoseLike],
    blocks: Blocks = (),
    doses: Doses | None = None,
    cues: Sequence[Cue] | None = None,
) -> tuple[dict[str, Inhibitor | tuple[Inhibitor, ...]], dict[str, DoseLike]]:
    """Turn drugs into the blocks and doses that the rule works with.

    Several drugs on one target act independently of each other (an assumption): the target gets
    them as a tuple, and the rule leaves ``Π(1 − d)`` of it.

    Parameters
    ----------
    drugs
        Drug to dose: of one that blocks, the blocked fraction 0 to 1 or a `Dose`; of one that gives
        a cue, its dose, >= 0.
    blocks, doses
        Blocks, and doses of cues, given beside the drugs, see `DormancyRule`.
    cues
        The cue table in force; None: the one that comes along.

    Returns
    -------
    blocks, doses : dict, dict
        Those given and those that the drugs make of themselves. Their sizes are checked by the
        rule.

    Raises
    ------
    InputError
        If a drug is unknown, the cue table does not have its target, or a target is also blocked or
        given outright: two statements on one thing.
    """
    cues = load_cues() if cues is None else cues
    outright = dict(blocks) if isinstance(blocks, Mapping) else dict.fromkeys(blocks, 1.0)
    given = dict(doses or {})
    inhibitors: dict[str, tuple[Inhibitor, ...]] = {}
    made: dict[str, DoseLike] = {}
    table = load_drugs()
    for name, dose in drugs.items():
        if name not in table:
            raise unknown_name("drug", name, table)
        drug = table[name]
        _check_targets(drug, cues, outright if drug.action == "blocks" else given)
        for target in drug.targets:
            if drug.action == "gives":
                made[target] = dose
            else:
                fraction = dose if isinstance(dose, Dose) else float(dose)  # type: ignore[arg-type]
                inhibitors[target] = (*inhibitors.get(target, ()), fraction)
    single = {name: those[0] if len(those) == 1 else those for name, those in inhibitors.items()}
    return {**outright, **single}, {**given, **made}


def _check_targets(drug: Drug, cues: Sequence[Cue], outright: Iterable[str]) -> None:
    known = block_names(cues) if drug.action == "blocks" else tuple(cue.cue for cue in cues)
    for target in drug.targets:
        if target not in known:
            raise InputError(
                f"drug {drug.drug} {drug.action} {target}, which this cue table does not have",
                hint="extend the table that comes along rather than replacing it, or leave the "
                "drug out",
            )
        if target in outright:
            raise InputError(
                f"drug {drug.drug} {drug.action} {target}, which is also stated outright",
                hint=f"leave out either the drug or {target}",
            )
