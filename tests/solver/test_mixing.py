"""Recipes mixed number by number: the ends, what lies between, and what cannot be mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Heterogeneity, Ink, Waviness, build_gel
from solver.materials.fibres.choice import CrimpedChoice, ExponentialChoice
from solver.materials.mixing import mix_inks
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField

FIRST = Ink(
    name="niche",
    alginate=Alginate(2.0, 9.8, 280.0),
    collagen_I=Collagen(2.4),
    collagen_III=Collagen(0.6, Waviness(1.0, 20.0), stiffness_ratio=0.5),
    alignment=0.6,
    ligand=1.0,
    heterogeneity=Heterogeneity(0.2, 40.0, seed=3),
)
SECOND = replace(
    FIRST,
    alginate=Alginate(1.0, 9.8, 35.0),
    collagen_I=Collagen(0.4),
    collagen_III=Collagen(1.6, Waviness(3.0, 30.0), stiffness_ratio=0.5),
    alignment=-0.2,
    ligand=0.5,
    heterogeneity=Heterogeneity(0.4, 80.0, seed=3),
)


def test_the_ends_are_the_recipes() -> None:
    assert mix_inks(FIRST, SECOND, 0.0, "niche") == FIRST
    assert mix_inks(FIRST, SECOND, 1.0, "niche") == SECOND
    assert mix_inks(FIRST, FIRST, 0.3, "niche") == FIRST


def test_numbers_run_straight() -> None:
    mixed = mix_inks(FIRST, SECOND, 0.25, "a 1/4")
    assert mixed.name == "a 1/4"
    assert mixed.alginate is not None
    assert mixed.collagen_I is not None
    assert mixed.collagen_III is not None
    assert mixed.heterogeneity is not None
    found = (
        mixed.alginate.concentration, mixed.alginate.calcium, mixed.alginate.chain,
        mixed.collagen_I.concentration, mixed.collagen_III.concentration,
        mixed.collagen_III.waviness.amplitude, mixed.collagen_III.waviness.wavelength,
        mixed.alignment, mixed.ligand, mixed.heterogeneity.cv, mixed.heterogeneity.length,
    )  # fmt: skip
    # 0.75 a + 0.25 b
    expected = (1.75, 9.8, 218.75, 1.9, 0.85, 1.5, 22.5, 0.4, 0.875, 0.25, 50.0)
    assert found == pytest.approx(expected, rel=1e-14)
    assert mixed.heterogeneity.seed == 3


def test_halves_of_halves() -> None:
    half = mix_inks(FIRST, SECOND, 0.5, "niche")
    quarter, other = mix_inks(FIRST, half, 0.5, "niche"), mix_inks(FIRST, SECOND, 0.25, "niche")
    assert quarter.alginate == other.alginate
    assert quarter.alignment == pytest.approx(other.alignment, rel=1e-14)


def test_collagen_comes_and_goes() -> None:
    gone = replace(FIRST, collagen_I=None, collagen_III=None, ligand=None)
    mixed = mix_inks(replace(FIRST, ligand=None), gone, 0.75, "niche")
    assert mixed.collagen_I is not None
    assert mixed.collagen_I.concentration == pytest.approx(0.6)
    assert mixed.ligand == pytest.approx(0.25)  # the default is 1 with collagen, 0 without
    assert mix_inks(FIRST, gone, 1.0, "niche").collagen_I is None
    assert mix_inks(gone, FIRST, 0.25, "niche").collagen_III == Collagen(
        0.15, Waviness(1.0, 20.0), stiffness_ratio=0.5
    )


def test_straight_fibres_take_the_wavelength_of_wavy_ones() -> None:
    straight = replace(FIRST, collagen_III=Collagen(0.6, Waviness(0.0, 1.0), stiffness_ratio=0.5))
    mixed = mix_inks(straight, FIRST, 0.5, "niche").collagen_III
    assert mixed is not None
    assert mixed.waviness == Waviness(0.5, 20.0)


def test_orientations_mix_their_eigenvalues() -> None:
    flat, round_ = Orientation.planar(0.4), Orientation.planar(-0.2)
    one, other = (replace(FIRST, alignment=0.0, orientation=o) for o in (flat, round_))
    mixed = mix_inks(one, other, 0.5, "niche").orientation
    assert isinstance(mixed, Orientation)
    # the order of planar fibres, <cos 2 theta>, is linear in the eigenvalues
    np.testing.assert_allclose(mixed.eigenvalues, Orientation.planar(0.1).eigenvalues, atol=1e-14)
    build_gel(mix_inks(one, other, 0.5, "niche"))


def test_the_same_measured_field_is_kept() -> None:
    def measured(tilt: float) -> OrientationField:
        n = np.array([np.cos(tilt), np.sin(tilt), 0.0])
        return OrientationField(np.zeros((1, 3)), np.outer(n, n)[None])

    one, same, other = (
        replace(FIRST, alignment=0.0, orientation=measured(t)) for t in (0.1, 0.1, 0.2)
    )
    assert mix_inks(one, same, 0.5, "niche").orientation is one.orientation
    with pytest.raises(ValueError, match=r"^orientation"):
        mix_inks(one, other, 0.5, "niche")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"alginate": None}, "alginate"),
        ({"youngs_modulus": 3.0}, "youngs_modulus"),
        ({"alginate": Alginate(youngs_modulus=3.0)}, r"alginate\.youngs_modulus"),
        ({"heterogeneity": None}, "heterogeneity"),
        ({"heterogeneity": Heterogeneity(0.2, 40.0, seed=4)}, r"heterogeneity\.seed"),
        ({"alignment": 0.0, "orientation": Orientation.planar(0.1)}, "orientation"),
    ],
)
def test_other_makes_are_refused_with_the_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=rf"^{key}: expected the same"):
        mix_inks(FIRST, replace(FIRST, **change), 0.5, "niche")  # type: ignore[arg-type]


def test_laws_of_another_kind_are_refused() -> None:
    one = replace(FIRST, collagen_I=Collagen(1.0, law=CrimpedChoice()))
    other = replace(FIRST, collagen_I=Collagen(1.0, law=ExponentialChoice(k2=50.0)))
    with pytest.raises(ValueError, match=r"^collagen_I\.law: expected"):
        mix_inks(one, other, 0.5, "niche")
    with pytest.raises(ValueError, match=r"^weight"):
        mix_inks(one, other, 1.5, "niche")
