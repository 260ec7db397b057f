"""The law of a collagen and the directions of fibres: defaults, words, limits, hashes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from cases.build import build_inks
from cases.errors import CaseError
from cases.json_schema import case_schema
from cases.load import parse_case
from cases.schema import Case
from cases.schema.law import KINDS, NAMES
from cases.yaml_source import parse_text

CASE = """
scaffold: {kind: slab, size: [1 mm, 1 mm, 0.5 mm]}
cells: {count: 10}
inks:
  niche:
    alginate: {youngs_modulus: 3 kPa}
    %s
    collagen_I: {concentration: 2.4 mg/mL, %s}
"""


def parse(law: str, ink: str = "") -> Case:
    return parse_case(CASE % (ink, law))


def law_of(case: Case) -> Any:
    (ink,) = build_inks(case)
    assert ink.collagen_I is not None
    return ink.collagen_I.law


def test_every_key_is_a_number_of_the_law_itself() -> None:
    from solver.materials import fibres

    classes = {c.kind: c for c in fibres.LawChoice.__args__}  # type: ignore[attr-defined]
    assert set(classes) == set(KINDS) == set(NAMES)
    for kind, names in NAMES.items():
        theirs = {field.name for field in fields(classes[kind])}
        assert set(names.values()) <= theirs


@pytest.mark.parametrize(
    ("text", "kind", "numbers"),
    [
        # the assumption of the default law, and the constants of the two published ones
        ("", "crimped", {"buckling": 0.1, "stiffness": None}),
        ("law: semi_affine", "semi_affine",
         {"buckling": 0.0008, "linear_range": 0.0075, "stiffening": 0.033, "stiffness": None}),
        ("law: {kind: semi_affine, stiffness: 1200 Pa, buckling_strain: 0.1 %}", "semi_affine",
         {"buckling": 0.001, "stiffness": 1.2}),
        ("law: steinwachs_1_2", "semi_affine", {"stiffness": 1.645, "stiffening": 0.033}),
        ("law: {kind: exponential, k2: 20}", "exponential", {"k2": 20.0, "compressive": 0.01}),
        ("law: wang_shenoy", "tension_aligned",
         {"critical_stretch": 1.02, "exponent": 5.0, "hardening": 30.0, "width": None}),
    ],
)  # fmt: skip
def test_defaults_and_words(text: str, kind: str, numbers: dict[str, Any]) -> None:
    choice = law_of(parse(text))
    assert choice.kind == kind
    for name, value in numbers.items():
        assert getattr(choice, name) == value


def test_resolved_holds_the_numbers_of_the_law_alone() -> None:
    plain = parse("law: semi_affine").resolved()["inks"]["niche"]["collagen_I"]["law"]
    assert plain == {
        "kind": "semi_affine", "stiffness_kPa": None, "buckling_strain": 0.0008,
        "linear_range": 0.0075, "stiffening": 0.033,
    }  # fmt: skip


def test_the_same_case_however_it_is_written() -> None:
    assert parse("").content_hash == parse("law: {kind: crimped, buckling: 10 %}").content_hash
    assert parse("law: semi_affine").content_hash != parse("").content_hash
    assert parse("", "orientation: isotropic").content_hash == parse("").content_hash
    given = parse("law: {kind: semi_affine, linear_range: 0.75 %, stiffening: 3.3 %}")
    assert given.content_hash == parse("law: {kind: semi_affine}").content_hash


@pytest.mark.parametrize(
    ("law", "ink", "key", "words"),
    [
        ("law: neohookean", "", "law", "an unknown law"),
        ("law: semi_afine", "", "law", "did you mean 'semi_affine'"),
        ("law: 3", "", "law", "not a law"),
        ("law: {kind: crimped, stiffening: 0.03}", "", "law.stiffening", "kind: semi_affine"),
        ("law: {kind: crimped, k2: 20}", "", "law.k2", "kind: exponential"),
        ("law: {kind: exponential}", "", "law", "k2 is missing"),
        ("law: {kind: semi_affine, k3: 1}", "", "law.k3", "did you mean 'k2'"),
        ("law: {kind: semi_affine, stiffening: -1}", "", "law.stiffening", "too small"),
        ("law: {kind: semi_affine, stiffness: 3 um}", "", "law.stiffness", "wrong kind of unit"),
        ("law: {kind: tension_aligned, width: 0.1}", "", "law.width", "at rest"),
        ("law: {kind: tension_aligned, critical_stretch: 1}", "", "law.critical_stretch", "above"),
        ("law: semi_affine, waviness: {amplitude: 1, wavelength: 20}", "", "law", "waviness"),
        ("law: tension_aligned", "alignment: 0.5", "law", "law of isotropic gels"),
        ("law: tension_aligned", "orientation: {kind: planar}", "law", "law of isotropic gels"),
    ],
)
def test_one_slip_one_message(law: str, ink: str, key: str, words: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse(law, ink)
    (problem,) = caught.value.problems
    assert problem.key == f"inks.niche.collagen_I.{key}"
    assert words in str(caught.value)
    assert problem.line == 8
    assert problem.expected
    assert problem.found
    assert problem.mend


def test_directions_are_given_once() -> None:
    with pytest.raises(CaseError, match="given twice"):
        parse("", "alignment: 0.5\n    orientation: {kind: planar, order: 0.3}")
    (ink,) = build_inks(parse("", "orientation: {kind: planar, order: 0.3}"))
    assert ink.orientation is not None
    # ⟨cos 2θ⟩ = 0.3 in the plane: ⟨n₃²⟩ = (1 + 0.3)/2
    assert ink.orientation.structure_tensor[2, 2] == pytest.approx(0.65)


@pytest.mark.parametrize(
    "law",
    ["law: semi_affine", "law: wang_shenoy", "law: {kind: exponential, k2: 5}", "",
     "law: {kind: crimped, buckling: 0.2}"],
)  # fmt: skip
def test_json_schema_accepts_what_the_loader_does(law: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft7Validator(case_schema()).validate(parse_text(CASE % ("", law)).root.plain())
    parse(law)


@pytest.mark.parametrize(
    "law",
    ["law: nonsense", "law: {kind: exponential}", "law: {kind: crimped, k2: 5}",
     "law: {kind: semi_affine, k3: 5}", "law: {kind: nonsense}"],
)  # fmt: skip
def test_json_schema_refuses_what_the_loader_does(law: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    plain = parse_text(CASE % ("", law)).root.plain()
    assert not jsonschema.Draft7Validator(case_schema()).is_valid(plain)
    with pytest.raises(CaseError):
        parse(law)
