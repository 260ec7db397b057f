"""The tables of ``docs/rule.md`` say what the data say."""

from __future__ import annotations

import re
from pathlib import Path

from solver.coupling import GATES, known_parameters, known_presets, load_cues, load_drugs
from solver.coupling.cues import COLUMNS, Cue
from solver.coupling.drugs import Drug

PAGE = (Path(__file__).parents[2] / "docs" / "rule.md").read_text(encoding="utf-8")


def code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def linked(source: str) -> str:
    is_doi = re.fullmatch(r"10\.\d+/\S+", source)
    return f"[{source}](https://doi.org/{source})" if is_doi else source


def row_of_cue(cue: Cue) -> str:
    acts = {("R", 1): "keeps asleep", ("R", -1): "wakes", ("stiffness", -1): "stiffens"}
    words, weight = acts[cue.acts_on, cue.direction], f"{cue.weight:g}"
    if cue.weight_high == 0.0:
        words = "condition"
    if cue.weight_high > cue.weight_low:
        weight += f" ({cue.weight_low:g} – {cue.weight_high:g})"
    cells = (
        *(f"`{cue.cue}`", words, weight, cue.given),
        *(code(cue.needs), code(cue.blocked_by), linked(cue.source)),
    )
    return "| " + " | ".join(cells) + " |"


def row_of_drug(drug: Drug) -> str:
    cells = (
        *(f"`{drug.drug}`", drug.action, code(drug.targets)),
        *(drug.standing, linked(drug.source)),
    )
    return "| " + " | ".join(cells) + " |"


def rows_under(heading: str) -> list[str]:
    """Rows of the table with that heading."""
    after = PAGE.split(heading + "\n", 1)[1].splitlines()[1:]
    return after[: next(i for i, line in enumerate(after) if not line.startswith("|"))]


def test_the_table_of_cues():
    heading = "| Cue | Acts | Weight (range) | Given | Needs | Blocked by | Sign from |"
    assert rows_under(heading) == [row_of_cue(cue) for cue in load_cues()]


def test_the_table_of_drugs():
    heading = "| Drug | Does | Target | Standing | Source |"
    assert rows_under(heading) == [row_of_drug(drug) for drug in load_drugs().values()]


def test_columns_parameters_presets_and_gates_are_all_explained():
    columns = {name for row in rows_under("| Column | What to write |") for name in ticked(row)}
    assert set(COLUMNS) <= columns
    parameters = rows_under("| Name | Value | Range | Standing | What it rests on |")
    assert {name for row in parameters for name in ticked(row)} >= set(known_parameters())
    presets = rows_under("| Preset | Stiffness and P | For | Rests on |")
    assert [ticked(row)[0] for row in presets] == list(known_presets())
    assert f"i of {', '.join(GATES)}" in PAGE


def ticked(row: str) -> list[str]:
    return re.findall(r"`(\w+)`", row.split("|")[1])
