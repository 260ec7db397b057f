"""Every shipped case runs and means what it says: the printed piles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.cases.gallery_runs import PILES

pytestmark = [pytest.mark.dolfinx, pytest.mark.slow]


@pytest.mark.parametrize("name", PILES)
def test_every_pile_gives_sound_numbers(gallery, name: str) -> None:
    gallery[name].require_sound()


def test_what_wakes_by_NETs_is_undone_where_the_biology_says(gallery) -> None:
    arms = pd.read_csv(gallery["awakened_by_NETs"].folder / "compare.csv").set_index("arm")
    # no NET forms without PAD4: the same as no NETs at all; half the DNase I does a part of it
    assert arms.loc["PAD4 inhibitor", "mean_p"] == arms.loc["no NETs", "mean_p"]
    gain = arms["difference"]
    assert 0.0 < gain["half the DNase I"] < gain["PAD4 inhibitor"]
    assert 0.0 < gain["antibody to cut laminin"] < gain["PAD4 inhibitor"]
    past = pd.read_csv(gallery["awakened_by_NETs"].folder / "history.csv")
    # all asleep at first: with that memory no step has fewer asleep than without
    assert (past["mean_p"] >= past["without_memory"] - 1e-9).all()
    assert past["mean_p"].iloc[-1] > past["without_memory"].iloc[-1] + 0.01
    assert past["mean_p"].is_monotonic_decreasing


def test_quickstart_senses_a_printed_gel(gallery) -> None:
    sites, summary, _ = gallery["quickstart"]
    assert len(sites) == 200
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


def test_the_pair_differs_by_its_collagen_alone(gallery) -> None:
    (straight, of_i, _), (wavy, of_iii, _) = (
        gallery[name] for name in ("collagen_I_straight", "collagen_III_wavy")
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


def test_each_report_foretells_its_partner(gallery) -> None:
    def rows(name: str) -> dict[str, dict]:
        return {row["words"]: row for row in gallery[name].summary["inks"][0]["contrasts"]}

    one, three = rows("collagen_I_straight"), rows("collagen_III_wavy")
    straight = "same mass, all straight collagen I"
    wavy = next(words for words in one if "all wavy collagen III" in words)
    for here, there in ((one, three), (three, one)):
        assert here[straight]["sensed_kPa"] == pytest.approx(there[straight]["sensed_kPa"])
    assert one["as printed"]["p"] == pytest.approx(three[straight]["p"])
    assert three["as printed"]["p"] == pytest.approx(one[wavy]["p"])
    assert three["no collagen"]["sensed_kPa"] == pytest.approx(3.0, rel=1e-6)


def test_pressing_hard_turns_and_strains_the_fibres(gallery) -> None:
    sites, summary, _ = gallery["pressed_hard"]
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


def test_cells_that_pull_hard_are_a_few_of_the_sites(gallery) -> None:
    sites = gallery["pressed_hard"].sites
    pulls = pd.read_csv(gallery["pressed_hard"].folder / "contraction.csv")
    assert len(pulls) == 8
    assert set(pulls["id"]) <= set(sites["id"])
    assert np.allclose(pulls["ratio"], pulls["secant_kPa"] / pulls["linear_kPa"])
    assert (pulls["range_um"] > 8.0).all()
    assert (pulls["strain"] <= 0.1).all()
    # a ball's pull along its stiffest axis, in the linear limit, is what the linear probe found
    stiffest = sites.set_index("id").loc[pulls["id"], "stiffest_kPa"].to_numpy()
    assert np.allclose(pulls["linear_kPa"], stiffest, rtol=0.02)
