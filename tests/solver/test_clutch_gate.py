"""Tables, their store, the talin threshold and the gate that the dormancy rule uses."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling.clutch import (
    ClutchGate,
    ClutchGrid,
    ClutchParameters,
    ClutchTable,
    clutch_curves,
    load_clutch,
    load_gate,
    simulate,
    store,
)
from solver.coupling.clutch.build import SHIPPED_LIGANDS, shipped
from solver.coupling.clutch.curves import DEPARTURE, departure
from solver.coupling.clutch.engine import MEANS
from solver.coupling.clutch.odds import GATE_GRID, gate_parameters, log_odds
from solver.coupling.clutch.table import compute_table, entry, table_digest

SMALL = ClutchGrid((1.0, 4.0, 16.0), (0.5, 1.0), (1.0,), repeats=2)


@pytest.fixture(scope="module")
def gate() -> ClutchGate:
    return load_gate()


@pytest.fixture(scope="module")
def curves() -> dict[float, dict[str, np.ndarray]]:
    return {ligand: clutch_curves(load_clutch(), ligand) for ligand in SHIPPED_LIGANDS}


@pytest.fixture(scope="module")
def brief() -> ClutchParameters:
    return load_clutch(overrides={"duration": 1.0})


def test_every_shipped_table_belongs_to_the_numbers_in_force() -> None:
    for parameters, grid in shipped():
        path = store.shipped_path(parameters, grid)
        assert store.read_table(path, parameters, grid) is not None, f"{path}: rebuild the tables"
    assert len(list(Path(store.__file__).parent.glob("*.npz"))) == len(list(shipped()))


@pytest.mark.parametrize(
    ("number", "ligand", "contractility", "stiffness"),
    [(0, 0, 0, 0), (1, 0, 0, 16), (2, 0, 0, 32), (3, 0, 1, 27), (3, 4, 4, 12), (3, 7, 0, 0)],
)
def test_shipped_entries_come_out_again(
    number: int, ligand: int, contractility: int, stiffness: int
) -> None:
    parameters, grid = list(shipped())[number]
    table = store.read_table(store.shipped_path(parameters, grid), parameters, grid)
    assert table is not None
    place = (len(grid.arms) - 1, ligand, contractility, stiffness)
    again = entry(
        parameters,
        grid,
        grid.arms[-1],
        grid.ligand[ligand],
        grid.contractility[contractility],
        grid.stiffness_kPa[stiffness],
    )
    # Other processors may round exp() another way.
    np.testing.assert_allclose(again[0], table.mean[place], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again[1], table.se[place], rtol=1e-6, atol=1e-9)


def test_a_table_does_not_depend_on_the_workers(brief: ClutchParameters) -> None:
    one, three = (compute_table(brief, SMALL, workers=workers) for workers in (1, 3))
    assert one.mean.tobytes() == three.mean.tobytes()
    assert one.se.tobytes() == three.se.tobytes()


def test_standard_errors_shrink_with_the_root_of_the_repeats(brief: ClutchParameters) -> None:
    few, many = (
        compute_table(brief, ClutchGrid((4.0,), repeats=repeats, arms=("talin",)))
        for repeats in (20, 320)
    )
    force = MEANS.index("force_pN")
    ratio = (few.se / many.se)[0, 0, 0, 0, force]
    # 4, give or take the error of a standard deviation of 20 runs, 1/sqrt(2·19) = 16 %.
    assert ratio == pytest.approx(4.0, rel=0.65)
    off = few.mean[..., force] - many.mean[..., force]
    assert abs(off.item()) < 4.0 * few.se[..., force].item()


def test_the_same_table_is_computed_once(
    brief: ClutchParameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DORMATRIX_CACHE", str(tmp_path))
    first = store.clutch_table(brief, SMALL)
    (path,) = (tmp_path / "clutch").iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(store, "compute_table", None)
        again = store.clutch_table(brief, SMALL)
    assert first.mean.tobytes() == again.mean.tobytes()

    whole = path.read_bytes()
    damaged = (b"", whole[:200], b"PK\x03\x04nonsense", whole.replace(b"mean", b"neam"))
    for content in damaged:
        path.write_bytes(content)
        assert store.read_table(path, brief, SMALL) is None
        assert store.clutch_table(brief, SMALL).mean.tobytes() == first.mean.tobytes()
        assert path.read_bytes() != content
    assert [entry.name for entry in (tmp_path / "clutch").iterdir()] == [path.name]


@pytest.mark.parametrize("what", ["pickle", "shape", "digest", "nan", "bomb"])
def test_foreign_tables_are_not_read(brief: ClutchParameters, tmp_path: Path, what: str) -> None:
    good = np.ones(SMALL.shape)
    members = {"digest": np.array(table_digest(brief, SMALL)), "mean": good, "se": good}
    members |= {
        "pickle": {"mean": np.array([{"a": 1}], dtype=object)},
        "shape": {"mean": good[:1], "se": good[:1]},
        "digest": {"digest": np.array("0" * 64)},
        "nan": {"se": np.full(SMALL.shape, np.nan)},
        "bomb": {"more": np.zeros(9 * 2**20)},
    }[what]
    path = tmp_path / "table.npz"
    np.savez_compressed(path, **members)  # type: ignore[arg-type]
    assert store.read_table(path, brief, SMALL) is None


def test_a_cache_that_cannot_be_written_is_done_without(
    brief: ClutchParameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DORMATRIX_CACHE", str(tmp_path / "file"))
    assert store.clutch_table(brief, SMALL).mean.shape == SMALL.shape


def test_cache_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DORMATRIX_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.cache_folder() == tmp_path / "dormatrix" / "clutch"
    monkeypatch.setenv("DORMATRIX_CACHE", str(tmp_path / "own"))
    assert store.cache_folder() == tmp_path / "own" / "clutch"


@pytest.mark.parametrize(
    "grid",
    [
        {"stiffness_kPa": (2.0, 1.0)},
        {"stiffness_kPa": ()},
        {"stiffness_kPa": (1.0,), "ligand": (0.0,)},
        {"stiffness_kPa": (1.0, math.inf)},
        {"stiffness_kPa": (1.0,), "arms": ("vinculin",)},
    ],
)
def test_wrong_grids_are_refused(grid: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(InputError, match="clutch grid"):
        ClutchGrid(**grid)  # type: ignore[arg-type]


def test_departure_is_where_the_ratio_crosses() -> None:
    # ln(talin/depleted) = ln E - ln 3 above 3 kPa: 1 + DEPARTURE at 3 (1 + DEPARTURE) kPa.
    E = np.geomspace(0.5, 40.0, 23)
    ratio, depleted = np.maximum(E / 3.0, 1.0), np.full(23, 50.0)
    exact = 3.0 * (1.0 + DEPARTURE)
    step = math.log(E[1] / E[0])
    at, low, high = departure(E, (ratio * 50.0, 0.0 * E), (depleted, 0.0 * E))
    assert abs(math.log(at / exact)) < 0.5 * step
    np.testing.assert_allclose([low, high], [at * math.exp(-step / 2), at * math.exp(step / 2)])
    # 1 % error of both tractions and slope 1 in ln E: at most 1.96 · 0.01 · sqrt 2 further.
    wider = departure(E, (ratio * 50.0, ratio * 0.5), (depleted, 0.01 * depleted))
    assert 0.0 < math.log(wider[2] / high) <= 1.96 * 0.01 * math.sqrt(2.0) * 1.3
    for never in (np.ones(23), np.full(23, 2.0)):
        assert len(departure(E, (never * 50.0, 0.0 * E), (depleted, 0.0 * E))) == 0


def test_talin_threshold_is_near_5_kPa_and_rises_with_ligand(
    curves: dict[float, dict[str, np.ndarray]],
) -> None:
    # Elosegui-Artola 2016: near 5 kPa at 1200 clutches.
    value, low, high = curves[1.0]["threshold_kPa"]
    assert low <= 5.0 <= high
    assert high / low < 1.5
    bounds = [curves[ligand]["threshold_kPa"] for ligand in SHIPPED_LIGANDS]
    for (_, _, below), (_, above, _) in pairwise(bounds):
        assert below < above  # beyond both errors
    assert low < value < high


def test_page_states_the_thresholds_of_the_shipped_curves(
    curves: dict[float, dict[str, np.ndarray]],
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "clutch.md").read_text(encoding="utf-8")
    for ligand, one in curves.items():
        value, low, high = one["threshold_kPa"]
        peak = int(np.argmax(one["depleted_Pa"]))
        row = f"| {value:.3g} ({low:.3g} – {high:.3g}) | {one['depleted_Pa'][peak]:.1f} ±"
        assert row in page, f"ligand {ligand}"


@pytest.mark.parametrize("ligand", SHIPPED_LIGANDS)
def test_depleted_traction_peaks_and_falls_while_talin_keeps_it_rising(
    curves: dict[float, dict[str, np.ndarray]], ligand: float
) -> None:
    one = curves[ligand]
    traction, depleted = one["traction_Pa"], one["depleted_Pa"]
    error = 4.0 * np.hypot(one["traction_se_Pa"], one["depleted_se_Pa"])
    peak = int(np.argmax(depleted))
    assert 0 < peak < len(depleted) - 1
    assert np.all(np.diff(depleted[: peak - 1]) > -error[: peak - 2])
    assert np.all(np.diff(depleted[peak + 1 :]) < error[peak + 2 :])
    assert depleted[-1] < 0.25 * depleted[peak]
    assert traction[-1] > traction[peak] + error[peak]
    # Below the threshold talin changes nothing that the errors would show, above all of it.
    soft = one["stiffness_kPa"] < one["threshold_kPa"][1] / 4.0
    stiff = one["stiffness_kPa"] > one["threshold_kPa"][2]
    assert np.all(np.abs(traction - depleted)[soft] < DEPARTURE * depleted[soft] + error[soft])
    assert np.all((traction - depleted)[stiff] > error[stiff])
    # Never above what the motors can pull: 800 · 2 pN over pi (1.7 um)^2.
    assert traction.max() < 1600.0 / (math.pi * 1.7**2)
    shares = np.stack([one["bound"], one["unfolded"]])
    assert np.all((shares >= 0.0) & (shares <= 1.0))
    assert all(np.isfinite(column).all() for column in one.values())


def test_more_ligand_more_traction(curves: dict[float, dict[str, np.ndarray]]) -> None:
    for few, many in ((0.625, 1.0), (1.0, 1.375)):
        gain = curves[many]["traction_Pa"] - curves[few]["traction_Pa"]
        assert np.all(gain > 0.0)


def test_drive_is_1_at_the_threshold_and_rises_with_stiffness(gate: ClutchGate) -> None:
    value, low, high = gate.threshold_kPa
    assert low < value < high
    assert gate.log_drive(math.log(value), 1.0, 1.0) == pytest.approx(0.0, abs=1e-12)
    E = np.log(np.geomspace(0.1, 20.0, 9))
    drive = gate.log_drive(E, 1.0, 1.0)
    assert np.all(np.diff(drive) > 0.0)


def test_drive_needs_ligand_and_contractility(gate: ClutchGate) -> None:
    E = np.log([0.1, 5.0, 50.0])
    for ligand, contractility in ((0.0, 1.0), (1.0, 0.0), (0.0, 0.0)):
        drive = gate.log_drive(E, ligand, contractility)
        assert np.all(np.isneginf(drive))
    rising = gate.log_drive(math.log(5.0), 1.0, np.linspace(0.02, 1.0, 12))
    assert np.all(np.diff(rising) > 0.0)
    # Below the smallest tabulated the drive falls in proportion.
    for name, axis in (("ligand", GATE_GRID.ligand), ("contractility", GATE_GRID.contractility)):
        given = {"ligand": 1.0, "contractility": 1.0, name: np.array([axis[0], axis[0] / 10.0])}
        drop = np.diff(gate.log_drive(math.log(5.0), **given))
        assert drop.item() == pytest.approx(-math.log(10.0), abs=1e-12)


def test_drive_meets_the_table_and_stays_between_its_nodes(gate: ClutchGate) -> None:
    odds = log_odds(gate.table)
    E = np.log(GATE_GRID.stiffness_kPa)
    ligand = np.array(GATE_GRID.ligand)[:, None, None]
    contractility = np.array(GATE_GRID.contractility)[None, :, None]
    drive = gate.log_drive(E, ligand, contractility)
    assert drive.shape == odds.shape
    offset = drive - odds - np.log(ligand)
    # The grid's stiffnesses are rounded to six digits.
    np.testing.assert_allclose(offset, offset[0, 0, 0], atol=1e-4)
    fine = np.linspace(E[0], E[-1], 28 * 16)
    between = gate.log_drive(fine, 1.0, 1.0)
    node = np.minimum(((fine - E[0]) / (E[1] - E[0])).astype(int), len(E) - 2)
    nodes = gate.log_drive(E, 1.0, 1.0)
    low, high = np.sort([nodes[node], nodes[node + 1]], axis=0)
    assert np.all((between >= low - 1e-4) & (between <= high + 1e-4))
    # Held constant outside.
    outside = gate.log_drive(np.log([1e-4, 1e4]), np.array([[2.0], [9.0]]), 1.0)
    edge = gate.log_drive(E[[0, -1]], np.array([[2.0], [4.0]]), 1.0)
    np.testing.assert_allclose(outside, edge)


def test_drive_broadcasts(gate: ClutchGate) -> None:
    random = np.random.default_rng(3)
    n = 20000  # more than are taken at a time
    E, ligand = random.normal(1.0, 2.0, (n, 3)), random.uniform(0.0, 3.0, (n, 1))
    drive = gate.log_drive(E, ligand, 0.7)
    assert drive.shape == (n, 3)
    for i in (0, 10922, 10923, 19999):
        for j in range(3):
            alone = gate.log_drive(E[i, j], ligand[i, 0], 0.7)
            assert alone.shape == ()
            assert float(alone) == pytest.approx(drive[i, j], abs=1e-12)
    rows = gate.log_drive(E[:1], ligand, np.full((1, 3), 0.7))
    assert rows.shape == (n, 3)
    np.testing.assert_allclose(rows[0], drive[0], atol=1e-12)
    assert gate.log_drive(E[:0], 1.0, 1.0).shape == (0, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((math.nan, 1.0, 1.0), "log_E"),
        ((0.0, -1.0, 1.0), "ligand"),
        ((0.0, 1.0, math.nan), "contractility"),
        ((0.0, math.inf, 1.0), "ligand"),
    ],
)
def test_wrong_inputs_are_refused(
    gate: ClutchGate, given: tuple[float, float, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        gate.log_drive(*given)


def test_odds_of_a_table_without_events_are_finite() -> None:
    zero = np.zeros(SMALL.shape)
    assert np.isfinite(log_odds(ClutchTable(load_clutch(), SMALL, zero, zero))).all()


def test_odds_are_those_of_a_single_clutch_where_it_is_alone() -> None:
    # One clutch on a stiff substrate is loaded at r = k v_u: talin unfolds before release with
    # probability int k_u(f) S(f) df / r, S = exp(-int (k_u + k_off) df / r).
    from scipy.integrate import cumulative_trapezoid, trapezoid

    parameters = gate_parameters(
        load_clutch(overrides={"clutches": 1, "on_rate": 0.01, "duration": 2000.0})
    )
    stiffness = 5.0
    run = simulate(parameters, stiffness)
    series = 1.0 / (1.0 / parameters.spring(stiffness) + 1e-3)
    rate = series * 110.0
    force = np.linspace(0.0, 150.0, 200001)
    off = 0.9 * (
        11.27 * np.exp(-0.1601 * force)
        + 8.882e-4 * np.exp(0.1225 * force)
        + 1000.0 * np.exp(math.log(1e-4) / 0.15 * force)
    )
    unfold = np.exp(-7.573 + 1.786 * 0.073 * force)
    lives = np.exp(-cumulative_trapezoid(unfold + off, force, initial=0.0) / rate)
    expected = trapezoid(unfold * lives, force) / rate
    caught, lost = (run.means[name] for name in ("caught_per_s", "lost_per_s"))
    releases = (caught + lost) * parameters.duration
    error = math.sqrt(expected * (1.0 - expected) / releases)
    # The clutch first moves, then may let go: half a step's load, 2 %.
    assert caught / (caught + lost) == pytest.approx(expected, abs=4.0 * error, rel=0.02)


def test_gate_without_talin_or_threshold_is_refused() -> None:
    with pytest.raises(InputError, match="no talin"):
        load_gate(load_clutch("chan_odde"))


def test_gate_states_what_it_rests_on(gate: ClutchGate) -> None:
    stated = gate.assumptions()
    assert gate.name == "clutch"
    assert {"what", "value", "standing", "source"} == set(stated[0])
    assert all(row["what"] and row["value"] for row in stated)
    assert {row["standing"] for row in stated} == {"published", "assumption"}
    curve = clutch_curves(load_clutch(), gate=gate)
    assert np.all(curve["drive"] > 0.0)


def test_shipped_gate_needs_no_compiler() -> None:
    code = (
        "import sys, solver.coupling.clutch as c; g = c.load_gate();"
        "assert abs(g.log_drive(0.0, 1.0, 1.0)) > 0; assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
