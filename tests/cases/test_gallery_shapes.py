"""Every shipped case runs and means what it says: all but the piles."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cases.gallery_runs import SHAPES

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_sound_numbers(gallery, name: str) -> None:
    gallery[name].require_sound()


def banded(summary: dict, key: str = "apparent_modulus_kPa") -> float:
    return float(summary[key]["value"])


def _meshed_share(summary: dict) -> float:
    """Share of footprint times height that the tetrahedra fill."""
    return float(summary["solid_fraction"] * (1.0 + summary["mesh"]["volume_error"]))


def test_a_disc_between_plates_is_stiffer_than_its_gel(gallery) -> None:
    summary = gallery["cast_disc"].summary
    # E = 3 kPa, held at both faces: between free (E) and fully confined, E(1-v)/((1+v)(1-2v)).
    assert 3.0 < banded(summary) < 3.0 * 0.7 / (1.3 * 0.4)


def test_a_droplet_is_a_cap(gallery) -> None:
    summary = gallery["droplet"].summary
    r = 800.0
    h = r * np.tan(np.radians(35.0))  # half the contact angle
    cap = np.pi * h * (3 * r**2 + h**2) / 6
    assert summary["solid_fraction"] == pytest.approx(cap / (np.pi * r**2 * h), rel=1e-3)


def test_fibres_run_around_a_ring(gallery) -> None:
    sites = gallery["ring"].sites
    x, y = sites["x_um"] - 1000.0, sites["y_um"] - 1000.0  # the axis circle's middle
    along = (-y * sites["stiff_axis_x"] + x * sites["stiff_axis_y"]) / np.hypot(x, y)
    assert np.median(np.abs(along)) > 0.9


def test_a_wound_strand_goes_the_implicit_way(gallery) -> None:
    summary = gallery["spiral"].summary
    assert summary["mesh"]["route"] == "implicit"
    # a strand of 400 um cut at 160 um from its axis, along rho = 350 ... 1100 um, b = 700 um/2 pi
    r, cut, b = 200.0, 160.0, 700.0 / (2.0 * np.pi)
    section = np.pi * r**2 - 2.0 * (r**2 * np.arccos(cut / r) - cut * np.sqrt(r**2 - cut**2))
    rho = np.linspace(350.0, 1100.0, 2001)
    length = np.trapezoid(np.hypot(rho, b) / b, rho)
    ends = 2.0 * np.pi * (r**2 * cut - cut**3 / 3.0)  # together a ball, cut twice
    box = np.pi * 1300.0**2 * 320.0
    assert _meshed_share(summary) == pytest.approx((section * length + ends) / box, rel=0.06)


def test_cells_in_a_soft_core_hardly_feel_the_shell(gallery) -> None:
    sites = gallery["core_shell"].sites
    assert (sites["ink"] == "niche").all()
    # 0.6 kPa in a shell of 12 kPa: never less than the core but at its ends, nowhere near the shell
    assert sites["stiffness_kPa"].between(0.4, 3.0).all()
    assert sites["stiffness_kPa"].median() == pytest.approx(0.6, rel=0.15)


def test_a_spheroid_is_felt_from_inside(gallery) -> None:
    sites = gallery["spheroid"].sites
    mean = sites.groupby("ink")["stiffness_kPa"].mean()
    assert mean["tumour"] > 2.0 * mean["gel"]


def test_cells_beside_a_lumen_sense_less(gallery) -> None:
    sites = gallery["perfused_channel"].sites
    assert sites["stiffness_kPa"].corr(sites["depth_um"].clip(upper=40.0), "spearman") > 0.4


def test_layers_in_series(gallery) -> None:
    summary = gallery["layered"].summary
    # 200 of 500 um at 1 kPa, the rest at 10: at least Reuss, and much less than Voigt
    assert 1.0 / (0.4 / 1.0 + 0.6 / 10.0) < banded(summary) < 0.5 * (0.4 * 1.0 + 0.6 * 10.0)


def test_half_a_gyroid(gallery) -> None:
    summary = gallery["gyroid"].summary
    assert summary["solid_fraction"] == pytest.approx(0.5, abs=1e-6)
    assert _meshed_share(summary) == pytest.approx(0.5, abs=0.01)


def test_a_print_file_carries_its_cells(gallery) -> None:
    sites, summary, _ = gallery["print_file"]
    assert (sites["ink"] == "niche").all()
    # two layers of three capsules, less what crosses: below the sum of six, above nine tenths of it
    capsule = np.pi * 200.0**2 * 2000.0 + 4 / 3 * np.pi * 200.0**3
    gel = summary["solid_fraction"] * (2400.0 * 2400.0 * 640.0)
    assert 0.8 * 6 * capsule < gel < 6 * capsule


def test_a_cone_of_CAD(gallery) -> None:
    summary = gallery["cad_body"].summary
    # bonded at both faces, from 0.4 to 0.25 mm radius: softer than a cylinder of the wide face
    assert 0.3 * 3.0 < banded(summary) < 3.0
    assert summary["mesh"]["min_scaled_jacobian"] > 0.1


def test_a_mesh_of_ones_own_is_taken_as_it_is(gallery) -> None:
    summary = gallery["own_mesh"].summary
    assert summary["mesh"]["route"] == "given"
    share = 4 / 3 * np.pi * 0.12**3 / (0.6 * 0.6 * 0.4)
    # a stiff bead in gel bonded to plates: stiffer than gel, below Voigt of the confined moduli
    assert 1.0 < banded(summary) < (1 - share + 10.0 * share) * 0.7 / (1.3 * 0.4)


def test_what_cells_feel_fades_along_a_gradient(gallery) -> None:
    sites, summary, _ = gallery["graded"]
    # collagen 2.4 to 0.6 mg/mL along x in 1 kPa of alginate: never below the alginate itself
    assert sites["x_um"].corr(sites["stiffness_kPa"], "spearman") < -0.7
    deep = sites[sites["depth_um"] > 24.0]
    assert (deep["stiffness_kPa"] > 0.95).all()
    assert len(summary["per_ink"]) > 6
