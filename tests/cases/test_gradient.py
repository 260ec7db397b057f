"""Gradients in a case: what is merged, what is refused, and what all that follows makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from cases.biology.sites import family_mean, sites_of
from cases.biology.state import present_state
from cases.build import build_gels, build_inks, build_scaffold
from cases.check import summarise
from cases.errors import CaseError
from cases.grading import chosen_inks, compared_inks
from cases.headline import check_text
from cases.load import parse_case
from cases.schema import Case
from meshes.errors import InputError
from meshes.graded import GradedScaffold, ink_families

CASE = """
scaffold: {kind: slab, size: [800 um, 400 um, 300 um]}
inks:
  niche:
    alginate: {concentration: 2 %, calcium: 9.8 mM, chain: 280 kDa}
    collagen_I: {concentration: 2.4 mg/mL, fibril_radius: 0.2 um}
    alignment: 0.6
    gradient: {GRADIENT}
cells: {count: 12}
"""
TO = "to: {collagen_I: {concentration: 0.6 mg/mL}, alignment: 0}"


def case_of(gradient: str) -> Case:
    return parse_case(CASE.replace("GRADIENT", gradient))


def test_what_is_not_written_stays() -> None:
    gradient = case_of("along: x, " + TO).inks["niche"].gradient
    assert gradient is not None
    assert gradient.levels == 12
    assert gradient.to.alginate is not None
    assert gradient.to.alginate.calcium == 9.8
    assert gradient.to.collagen_I is not None
    assert gradient.to.collagen_I.concentration == 0.6
    assert gradient.to.collagen_I.fibril_radius == 0.2
    assert gradient.to.alignment == 0.0


def test_the_hash_sees_a_gradient_however_it_is_written() -> None:
    one = case_of("along: x, " + TO)
    same = case_of("levels: 12, along: x, to: {alignment: 0, collagen_I: "
                   "{concentration: 600 ug/mL, fibril_radius: 200 nm}, ligand: 1}")  # fmt: skip
    other = case_of("along: y, " + TO)
    assert one.content_hash == same.content_hash != other.content_hash


@pytest.mark.parametrize(
    ("gradient", "key", "words"),
    [
        (TO, "along", "missing"),
        ("along: x", "to", "missing"),
        ("along: x, to: 3", "to", "not a group"),
        ("along: x, to: {}", "to", "leads nowhere"),
        ("along: x, to: {alignment: 0.6}", "to", "leads nowhere"),
        ("along: x, to: {alignement: 0}", "to.alignement", "did you mean 'alignment'"),
        ("along: x, to: {alignment: 2}", "to.alignment", "too large"),
        ("along: x, to: {gradient: {along: y, to: {}}}", "to.gradient", "unknown key"),
        ("along: x, to: {collagen_I: {concentration: 3 kPa}}", "to.collagen_I.concentration",
         "wrong kind"),
        ("along: x, to: {alginate: {youngs_modulus: 3 kPa}}", "to.alginate.youngs_modulus",
         "at once"),
        ("along: x, levels: 1, " + TO, "levels", "too small"),
        ("along: x, levels: 65, " + TO, "levels", "too large"),
        ("along: sine(x/3), " + TO, "along", "did you mean 'sin'"),
        ("along: xx, " + TO, "along", "did you mean 'x'"),
        ("along: x.real, " + TO, "along", "not allowed"),
        ("along: 3, " + TO, "along", "not a word"),
    ],
)  # fmt: skip
def test_faults_are_told_once_at_their_key(gradient: str, key: str, words: str) -> None:
    with pytest.raises(CaseError, match=words) as caught:
        case_of(gradient)
    (problem,) = caught.value.problems
    assert problem.key == f"inks.niche.gradient.{key}"
    assert problem.line == 8


def test_faults_of_the_first_recipe_are_not_told_again() -> None:
    with pytest.raises(CaseError) as caught:
        parse_case(CASE.replace("2.4 mg/mL", "2.4 kPa").replace("GRADIENT", "along: x, " + TO))
    (problem,) = caught.value.problems
    assert problem.key == "inks.niche.collagen_I.concentration"


def test_recipes_of_another_make_are_refused() -> None:
    case = case_of("along: x, to: {youngs_modulus: 3 kPa}")
    with pytest.raises(InputError, match=r"inks\.niche\.gradient\.to\.youngs_modulus: expected"):
        summarise(case)


def test_a_formula_without_a_value_is_refused_before_anything_is_computed() -> None:
    case = case_of("along: sqrt(x - 100), " + TO)
    with pytest.raises(InputError, match=r"inks\.niche\.gradient\.along.*finite"):
        summarise(case)


def test_an_endless_pile_does_not_change() -> None:
    pile = ("{kind: woodpile, strand_diameter: 400 um, pitch: 1 mm, layer_height: 320 um, "
            "layers: 4, size: [2.4 mm, 2.4 mm], endless: true}")  # fmt: skip
    text = CASE.replace("{kind: slab, size: [800 um, 400 um, 300 um]}", pile)
    with pytest.raises(CaseError, match="endless"):
        parse_case(text.replace("GRADIENT", "along: x, " + TO))


@pytest.mark.parametrize(
    ("along", "weight"),
    [
        ("x", lambda x: x[:, 0] / 800),
        ("y", lambda x: x[:, 1] / 400),
        ("z", lambda x: x[:, 2] / 300),
        ("radius", lambda x: np.hypot(x[:, 0] - 400, x[:, 1] - 200) / 400),
        ("r/400", lambda x: np.hypot(x[:, 0] - 400, x[:, 1] - 200) / 400),
        ("0.5 + 0.5*sin(x/100)", lambda x: 0.5 + 0.5 * np.sin(x[:, 0] / 100)),
        ("(x + y)/600 - 0.5", lambda x: (x[:, 0] + x[:, 1]) / 600 - 0.5),
    ],
)
def test_where_the_steps_lie(along: str, weight: object) -> None:
    body = build_scaffold(case_of(f'along: "{along}", levels: 5, ' + TO))
    x = np.random.default_rng(1).uniform((0, 0, 0), (800, 400, 300), (500, 3))
    expected = np.floor(5 * np.clip(weight(x), 0, 1 - 1e-12))  # type: ignore[operator]
    np.testing.assert_array_equal(body.ink(x), expected)


def test_every_step_has_its_recipe() -> None:
    case = case_of("along: x, levels: 4, " + TO)
    body, recipes = build_scaffold(case), build_inks(case)
    assert tuple(recipe.name for recipe in recipes) == body.inks
    assert body.inks[0] == "niche 1/4"
    # w = 1/8, 3/8, 5/8, 7/8 from 2.4 to 0.6 mg/mL
    found = [r.collagen_I.concentration for r in recipes if r.collagen_I is not None]
    assert found == pytest.approx([2.175, 1.725, 1.275, 0.825])
    assert [r.alignment for r in recipes] == pytest.approx([0.525, 0.375, 0.225, 0.075])
    assert chosen_inks(body, ("niche",)) == body.inks
    assert compared_inks(body) == {"niche 1/4", "niche 3/4", "niche 4/4"}


def test_check_tells_the_range() -> None:
    summary = summarise(case_of("along: x, " + TO))
    young = [ink["e_isotropic_kPa"] for ink in summary["inks"]]
    assert len(young) == 12
    assert (np.diff(young) < 0.0).all()
    assert summary["scaffold"]["gel_volume_uL"] == pytest.approx(0.096)
    (row,) = [line for line in check_text(summary).splitlines() if "ink niche" in line]
    assert f"{young[0]:.3g} to {young[-1]:.3g} kPa over 12 steps" in row


def test_a_gradient_that_the_body_does_not_show_is_warned_of() -> None:
    summary = summarise(case_of("along: x + 2, " + TO))  # um, not a share: 1 everywhere
    assert [ink["ink"] for ink in summary["inks"]] == ["niche 12/12"]
    assert any("one of the 12 steps" in warning for warning in summary["warnings"])
    assert not any("steps" in text for text in summarise(case_of("along: x, " + TO))["warnings"])


def test_what_is_not_known_moves_all_steps_together() -> None:
    # One normal number per ink. Alike cells in twelve steps of one ink are as uncertain on average
    # as each of them; were the steps inks of their own, the mean would be sqrt(12) times narrower.
    measured = CASE.replace("GRADIENT", "along: x, to: {alignment: 0}")
    case = parse_case(measured.replace("alignment: 0.6", "alignment: 0.6\n    youngs_modulus: 3"))
    body = build_scaffold(case)
    gels = build_gels(case, body)
    names, families = ink_families(body)
    assert names == ("niche",)
    ink = np.repeat(np.arange(12), 10)
    uniform = np.full(12, 3.0)
    stiffness = np.full(120, 3.0)
    sites = sites_of(case, gels, stiffness, uniform, ink, families)
    assert set(sites.ink) == {0}
    np.testing.assert_allclose(sites.log_sd, [gels[0].log_sd])
    state = present_state(case, sites)
    band = state.rule.band(
        **state.inputs, stiffness_log_sd=sites.log_sd, ink=sites.ink, samples=256
    )
    _, low, high = band.mean
    assert high - low == pytest.approx(band.high[0] - band.low[0], rel=1e-9)


def test_mean_over_the_cells_of_the_steps() -> None:
    families, cells = np.array([0, 0, 1, 1]), np.array([3, 1, 0, 0])
    found = family_mean(np.array([0.1, 0.5, 0.2, 0.4]), families, cells)
    np.testing.assert_allclose(found, [0.2, 0.3])


def test_cells_may_choose_an_ink_that_changes() -> None:
    text = """
scaffold: {kind: layered, size: [300 um, 300 um],
           layers: [{thickness: 100 um, ink: a}, {thickness: 100 um, ink: b}]}
inks:
  a: {youngs_modulus: 3 kPa, ligand: 1, gradient: {along: radius, levels: 3, to: {ligand: 0.2}}}
  b: {youngs_modulus: 5 kPa, ligand: 1}
cells: {count: 12, inks: [a]}
"""
    case = parse_case(text)
    body = build_scaffold(case)
    assert isinstance(body, GradedScaffold)
    assert chosen_inks(body, case.cells.inks) == ("a 1/3", "a 2/3", "a 3/3")
    assert compared_inks(body) == set(body.inks)
    assert [ink["step_of"] for ink in summarise(case)["inks"]] == ["a", "a", "a", None]
