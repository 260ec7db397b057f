"""The methods text says what was used, cites every source once, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from postprocess.labels import find_dois
from postprocess.methods import SOFTWARE, Methods, methods
from postprocess.results import Assumption, RunResult


def cited(found: Methods) -> list[int]:
    """Numbers in the text, in the order in which they first stand there."""
    body = found.text.split("\n\nReferences\n")[0]
    numbers = [int(n) for group in re.findall(r"\[([\d,]+)\]", body) for n in group.split(",")]
    return list(dict.fromkeys(numbers))


def test_every_source_is_numbered_as_it_is_cited(result: RunResult) -> None:
    found = methods(result)
    assert [row.number for row in found.references] == list(range(1, len(found.references) + 1))
    assert sorted(cited(found)) == [row.number for row in found.references]
    dois = [row.doi for row in found.references]
    assert len(set(dois)) == len(dois)
    rested = {row.source[a:b] for row in result.assumptions for a, b in find_dois(row.source)}
    versions = {SOFTWARE[key][1] for key in result.case["versions"] if key in SOFTWARE}
    assert set(dois) == rested | versions
    for row in found.references:
        assert f"{row.number}. https://doi.org/{row.doi}" in found.text


def test_what_was_not_used_is_not_said(
    result: RunResult, whole: RunResult, make_result: Callable[..., RunResult]
) -> None:
    text = methods(result).text
    assert "Sobol" not in text
    assert "network" not in text.lower()
    assert "compressed by 5 %" in text
    assert "Watson" not in text, "no statement on the order parameter is in this result"
    told = methods(whole).text
    for words in ("“DNase I” and “FAK inhibitor”", "Sobol", "normalised-Hill", "clutch", "memory"):
        assert words in told
    ranked = dataclasses.replace(whole, case=whole.case | {"versions": {"SALib": "1.5"}})
    assert "10.21105/joss.00097" in methods(ranked).text
    alone = dataclasses.replace(ranked, biology=None)
    assert "10.21105/joss.00097" not in methods(alone).text
    summary = result.summary | {
        "apparent_modulus_kPa": None,
        "mesh": result.summary["mesh"] | {"dofs": 0},
    }
    unloaded = methods(dataclasses.replace(result, summary=summary)).text
    assert "No load was applied" in unloaded
    assert "multigrid" not in unloaded


def test_rules_and_cues_cite_their_own_sources(result: RunResult) -> None:
    rows = [
        Assumption("Dormancy rule, E50: half", "2.1 kPa (1 to 4.5)", "assumption", "10.1000/e50"),
        Assumption("Cue TGFb2 keeps asleep through p38", "weight 1", "published", "10.1000/tgf"),
        Assumption("soft: order parameter of the fibres", "0.1", "assumption", "10.1000/watson"),
    ]
    found = methods(dataclasses.replace(result, assumptions=rows))
    number = {row.doi: row.number for row in found.references}
    assert f"E50 2.1 kPa (1 to 4.5) (assumption) [{number['10.1000/e50']}]" in found.text
    assert f"TGF-β2, weight 1 (published) [{number['10.1000/tgf']}]" in found.text
    assert f"order parameter [{number['10.1000/watson']}]." in found.text
    assert "Of the 3 statements that this rests on, 2 are assumptions" in found.text
    assert "Further sources" not in found.text


def test_titles_are_given_where_they_are_known(result: RunResult) -> None:
    reference = {"doi": "10.1038/srep35367", "title": "Cells in alginate", "used_for": "x"}
    found = methods(dataclasses.replace(result, references=[reference]))
    assert "Cells in alginate. https://doi.org/10.1038/srep35367" in found.text


def test_any_name_is_plain_text(nasty: tuple[RunResult, object]) -> None:
    text = methods(nasty[0]).text
    assert nasty[0].name in text
    assert "&lt;" not in text


def test_a_result_without_a_case_still_has_methods(result: RunResult) -> None:
    found = methods(dataclasses.replace(result, case={}, assumptions=[]))
    assert found.references == ()
    assert "References" not in found.text
    assert "of unknown version" in found.text
    assert "None" not in found.text
