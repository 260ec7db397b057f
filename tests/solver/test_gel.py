"""Constituents put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.materials import Alginate, Collagen, Ink, Waviness, build_gel
from solver.materials.tensors import isotropic

WAVE = Waviness(1.0, 20.0)
MATRIX = Alginate()


def test_alginate_alone_is_isotropic() -> None:
    gel = build_gel(Ink("a", MATRIX, alignment=0.6))
    assert np.allclose(gel.stiffness, isotropic(3.0, 0.3), atol=1e-12)
    assert gel.isotropic_modulus == pytest.approx(3.0)


def test_isotropic_collagen_adds_its_own_shear_modulus() -> None:
    gel = build_gel(Ink("a", MATRIX, Collagen(1.2)))
    # affine fibres of effective modulus give back G(1.2 mg/mL) = 0.115 kPa
    assert gel.stiffness[3, 3] / 2 == pytest.approx(3.0 / 2.6 + 0.115, rel=1e-6)


def test_one_collagen_under_two_names_is_one_collagen() -> None:
    whole = build_gel(Ink("a", MATRIX, Collagen(2.4), alignment=0.5))
    split = build_gel(
        Ink("a", MATRIX, Collagen(1.4), Collagen(1.0, stiffness_ratio=1.0), alignment=0.5)
    )
    assert np.allclose(split.stiffness, whole.stiffness, rtol=1e-12)


def test_straight_I_is_stiffer_than_wavy_III_and_more_anisotropic() -> None:
    one = build_gel(Ink("a", MATRIX, Collagen(3.0), alignment=0.6))
    three = build_gel(
        Ink("a", MATRIX, collagen_III=Collagen(3.0, WAVE, stiffness_ratio=0.5), alignment=0.6)
    )
    assert one.isotropic_modulus > three.isotropic_modulus > 3.0
    assert one.e_fibre / one.e_cross > three.e_fibre / three.e_cross > 1.0


def test_more_of_III_in_the_same_mass_is_softer() -> None:
    e = [
        build_gel(
            Ink("a", MATRIX, Collagen(3 * (1 - x)), Collagen(3 * x, WAVE, stiffness_ratio=0.5))
        ).isotropic_modulus
        for x in (0.05, 0.2, 0.5, 0.95)
    ]
    assert (np.diff(e) < 0).all()


@pytest.mark.parametrize("s", [-0.3, 0.0, 0.3, 0.6, 0.9])
def test_alignment_turns_stiffness_without_changing_its_isotropic_part(s: float) -> None:
    gel = build_gel(Ink("a", MATRIX, Collagen(2.4), alignment=s))
    assert gel.isotropic_modulus == pytest.approx(
        build_gel(Ink("a", MATRIX, Collagen(2.4))).isotropic_modulus, rel=1e-9
    )
    assert np.linalg.eigvalsh(gel.stiffness).min() > 0
    assert np.sign(round(gel.e_fibre - gel.e_cross, 9)) == np.sign(s)


def test_a_measurement_beats_the_recipe() -> None:
    ink = Ink("a", MATRIX, Collagen(2.4), alignment=0.6)
    recipe, measured = build_gel(ink), build_gel(replace(ink, youngs_modulus=5.0))
    assert measured.isotropic_modulus == pytest.approx(5.0)
    factor = 5.0 / recipe.isotropic_modulus
    assert np.allclose(measured.stiffness, factor * recipe.stiffness, rtol=1e-9)  # its shape stays
    alone = build_gel(Ink("a", Alginate(youngs_modulus=7.0)))
    assert alone.isotropic_modulus == pytest.approx(7.0)


def test_the_band_widens_with_what_is_unknown() -> None:
    # one source: the spread of ln E is that of the alginate, 1.1/3.0
    assert build_gel(Ink("a", MATRIX)).log_sd == pytest.approx(1.1 / 3.0, rel=0.02)
    measured = build_gel(Ink("a", MATRIX, Collagen(2.4), youngs_modulus=4.0))
    assert measured.log_sd < build_gel(Ink("a", MATRIX, Collagen(2.4))).log_sd
    assert (
        build_gel(Ink("a", MATRIX, Collagen(2.4))).log_sd
        == build_gel(Ink("a", MATRIX, Collagen(2.4))).log_sd
    )


def test_synergy_scales_the_collagen_only() -> None:
    base, double = (build_gel(Ink("a", MATRIX, Collagen(2.4), synergy=s)) for s in (1.0, 2.0))
    matrix = isotropic(3.0, 0.3)
    assert np.allclose(double.stiffness - matrix, 2 * (base.stiffness - matrix), rtol=1e-9)


def test_collagen_without_alginate_says_what_it_assumes() -> None:
    gel = build_gel(Ink("a", collagen_I=Collagen(2.4), alignment=0.9))
    assert "ground matrix" in gel.warnings[0]
    assert np.linalg.eigvalsh(gel.stiffness).min() > 0


def test_an_empty_ink_is_refused() -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        build_gel(Ink("a"))


def test_ligand_comes_with_collagen_unless_told_otherwise() -> None:
    assert Ink("a", MATRIX).ligand_level == 0.0
    assert Ink("a", MATRIX, Collagen(1.0)).ligand_level == 1.0
    assert Ink("a", MATRIX, ligand=0.3).ligand_level == 0.3


def test_collagen_alone_gives_back_the_measured_gel() -> None:
    # the ground matrix takes 5 % of G(2.4 mg/mL) = 0.431 kPa, the fibres carry the rest
    gel = build_gel(Ink("a", collagen_I=Collagen(2.4)))
    assert gel.stiffness[3, 3] / 2 == pytest.approx(0.431, rel=1e-6)


def test_poisson_ratio_is_that_of_the_whole_gel() -> None:
    # affine fibres have 1/4: the more of them, the nearer a gel of 0.49 comes to it
    nu = [
        build_gel(Ink("a", Alginate(poisson_ratio=0.49), Collagen(c))).poisson_ratio
        for c in (0.01, 3.0, 20.0, 100.0)
    ]
    assert nu[0] == pytest.approx(0.49, abs=1e-3)
    assert (np.diff(nu) < 0).all()
    assert 0.25 < nu[-1] < 0.3


def test_a_users_own_ratio_has_no_band_and_waves_widen_it() -> None:
    def spread(ratio: float, wave: Waviness) -> float:
        return build_gel(Ink("a", collagen_III=Collagen(2.4, wave, stiffness_ratio=ratio))).log_sd

    straight = Waviness()
    assert spread(0.7, straight) < spread(0.5, straight)  # 0.5 is the default: 0.25 to 1.2
    assert spread(0.7, WAVE) > spread(0.7, straight)  # modulus of the fibril: 0.1 to 1 GPa


def test_a_measured_gel_does_not_warn_of_its_recipe() -> None:
    far = Ink("a", Alginate(calcium=60.0), Collagen(8.0))
    assert build_gel(far).warnings
    assert build_gel(replace(far, youngs_modulus=4.0)).warnings == ()


def test_the_case_files_default_ratio_is_the_one_that_has_a_band() -> None:
    from cases.schema.recipe import CollagenIII
    from solver.materials.gel import DEFAULT_RATIO_III

    assert CollagenIII.model_fields["stiffness_ratio"].default == DEFAULT_RATIO_III
