"""Laws of one fibre: energy, force and tangent belong together; limits in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
from solver.materials.crimp import buckling_strain, crimp_factors
from solver.materials.fibres import (
    Crimped,
    CrimpedChoice,
    Exponential,
    ExponentialChoice,
    FibreLaw,
    SemiAffine,
    SemiAffineChoice,
    TensionAligned,
    TensionAlignedChoice,
    load_preset,
    preset_names,
)
from solver.materials.fibres.law import small_strain_tangent, smooth_step
from solver.materials.odf import Orientation
from solver.materials.orientation_field import OrientationField

LAWS: dict[str, FibreLaw] = {
    "straight": Crimped(1000.0, buckling_strain=0.002),
    "wavy": Crimped(1000.0, 0.2, 1.05, 0.06, buckling=0.1, buckling_strain=0.02),
    "wavy, widest recruitment": Crimped(1000.0, 0.2, 1.05, 0.1, buckling_strain=0.02),
    "semi_affine": SemiAffine(1.645),
    "exponential": Exponential(2.0, 5.0, buckling_strain=0.01),
    "tension_aligned": TensionAligned(50.0),
}
# Stretches at which the tangent has a corner.
KINKS = {"semi_affine": (1.0, 1.0075), "exponential": (1.0,), "tension_aligned": (1.0, 1.04)}
BY_NAME = pytest.mark.parametrize("name", LAWS)


def stretches(name: str) -> np.ndarray:
    rng = np.random.default_rng(1)
    x = np.concatenate([np.linspace(0.6, 1.6, 201), 1.0 + 0.05 * rng.standard_normal(200)])
    for kink in KINKS.get(name, ()):
        x = x[np.abs(x - kink) > 1e-4]
    return x


@BY_NAME
def test_force_and_tangent_are_the_slopes_of_the_energy(name: str) -> None:
    law, x, h = LAWS[name], stretches(name), 2e-5
    here = law(x)
    # fourth-order differences: an exact match to rounding, whatever the curvature
    steps = [law(x + k * h) for k in (-2, -1, 1, 2)]
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / (12.0 * h)
    for low, high in (("energy", "force"), ("force", "tangent")):
        slope = sum(w * getattr(s, low) for w, s in zip(weights, steps, strict=True))
        exact = getattr(here, high)
        # rounding of the lower one over the step, and 1e-6 of the value itself
        scale = np.abs(exact) + small_strain_tangent(law) * 1e-3 + 1e-3
        floor = 1e-15 * np.abs(getattr(here, low)) / h
        assert (np.abs(slope - exact) <= 1e-6 * scale + 10 * floor).all()


@BY_NAME
def test_rest_is_free_of_energy_and_force(name: str) -> None:
    at_rest = LAWS[name](np.array([1.0]))
    assert at_rest.energy[0] == pytest.approx(0.0, abs=1e-15)
    assert at_rest.force[0] == pytest.approx(0.0, abs=1e-12)


@BY_NAME
def test_energy_is_convex_and_grows_away_from_rest(name: str) -> None:
    x = np.linspace(0.3, 3.0, 5001)
    answer = LAWS[name](x)
    assert np.isfinite(answer.energy).all()
    assert (answer.tangent >= 0.0).all()
    assert (answer.tangent[x > 1.05] > 0.0).all()
    assert (np.diff(answer.force) >= -1e-12).all()
    assert (answer.energy >= -1e-15).all()


@pytest.mark.parametrize("name", ["straight", "wavy", "wavy, widest recruitment", "exponential"])
def test_tangent_is_continuous_and_smooth_at_rest(name: str) -> None:
    law, h = LAWS[name], 1e-6
    below, above = law(np.array([1 - h, 1 + h])).tangent
    assert below == pytest.approx(above, rel=1e-3)


def test_tangent_at_rest_is_that_of_the_linear_stage() -> None:
    assert small_strain_tangent(LAWS["straight"]) == 1000.0
    assert small_strain_tangent(LAWS["wavy"]) == 200.0  # held E
    assert small_strain_tangent(LAWS["wavy, widest recruitment"]) == 200.0
    assert small_strain_tangent(LAWS["semi_affine"]) == 1.645
    assert small_strain_tangent(LAWS["exponential"]) == 8.0  # 4 k1
    assert small_strain_tangent(LAWS["tension_aligned"]) == 0.0


def test_a_wavy_fibre_has_the_whole_stiffness_only_once_it_is_straight() -> None:
    law = LAWS["wavy"]
    x = np.array([0.5, 0.96, 1.0, 1.019, 1.05, 1.081, 1.5])
    # buckled 0.1 held E; held E from rest to 1.02; half of the rest at λ_s; E from 1.08 on
    assert law(x).tangent == pytest.approx([20.0, 20.0, 200.0, 200.0, 600.0, 1000.0, 1000.0])
    # straight at λ_s = 1.05 with the force it has gathered: E (λ − λ_s) + held E (λ_s − 1)
    assert law(np.array([1.5])).force[0] == pytest.approx(1000.0 * 0.45 + 200.0 * 0.05)


def test_a_buckled_fibre_bears_its_buckling_force_and_little_more() -> None:
    # Smooth or sharp, beyond the step the force is E (ε_b + β (ε − ε_b)) (mean of the step)
    law = Crimped(1000.0, buckling=0.1, buckling_strain=0.01)
    assert law(np.array([0.9])).force[0] == pytest.approx(-1000.0 * (0.01 + 0.1 * 0.09))


def test_semi_affine_follows_its_definition() -> None:
    law = SemiAffine(1.645)
    s = np.array([-0.002, 0.003, 0.05])
    expected = 1.645 * np.array([np.exp(-2.5), 1.0, np.exp((0.05 - 0.0075) / 0.033)])
    assert law(1.0 + s).tangent == pytest.approx(expected, rel=1e-12)


def test_exponential_energy_follows_its_definition() -> None:
    e = 1.2**2 - 1.0
    energy = LAWS["exponential"](np.array([1.2])).energy[0]
    assert energy == pytest.approx(2.0 / 10.0 * (np.exp(5.0 * e**2) - 1.0), rel=1e-12)
    assert Exponential(2.0, 5.0)(np.array([0.5])).tangent[0] == pytest.approx(0.01 * 8.0)


def test_tension_aligned_force_follows_the_published_form() -> None:
    law = TensionAligned(50.0, 1.02, 5.0, 30.0)  # λ1 = 1, λ2 = 1.04
    inside, beyond = law(np.array([1.03, 1.1])).force
    assert inside == pytest.approx(50.0 * (0.03 / 0.04) ** 5 * 0.03 / 6.0)
    assert beyond == pytest.approx(50.0 * (0.04 / 6.0 + (1.06**31 - 1.0) / 31.0))
    assert law(np.array([0.7, 1.0])).force == pytest.approx([0.0, 0.0])


def test_no_stretch_overflows() -> None:
    for law in LAWS.values():
        answer = law(np.array([1e-3, 10.0, 1e3]))
        assert all(np.isfinite(a).all() for a in answer)
        # beyond the cap the tangent is a constant
        assert law(np.array([20.0, 30.0])).tangent == pytest.approx(
            law(np.array([20.0])).tangent[0]
        )


@pytest.mark.parametrize("width", [0.0, 0.3])
def test_a_step_ends_in_a_straight_line(width: float) -> None:
    # beyond the step the force is that of a fibre recruited in its middle
    answer = smooth_step(np.array([1.0]), 0.2, width)
    assert answer.tangent[0] == 1.0
    assert answer.force[0] == pytest.approx(0.8 - 0.5 * width)


def test_buckling_strain_is_that_of_a_beam_on_an_elastic_foundation() -> None:
    # P(q) = E I q² + k_f/q² has its least value 2√(k_f E I); ε = P/(E π r²)
    r, modulus, shear = 0.1, 3.0e5, 1.0
    bending = modulus * np.pi * r**4 / 4
    q = np.linspace(0.05, 3.0, 200_001)
    support = 4 * np.pi * shear / (np.log(2 / (q * r)) - 0.577 + 0.5)
    own = np.argmin(np.abs(bending * q**4 - support))  # the wavenumber that its support asks for
    lowest = (bending * q**2 + support[own] / q**2).min()
    found = buckling_strain(r, modulus, shear)
    assert found == pytest.approx(lowest / (modulus * np.pi * r**2), rel=1e-4)
    # the crimped fibre gets to that force later
    assert buckling_strain(r, modulus, shear, 0.1) == pytest.approx(10 * found)
    assert buckling_strain(r, modulus, 10 * shear) > found


def test_presets_say_where_they_come_from() -> None:
    assert set(preset_names()) == {
        "steinwachs_0_6",
        "steinwachs_1_2",
        "steinwachs_2_4",
        "wang_shenoy",
    }
    for name in preset_names():
        preset = load_preset(name)
        assert preset.doi.startswith("10.")
        assert "published" in preset.standing
    choice = load_preset("steinwachs_1_2").choice
    assert choice == SemiAffineChoice(1.645, 0.0008, 0.0075, 0.033)
    with pytest.raises(ValueError, match="steinwachs_1_2"):
        load_preset("steinwachs")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Crimped(-1.0),
        lambda: Crimped(1.0, 0.0),
        lambda: Crimped(1.0, 0.5, 0.9),
        lambda: Crimped(1.0, 0.5, 1.1, 0.21),
        lambda: Crimped(1.0, buckling=0.0),
        lambda: Crimped(1.0, buckling_strain=0.0),
        lambda: SemiAffine(0.0),
        lambda: SemiAffine(1.0, linear_range=-0.1),
        lambda: Exponential(1.0, 0.0),
        lambda: Exponential(1.0, 1.0, compressive=1.5),
        lambda: TensionAligned(1.0, 1.0),
        lambda: TensionAligned(1.0, width=0.05),
        lambda: TensionAligned(1.0, exponent=0.5),
    ],
)
def test_impossible_numbers_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        make()  # type: ignore[operator]


# The laws in a gel


def ink(choice: object, **more: object) -> Ink:
    collagen = Collagen(2.4, law=choice)  # type: ignore[arg-type]
    return Ink("a", Alginate(), collagen, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "choice", [SemiAffineChoice(), ExponentialChoice(5.0), CrimpedChoice(), TensionAlignedChoice()]
)
def test_every_law_takes_its_amplitude_from_the_recipe(choice: object) -> None:
    default, other = build_gel(ink(None)), build_gel(ink(choice))
    assert np.allclose(other.stiffness, default.stiffness, rtol=1e-12)
    assert other.samples == pytest.approx(default.samples)


@pytest.mark.parametrize("kind", [SemiAffineChoice, ExponentialChoice, CrimpedChoice])
def test_a_stiffness_that_is_given_replaces_the_recipe(kind: type) -> None:
    shape = {"k2": 5.0} if kind is ExponentialChoice else {}
    gel = build_gel(ink(kind(stiffness=3.0, **shape)))
    # affine fibres of network stiffness k: G = k/15
    assert gel.stiffness[3, 3] / 2 == pytest.approx(3.0 / 2.6 + 3.0 / 15.0, rel=1e-9)
    # given as 15 G(2.4 mg/mL) the gel is the recipe's, but without the spread between batches
    same = build_gel(ink(kind(stiffness=15 * 0.431, **shape)))
    recipe = build_gel(ink(None))
    assert same.isotropic_modulus == pytest.approx(recipe.isotropic_modulus, rel=1e-9)
    assert same.log_sd < recipe.log_sd


def test_tension_aligned_fibres_are_fifty_times_the_confined_modulus_of_their_base() -> None:
    gel = build_gel(ink(TensionAlignedChoice()))
    (fibre,) = gel.fibres
    confined = 3 * 0.431  # affine network with G = 0.431 kPa: φE/5 = 3 G
    assert isinstance(fibre.law, TensionAligned)
    assert fibre.law.modulus * fibre.fraction == pytest.approx(50 * confined)
    given = build_gel(ink(TensionAlignedChoice(stiffness=7.0))).fibres[0]
    assert isinstance(given.law, TensionAligned)
    assert given.law.modulus * given.fraction == pytest.approx(7.0)


def test_a_law_of_principal_stretches_needs_an_isotropic_gel() -> None:
    tensors = np.eye(3)[None] / 3
    for orientation in (
        Orientation.watson(0.3),
        Orientation.planar(),
        OrientationField(np.zeros((1, 3)), tensors),
    ):
        with pytest.raises(ValueError, match="isotropic"):
            build_gel(ink(TensionAlignedChoice(), orientation=orientation))
    with pytest.raises(ValueError, match="isotropic"):
        build_gel(ink(TensionAlignedChoice(), alignment=0.2))


def test_waves_belong_to_the_crimped_law_alone() -> None:
    wavy = Collagen(2.4, Waviness(1.0, 20.0), law=SemiAffineChoice())
    with pytest.raises(ValueError, match="waviness"):
        build_gel(Ink("a", Alginate(), wavy))


def test_a_gel_hands_its_crimp_to_the_law() -> None:
    gel = build_gel(Ink("a", Alginate(), Collagen(2.4, Waviness(1.0, 20.0))))
    law = gel.fibres[0].law
    shear = 3.0 / 2.6
    crimp = crimp_factors(1.0, 20.0, 0.1, 3.0e5, shear, 0.3)
    assert isinstance(law, Crimped)
    assert law.held == pytest.approx(crimp.held)
    assert law.locking_stretch == pytest.approx(crimp.locking_stretch)
    assert law.buckling_strain == pytest.approx(buckling_strain(0.1, 3.0e5, shear, crimp.held, 0.3))
    assert 0.0 < law.width <= 2 * (crimp.locking_stretch - 1)
