"""Every shipped case runs and means what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cases.load import load_case

GALLERY = Path(__file__).parents[2] / "cases" / "gallery"
NAMES = sorted(path.stem for path in GALLERY.glob("*.yaml"))
pytestmark = pytest.mark.dolfinx


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from cases.run import run_case

    found = {}
    for name in NAMES:
        found[name] = tmp_path_factory.mktemp(name) / "result"
        case = load_case(GALLERY / f"{name}.yaml")
        few = (case.cells.count or 0) <= 20  # a pool of processes would take longer to start
        run_case(case, found[name], figures=False, workers=1 if few else None)
    return found


@pytest.fixture(scope="module")
def results(folders: dict[str, Path]) -> dict[str, tuple[pd.DataFrame, dict]]:
    return {
        name: (
            pd.read_csv(folder / "sites.csv"),
            json.loads((folder / "summary.json").read_text()),
        )
        for name, folder in folders.items()
    }


def test_the_gallery_is_what_it_was() -> None:
    assert {"quickstart", "collagen_I_straight", "collagen_III_wavy", "pressed_hard"} <= set(NAMES)


def test_every_case_gives_sound_numbers(results) -> None:
    for sites, summary in results.values():
        assert np.isfinite(sites.select_dtypes("number")).all().all()
        assert sites["p_dormant"].between(0.05, 0.95).all()
        assert summary["mesh"]["min_scaled_jacobian"] > 0.1
        assert abs(summary["mesh"]["volume_error"]) < 0.05
        for key in ("mean_p_dormant", "fraction_above_half", "mean_stiffness_kPa"):
            band = summary[key]
            assert band["low"] <= band["value"] <= band["high"]


def test_what_wakes_by_NETs_is_undone_where_the_biology_says(folders) -> None:
    arms = pd.read_csv(folders["awakened_by_NETs"] / "compare.csv").set_index("arm")
    # no NET forms without PAD4: the same as no NETs at all; half the DNase I does a part of it
    assert arms.loc["PAD4 inhibitor", "mean_p"] == arms.loc["no NETs", "mean_p"]
    gain = arms["difference"]
    assert 0.0 < gain["half the DNase I"] < gain["PAD4 inhibitor"]
    assert 0.0 < gain["antibody to cut laminin"] < gain["PAD4 inhibitor"]
    past = pd.read_csv(folders["awakened_by_NETs"] / "history.csv")
    # all asleep at first: with that memory no step has fewer asleep than without
    assert (past["mean_p"] >= past["without_memory"] - 1e-9).all()
    assert past["mean_p"].iloc[-1] > past["without_memory"].iloc[-1] + 0.01
    assert past["mean_p"].is_monotonic_decreasing


def test_quickstart_senses_a_printed_gel(results) -> None:
    sites, summary = results["quickstart"]
    assert len(sites) >= 300
    ink = summary["inks"][0]
    # no spot, no surface: what a cell deep in the gel senses, between across and along the fibres
    assert ink["e_cross_kPa"] < ink["sensed_uniform_kPa"] < ink["e_fibre_kPa"]
    # cells at the rim feel less, on average, than cells in the core
    rim, core = sites["depth_um"] < 16, sites["depth_um"] > 60
    assert sites["stiffness_kPa"][rim].mean() < 0.95 * sites["stiffness_kPa"][core].mean()
    # the spots (20 %) show in what is sensed, smoothed by what a cell averages over
    spread = sites["stiffness_kPa"][core].std() / sites["stiffness_kPa"][core].mean()
    assert 0.08 < spread < 0.22
    # fibres run along the strands: x or y, never z
    axis = sites.loc[core, ["stiff_axis_x", "stiff_axis_y", "stiff_axis_z"]].abs()
    assert (axis[["stiff_axis_x", "stiff_axis_y"]].max(axis=1) > 0.8).mean() > 0.9


def test_the_pair_differs_by_its_collagen_alone(results) -> None:
    (straight, of_i), (wavy, of_iii) = (
        results[name] for name in ("collagen_I_straight", "collagen_III_wavy")
    )
    # the same cells in the same places
    assert np.allclose(straight[["x_um", "y_um", "z_um"]], wavy[["x_um", "y_um", "z_um"]])
    # wavy III is softer and keeps more cells asleep, at every single site
    assert (wavy["stiffness_kPa"] < straight["stiffness_kPa"]).all()
    assert (wavy["p_dormant"] > straight["p_dormant"]).all()
    assert of_i["mean_p_dormant"]["value"] < of_iii["mean_p_dormant"]["value"] - 0.1
    # both paths act, in the direction the literature gives them
    assert (straight["logodds_collagen_I"] < 0).all()
    assert (wavy["logodds_collagen_III"] > 0).all()
    assert (straight["logodds_collagen_mechanics"] < wavy["logodds_collagen_mechanics"]).all()


def test_each_report_foretells_its_partner(results) -> None:
    def rows(name: str) -> dict[str, dict]:
        return {row["words"]: row for row in results[name][1]["inks"][0]["contrasts"]}

    one, three = rows("collagen_I_straight"), rows("collagen_III_wavy")
    straight = "same mass, all straight collagen I"
    wavy = next(words for words in one if "all wavy collagen III" in words)
    for here, there in ((one, three), (three, one)):
        assert here[straight]["sensed_kPa"] == pytest.approx(there[straight]["sensed_kPa"])
    assert one["as printed"]["p"] == pytest.approx(three[straight]["p"])
    assert three["as printed"]["p"] == pytest.approx(one[wavy]["p"])
    assert three["no collagen"]["sensed_kPa"] == pytest.approx(3.0, rel=1e-6)


def test_pressing_hard_turns_and_strains_the_fibres(results) -> None:
    sites, summary = results["pressed_hard"]
    load = summary["load"]
    assert (load["theory"], load["strain"], load["prestrain"]) == ("finite", 0.15, True)
    # some fibres are pushed, some are pulled, none is torn
    assert 0.85 < load["fibre_stretch"]["low"] < 1.0 < load["fibre_stretch"]["high"] < 1.15
    curve = summary["curves"]["load"]
    strain, stress = np.array(curve["strain"]), np.array(curve["stress_kPa"])
    assert strain[0] == stress[0] == 0.0
    assert strain[-1] == pytest.approx(0.15)
    assert (np.diff(stress) > 0).all()
    assert summary["apparent_modulus_kPa"]["value"] == pytest.approx(stress[-1] / 0.15)
    # cells among fibres that the load has pushed feel less than those among pulled ones
    assert sites["stiffness_kPa"].between(0.5, 10.0).all()


def test_cells_that_pull_hard_are_a_few_of_the_sites(results, folders) -> None:
    sites, _ = results["pressed_hard"]
    pulls = pd.read_csv(folders["pressed_hard"] / "contraction.csv")
    assert len(pulls) == 8
    assert set(pulls["id"]) <= set(sites["id"])
    assert np.allclose(pulls["ratio"], pulls["secant_kPa"] / pulls["linear_kPa"])
    assert (pulls["range_um"] > 8.0).all()
    assert (pulls["strain"] <= 0.1).all()
    # a ball's pull along its stiffest axis, in the linear limit, is what the linear probe found
    stiffest = sites.set_index("id").loc[pulls["id"], "stiffest_kPa"].to_numpy()
    assert np.allclose(pulls["linear_kPa"], stiffest, rtol=0.02)


def banded(summary: dict, key: str = "apparent_modulus_kPa") -> float:
    return float(summary[key]["value"])


def _meshed_share(summary: dict) -> float:
    """Share of footprint times height that the tetrahedra fill."""
    return float(summary["solid_fraction"] * (1.0 + summary["mesh"]["volume_error"]))


def test_a_disc_between_plates_is_stiffer_than_its_gel(results) -> None:
    _, summary = results["cast_disc"]
    # E = 3 kPa, held at both faces: between free (E) and fully confined, E(1-v)/((1+v)(1-2v)).
    assert 3.0 < banded(summary) < 3.0 * 0.7 / (1.3 * 0.4)


def test_a_droplet_is_a_cap(results) -> None:
    _, summary = results["droplet"]
    r = 800.0
    h = r * np.tan(np.radians(35.0))  # half the contact angle
    cap = np.pi * h * (3 * r**2 + h**2) / 6
    assert summary["solid_fraction"] == pytest.approx(cap / (np.pi * r**2 * h), rel=1e-3)


def test_fibres_run_around_a_ring(results) -> None:
    sites, _ = results["ring"]
    x, y = sites["x_um"] - 1000.0, sites["y_um"] - 1000.0  # the axis circle's middle
    along = (-y * sites["stiff_axis_x"] + x * sites["stiff_axis_y"]) / np.hypot(x, y)
    assert np.median(np.abs(along)) > 0.9


def test_a_wound_strand_goes_the_implicit_way(results) -> None:
    _, summary = results["spiral"]
    assert summary["mesh"]["route"] == "implicit"
    # a strand of 400 um cut at 160 um from its axis, along rho = 350 ... 1100 um, b = 700 um/2 pi
    r, cut, b = 200.0, 160.0, 700.0 / (2.0 * np.pi)
    section = np.pi * r**2 - 2.0 * (r**2 * np.arccos(cut / r) - cut * np.sqrt(r**2 - cut**2))
    rho = np.linspace(350.0, 1100.0, 2001)
    length = np.trapezoid(np.hypot(rho, b) / b, rho)
    ends = 2.0 * np.pi * (r**2 * cut - cut**3 / 3.0)  # together a ball, cut twice
    box = np.pi * 1300.0**2 * 320.0
    assert _meshed_share(summary) == pytest.approx((section * length + ends) / box, rel=0.06)


def test_cells_in_a_soft_core_hardly_feel_the_shell(results) -> None:
    sites, _ = results["core_shell"]
    assert (sites["ink"] == "niche").all()
    # 0.6 kPa in a shell of 12 kPa: never less than the core but at its ends, nowhere near the shell
    assert sites["stiffness_kPa"].between(0.4, 3.0).all()
    assert sites["stiffness_kPa"].median() == pytest.approx(0.6, rel=0.15)


def test_a_spheroid_is_felt_from_inside(results) -> None:
    sites, _ = results["spheroid"]
    mean = sites.groupby("ink")["stiffness_kPa"].mean()
    assert mean["tumour"] > 2.0 * mean["gel"]


def test_cells_beside_a_lumen_sense_less(results) -> None:
    sites, _ = results["perfused_channel"]
    assert sites["stiffness_kPa"].corr(sites["depth_um"].clip(upper=40.0), "spearman") > 0.4


def test_layers_in_series(results) -> None:
    _, summary = results["layered"]
    # 200 of 500 um at 1 kPa, the rest at 10: at least Reuss, and much less than Voigt
    assert 1.0 / (0.4 / 1.0 + 0.6 / 10.0) < banded(summary) < 0.5 * (0.4 * 1.0 + 0.6 * 10.0)


def test_half_a_gyroid(results) -> None:
    _, summary = results["gyroid"]
    assert summary["solid_fraction"] == pytest.approx(0.5, abs=1e-6)
    assert _meshed_share(summary) == pytest.approx(0.5, abs=0.01)


def test_a_print_file_carries_its_cells(results) -> None:
    sites, summary = results["print_file"]
    assert (sites["ink"] == "niche").all()
    # two layers of three capsules, less what crosses: below the sum of six, above nine tenths of it
    capsule = np.pi * 200.0**2 * 2000.0 + 4 / 3 * np.pi * 200.0**3
    gel = summary["solid_fraction"] * (2400.0 * 2400.0 * 640.0)
    assert 0.8 * 6 * capsule < gel < 6 * capsule


def test_a_cone_of_CAD(results) -> None:
    _, summary = results["cad_body"]
    # bonded at both faces, from 0.4 to 0.25 mm radius: softer than a cylinder of the wide face
    assert 0.3 * 3.0 < banded(summary) < 3.0
    assert summary["mesh"]["min_scaled_jacobian"] > 0.1


def test_a_mesh_of_ones_own_is_taken_as_it_is(results) -> None:
    _, summary = results["own_mesh"]
    assert summary["mesh"]["route"] == "given"
    share = 4 / 3 * np.pi * 0.12**3 / (0.6 * 0.6 * 0.4)
    # a stiff bead in gel bonded to plates: stiffer than gel, below Voigt of the confined moduli
    assert 1.0 < banded(summary) < (1 - share + 10.0 * share) * 0.7 / (1.3 * 0.4)


def test_what_cells_feel_fades_along_a_gradient(results) -> None:
    sites, summary = results["graded"]
    # collagen 2.4 to 0.6 mg/mL along x in 1 kPa of alginate: never below the alginate itself
    assert sites["x_um"].corr(sites["stiffness_kPa"], "spearman") < -0.7
    deep = sites[sites["depth_um"] > 24.0]
    assert (deep["stiffness_kPa"] > 0.95).all()
    assert len(summary["per_ink"]) > 6
