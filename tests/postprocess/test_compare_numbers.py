"""Comparing results: the common grid, the headline, and what the cases differ in."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from postprocess.compare.difference import ABSENT, case_differences
from postprocess.compare.headline import headline_rows
from postprocess.compare.lattice import (
    FieldDifference,
    Lattice,
    common_lattice,
    field_difference,
    on_lattice,
    sites_difference,
)
from postprocess.compare.pairs import (
    Compared,
    Ends,
    Paired,
    Pairing,
    changed_sides,
    read_compared,
    same_places,
)
from postprocess.compare.words import band_sentence, lead
from postprocess.results import FieldData, RunResult
from postprocess.scene.data import scene_of

SIZE = np.array([600.0, 400.0, 200.0])  # µm, of the box that conftest squeezes


def compared(letter: str, result: RunResult) -> Compared:
    return Compared(letter, Path(f"results/{letter}"), result, scene_of(result))


def moved(result: RunResult, by: tuple[float, float, float]) -> RunResult:
    """The same body at another place."""
    fields = result.fields
    return dataclasses.replace(
        result, fields=dataclasses.replace(fields, points=fields.points + np.array(by))
    )


def with_modulus(result: RunResult, modulus: np.ndarray) -> RunResult:
    fields: FieldData = result.fields
    data = {**fields.cell_data, "E_isotropic_kPa": modulus}
    return dataclasses.replace(result, fields=dataclasses.replace(fields, cell_data=data))


def with_mean_p(result: RunResult, value: float, low: float, high: float) -> RunResult:
    told = {"mean_p_dormant": {"value": value, "low": low, "high": high}}
    return dataclasses.replace(result, summary=result.summary | told)


def test_bodies_that_half_overlap_are_told_apart(result: RunResult) -> None:
    found = field_difference(
        scene_of(result), scene_of(moved(result, (SIZE[0] / 2, 0, 0))), "E_isotropic_kPa"
    )
    volume = found.lattice.volume / np.prod(SIZE)
    assert found.only_before.sum() * volume == pytest.approx(0.5, abs=0.02)
    assert found.only_after.sum() * volume == pytest.approx(0.5, abs=0.02)
    assert found.overlap == pytest.approx(1 / 3, abs=0.02)
    assert np.isnan(found.difference[~found.both]).all()
    assert np.isfinite(found.difference[found.both]).all()


def test_bodies_that_do_not_meet_have_no_difference(result: RunResult) -> None:
    found = field_difference(
        scene_of(result), scene_of(moved(result, (0, 0, 500))), "E_isotropic_kPa"
    )
    assert not found.both.any()
    assert found.overlap == 0


def test_a_difference_of_moduli_is_found_voxel_by_voxel(result: RunResult) -> None:
    fields = result.fields
    x = fields.points[fields.cells].mean(axis=1)[:, 0]
    before = np.asarray(fields.cell_data["E_isotropic_kPa"])
    other = with_modulus(result, before + np.where(x < 150, -0.5, 0.25))
    found = field_difference(scene_of(result), scene_of(other), "E_isotropic_kPa")
    at = found.lattice.centres[:, 0]
    assert found.difference[at < 150] == pytest.approx(-0.5)
    assert found.difference[at > 150] == pytest.approx(0.25)


def test_the_grid_fills_the_box_of_all_and_finds_the_volume(result: RunResult) -> None:
    scenes = [scene_of(result), scene_of(moved(result, (100, 0, 0)))]
    lattice = common_lattice(scenes, most=20_000)
    assert lattice.origin == pytest.approx([0, 0, 0])
    assert lattice.edges * lattice.counts == pytest.approx([*(SIZE[:1] + 100), *SIZE[1:]])
    assert lattice.edges.max() < 1.3 * lattice.edges.min()
    assert np.prod(lattice.counts) == pytest.approx(20_000, rel=0.2)
    inside = np.isfinite(on_lattice(scenes[0], "ink", lattice)).sum()
    assert inside * lattice.volume == pytest.approx(np.prod(SIZE), rel=0.03)


def test_values_of_voxels_stand_where_the_image_has_them() -> None:
    lattice = Lattice(np.zeros(3), np.array([1.0, 2.0, 3.0]), (4, 3, 2))
    centres = np.asarray(lattice.image().cell_centers().points)
    assert lattice.centres == pytest.approx(centres)
    box = lattice.box(lattice.centres[:, 1])
    assert box[0, :, 0] == pytest.approx([1, 3, 5])


def test_cells_in_other_places_are_compared_as_crowds(result: RunResult) -> None:
    sites = result.sites.assign(p_dormant=0.2, p_dormant_low=0.1, p_dormant_high=0.3)
    first = dataclasses.replace(result, sites=sites)
    back = sites.assign(p_dormant=0.5, x_um=SIZE[0] - sites["x_um"])
    other = dataclasses.replace(result, sites=back)
    assert not same_places(compared("A", first), compared("B", other))
    found, width = sites_difference(scene_of(first), scene_of(other), "p_dormant")
    assert found.difference[found.both] == pytest.approx(0.3)
    assert width == pytest.approx((np.prod(SIZE) / len(sites)) ** (1 / 3), rel=0.01)


def test_the_mean_near_a_voxel_follows_the_cells(result: RunResult) -> None:
    sites = result.sites.assign(p_dormant=result.sites["x_um"] / SIZE[0])
    scene = scene_of(dataclasses.replace(result, sites=sites))
    found, _ = sites_difference(scene, scene, "p_dormant")
    inner = found.both & (np.abs(found.lattice.centres[:, 0] - 300) < 150)
    wanted = found.lattice.centres[inner, 0] / SIZE[0]
    assert np.corrcoef(found.before[inner], wanted)[0, 1] > 0.95


@pytest.mark.parametrize(
    ("alike", "apart", "verdict"),
    [
        (Ends(0.05, 0.3, 1.0), Ends(0.01, 0.4, 0.97), "holds"),
        (Ends(-0.3, -0.05, 1.0), Ends(-0.4, -0.01, 0.97), "holds"),
        (Ends(0.05, 0.3, 1.0), Ends(-0.02, 0.4, 0.93), "if_alike"),
        (Ends(-0.01, 0.3, 0.94), Ends(-0.02, 0.4, 0.93), "open"),
    ],
)
def test_paired_verdicts(result: RunResult, alike: Ends, apart: Ends, verdict: str) -> None:
    pair = [compared("A", result), compared("B", with_mean_p(result, 0.6, 0.2, 0.9))]
    value = 0.6 - result.summary["mean_p_dormant"]["value"]
    rows = headline_rows(pair, [Pairing({"mean_p_dormant": Paired(value, alike, apart)})])
    difference = rows[0].differences[0]
    assert difference is not None
    assert (difference.kind, difference.verdict) == ("paired", verdict)
    assert (difference.low, difference.high) == (apart.low, apart.high)
    open_words = "reaches zero" in band_sentence(difference)
    assert open_words == (verdict == "open")


@pytest.mark.parametrize(
    ("band", "ends", "verdict"),
    [((0.7, 0.65, 0.8), (0.25, 0.6), "holds"), ((0.5, 0.35, 0.6), (-0.05, 0.4), "open")],
)
def test_unpaired_bands_span_the_far_ends(
    result: RunResult, band: tuple[float, float, float], ends: tuple[float, float], verdict: str
) -> None:
    pair = [
        compared("A", with_mean_p(result, 0.3, 0.2, 0.4)),
        compared("B", with_mean_p(result, *band)),
    ]
    rows = headline_rows(pair, [Pairing(why_not="an earlier version wrote it")])
    difference = rows[0].differences[0]
    assert difference is not None
    assert difference.value == pytest.approx(band[0] - 0.3)
    assert (difference.low, difference.high) == pytest.approx(ends)
    assert (difference.kind, difference.verdict) == ("unpaired", verdict)
    assert f"+{100 * (band[0] - 0.3):.0f} percentage points" in lead(pair, rows[0])[0]


def test_numbers_without_a_band_and_missing_ones(result: RunResult) -> None:
    unloaded = dataclasses.replace(
        result, summary=result.summary | {"apparent_modulus_kPa": None, "solid_fraction": 0.75}
    )
    rows = {
        row.key: row
        for row in headline_rows([compared("A", result), compared("B", unloaded)], [Pairing()])
    }
    assert rows["apparent_modulus_kPa"].differences == (None,)
    solid = rows["solid_fraction"].differences[0]
    assert solid is not None
    assert (solid.value, solid.low, solid.kind, solid.verdict) == (-0.25, None, "exact", "computed")


def test_the_same_numbers_are_no_difference(result: RunResult) -> None:
    rows = headline_rows([compared("A", result), compared("B", result)], [Pairing()])
    assert {d.verdict for row in rows for d in row.differences if d is not None} == {"same"}


def test_inks_under_other_names_are_laid_beside_each_other(result: RunResult) -> None:
    case = result.case["case"]
    inks = {"soft": case["inks"]["soft"], "wavy": case["inks"]["stiff"] | {"alignment": 0.2}}
    other = dataclasses.replace(
        result, case=result.case | {"case": case | {"inks": inks, "name": "another name"}}
    )
    found = case_differences([compared("A", result), compared("B", other)])
    told = {(entry.section, entry.label): entry.values for entry in found.entries}
    assert told == {
        ("Ink stiff", "name"): ("stiff", "wavy"),
        ("Ink stiff", "alignment"): ("0.6", "0.2"),
    }
    assert found.same > 5


def test_what_only_one_case_has_is_told(result: RunResult) -> None:
    case = dict(result.case["case"])
    del case["load"]
    other = dataclasses.replace(result, case=result.case | {"case": case})
    found = case_differences([compared("A", result), compared("B", other)])
    values = [entry.values for entry in found.entries]
    assert values == [("compression", ABSENT), ("0.05", ABSENT)]


def test_crossing_one_half_is_counted_each_way() -> None:
    up, down = changed_sides(np.array([0.4, 0.6, 0.5, 0.7]), np.array([0.6, 0.4, 0.51, 0.8]))
    assert up.tolist() == [True, False, True, False]
    assert down.tolist() == [False, True, False, False]


@pytest.mark.parametrize("count", [1, 7])
def test_too_few_or_too_many_are_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be compared"):
        read_compared([tmp_path / str(n) for n in range(count)])


def test_the_same_folder_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="given twice"):
        read_compared([tmp_path, tmp_path / ".." / tmp_path.name])


def test_nan_is_outside(result: RunResult) -> None:
    lattice = common_lattice([scene_of(result)], most=1000)
    values = np.full(int(np.prod(lattice.counts)), np.nan)
    assert not FieldDifference(lattice, values, values).both.any()
