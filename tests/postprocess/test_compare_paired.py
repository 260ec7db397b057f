"""Differences of two results, with the rule asked again by the same samples for both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.compare_rule import pairings
from cases.view.live import LiveRule
from postprocess.compare.pairs import Paired
from postprocess.results import RunResult
from postprocess.tables import write_parquet

GEL = {
    "matrix_share": 0.8,
    "ligand": 1.0,
    "collagen_I": 2.0,
    "collagen_III": 0.0,
    "crimp": 0.0,
    "log_sd": 0.3,
    "matrix_log_sd": 0.25,
}
RECIPE = {"alginate": {"concentration_percent": 2.0}}


def leave(
    folder: Path,
    result: RunResult,
    *,
    dormancy: dict[str, Any] | None = None,
    gels: tuple[dict[str, Any], ...] = ({}, {}),
    names: tuple[str, ...] = ("soft", "stiff"),
    recipes: tuple[dict[str, Any], ...] = (RECIPE, RECIPE),
    stiffer: float = 1.0,
) -> Path:
    """What a run leaves of its rule."""
    folder.mkdir()
    sites = result.sites.assign(stiffness_kPa=result.sites["stiffness_kPa"] * stiffer)
    sites["ink"] = sites["ink"].map(dict(zip(("soft", "stiff"), names, strict=True)))
    write_parquet(sites, folder / "sites.parquet", about={})
    facts = [
        GEL | {"name": name, "family": number} | more
        for number, (name, more) in enumerate(zip(names, gels, strict=True))
    ]
    document = {"name": "made up", "dormancy": {"preset": "adhesive", **(dormancy or {})}}
    record = {
        "document": document,
        "gels": facts,
        "case": {"inks": dict(zip(names, recipes, strict=True))},
    }
    (folder / "case.json").write_text(json.dumps(record), encoding="utf-8")
    told = {"inks": [{"name": name} for name in names]}
    (folder / "summary.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def pair(first: Path, other: Path) -> Paired:
    (found,) = pairings([first, other])
    assert found.why_not == ""
    return found.numbers["mean_p_dormant"]


def width(paired: Paired) -> tuple[float, float]:
    return paired.alike.high - paired.alike.low, paired.apart.high - paired.apart.low


def test_the_same_result_differs_in_no_sample(result: RunResult, tmp_path: Path) -> None:
    found = pair(leave(tmp_path / "a", result), leave(tmp_path / "b", result))
    assert (found.value, found.alike.low, found.alike.high) == (0, 0, 0)
    assert (found.apart.low, found.apart.high) == (0, 0)


def test_a_treatment_is_paired_as_an_arm_is(result: RunResult, tmp_path: Path) -> None:
    """Same gel, other cells: the samples are those of the two bands of the results themselves."""
    a = leave(tmp_path / "a", result)
    b = leave(tmp_path / "b", result, dormancy={"uPAR": 0.3})
    found = pair(a, b)
    one, two = (LiveRule(folder).answer() for folder in (a, b))
    assert found.value == pytest.approx(two.mean - one.mean)
    where, how = np.arange(2), one.sampling
    bands = [answer.band_among(answer.log_sd, where, how) for answer in (two, one)]
    samples = bands[0].mean_samples - bands[1].mean_samples
    assert found.alike.low == pytest.approx(np.quantile(samples, 0.05))
    assert found.alike.high == pytest.approx(np.quantile(samples, 0.95))
    assert found.apart == found.alike  # both inks are described alike: nothing is apart
    assert found.value > 0
    assert found.alike.excludes_zero
    # The bands themselves overlap: taken apart they would say nothing.
    assert bands[1].mean[2] > bands[0].mean[1]


def test_inks_that_are_described_otherwise_may_be_off_apart(
    result: RunResult, tmp_path: Path
) -> None:
    a = leave(tmp_path / "a", result)
    other = {"alginate": {"concentration_percent": 2.2}}
    b = leave(tmp_path / "b", result, stiffer=1.2, recipes=(other, other))
    both = pair(a, b)
    alike, apart = width(both)
    assert both.value < 0  # a stiffer gel wakes adhesive cells
    assert apart > 1.5 * alike
    assert both.alike.excludes_zero
    assert not both.apart.excludes_zero
    half = leave(tmp_path / "c", result, stiffer=1.2, recipes=(RECIPE, other))
    assert alike < width(pair(a, half))[1] < apart


def test_an_ink_under_another_name_stands_for_that_of_its_place(
    result: RunResult, tmp_path: Path
) -> None:
    a = leave(tmp_path / "a", result)
    b = leave(tmp_path / "b", result, stiffer=1.2)
    c = leave(tmp_path / "c", result, stiffer=1.2, names=("loose", "stiff"))
    assert pair(a, b) == pair(a, c)


def test_nothing_uncertain_in_the_inks_leaves_nothing_apart(
    result: RunResult, tmp_path: Path
) -> None:
    known = {"log_sd": 0.0, "matrix_log_sd": 0.0}
    a = leave(tmp_path / "a", result, gels=(known, known))
    b = leave(tmp_path / "b", result, gels=(known, known), stiffer=1.2, recipes=({}, {}))
    found = pair(a, b)
    assert found.apart.low == pytest.approx(found.alike.low, abs=0.01)
    assert found.apart.high == pytest.approx(found.alike.high, abs=0.01)


def test_rules_with_other_numbers_are_not_paired(result: RunResult, tmp_path: Path) -> None:
    a = leave(tmp_path / "a", result)
    dose = {"concentration": "1 ng/mL", "EC50": "2 ng/mL"}
    b = leave(tmp_path / "b", result, dormancy={"cues": {"TGFb2": dose}})
    (found,) = pairings([a, b])
    assert "different uncertain numbers" in found.why_not
    assert not found.numbers


def test_an_earlier_result_is_named_without_its_place(result: RunResult, tmp_path: Path) -> None:
    a, b = leave(tmp_path / "a", result), leave(tmp_path / "b", result)
    (b / "case.json").write_text("{}", encoding="utf-8")
    first, second = pairings([a, b, a])
    assert first.why_not.startswith("b does not hold")
    assert str(tmp_path) not in first.why_not
    assert second.why_not == ""
