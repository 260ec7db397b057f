"""A made-up but physically sensible run: two inks side by side in a squeezed box of gel."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from postprocess.biology import Biology
from postprocess.biology_columns import TABLES
from postprocess.results import Assumption, FieldData, RunResult
from postprocess.write import write_result

SIZE = np.array([600.0, 400.0, 200.0])  # µm
SQUEEZE = 0.05
POISSON = 0.3
MODULI = np.array([1.0, 4.0])  # kPa, ink 0 for x < 300 µm, ink 1 beyond
NASTY = "<script>alert('x')</script> & “niche” 🧬 " + "w" * 300


def box_fields() -> FieldData:
    """Tetrahedra filling the box, uniaxially squeezed along z between frictionless plates."""
    counts = (SIZE / 50).astype(int)
    axes = [np.linspace(0, length, n + 1) for length, n in zip(SIZE, counts, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    number = np.arange(len(points)).reshape(counts + 1)
    first = number[:-1, :-1, :-1].ravel()
    stride = np.array([number[1, 0, 0], number[0, 1, 0], number[0, 0, 1]])
    # Kuhn: six tetrahedra per box, one for each order of steps to the far corner.
    cells = np.concatenate(
        [
            first[:, None] + np.cumsum([0, *stride[list(order)]])
            for order in itertools.permutations(range(3))
        ]
    )
    corner = points[cells]
    volume = np.linalg.det(corner[:, 1:] - corner[:, :1])
    cells[volume < 0] = cells[volume < 0][:, [0, 2, 1, 3]]
    centre = points[cells].mean(axis=1)
    ink = (centre[:, 0] > SIZE[0] / 2).astype(np.int32)
    modulus = MODULI[ink] * (1 + 0.2 * np.sin(centre[:, 1] / 60))
    strain = np.zeros((len(cells), 6))
    strain[:, :3] = [POISSON * SQUEEZE, POISSON * SQUEEZE, -SQUEEZE]
    strain[:, 3] = 0.001  # a little yz shear, so that a wrong order of components shows
    stress = np.zeros_like(strain)
    stress[:, 2] = -modulus * SQUEEZE
    stress[:, 3] = 2 * modulus / (2 * (1 + POISSON)) * strain[:, 3]
    along = np.where(ink[:, None] == 0, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    stretch = np.array([POISSON, POISSON, -1.0]) * SQUEEZE
    return FieldData(
        points=points,
        cells=cells,
        cell_data={
            "ink": ink,
            "E_fibre_kPa": modulus * np.where(ink == 0, 1.1, 1.6),
            "E_cross_kPa": modulus * 0.95,
            "E_isotropic_kPa": modulus,
            "fibre_direction": along,
            "strain": strain,
            "stress_kPa": stress,
        },
        point_data={"displacement_um": (points - SIZE * [0.5, 0.5, 0.0]) * stretch},
    )


def made_sites(n: int, seed: int = 1) -> pd.DataFrame:
    """Sites in the box whose P follows R = (E/2.1 kPa)² · 5^(−Σ chemistry)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(8, SIZE - 8, (n, 3))
    ink = (x[:, 0] > SIZE[0] / 2).astype(int)
    depth = np.minimum(x, SIZE - x).min(axis=1)
    stiffness = MODULI[ink] * (1 - 0.3 * np.exp(-depth / 20)) * rng.lognormal(0, 0.1, n)
    matrix = stiffness * np.array([0.9, 3.5 / 4.0])[ink]
    chemistry = {
        "collagen_I": -0.5 * ink - 0.1,
        "collagen_III": 0.4 * (1 - ink) + 0.05,
        "TGFb2": np.full(n, 0.3),
    }
    drive = 2 * np.log(stiffness / 2.1) - np.log(5) * sum(chemistry.values())
    p = 0.95 - 0.9 / (1 + np.exp(-drive))
    axis = np.where(ink[:, None] == 0, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "x_um": x[:, 0],
            "y_um": x[:, 1],
            "z_um": x[:, 2],
            "ink": np.array(["soft", "stiff"])[ink],
            "depth_um": depth,
            "stiffness_kPa": stiffness,
            "stiffest_kPa": stiffness * (1.05 + 0.2 * ink),
            "softest_kPa": stiffness * 0.93,
            "stiff_axis_x": axis[:, 0],
            "stiff_axis_y": axis[:, 1],
            "stiff_axis_z": axis[:, 2],
            "anisotropy": (1.05 + 0.2 * ink) / 0.93,
            "p_dormant": p,
            "p_dormant_low": 0.05 + (p - 0.05) * (0.7 - 0.3 * ink),
            "p_dormant_high": 0.95 - (0.95 - p) * (0.5 + 0.2 * ink),
            "logodds_matrix_stiffness": -2 * np.log(matrix / 2.1),
            "logodds_collagen_mechanics": -2 * np.log(stiffness / matrix),
            "logodds_ligand": np.zeros(n),
            **{f"logodds_{cue}": np.log(5) * share for cue, share in chemistry.items()},
        }
    )


def made_result(n: int = 160, name: str = "wavy niche") -> RunResult:
    """Build a whole result of ``n`` sites."""
    sites = made_sites(n)
    stiffness = np.geomspace(0.1, 30, 60)

    def rule(e50: float, exponent: float) -> np.ndarray:
        drive = (stiffness / e50) ** exponent
        return 0.95 - 0.9 * drive / (1 + drive)

    curves = np.stack([rule(e50, k) for e50 in (1.0, 2.1, 4.5) for k in (1.2, 2.0, 4.6)])
    p, e = sites["p_dormant"], sites["stiffness_kPa"]
    cues = [column for column in sites.columns if column.startswith("logodds_")]
    ink = {
        "poisson_ratio": 0.3,
        "band_fold": 4.0,
        "collagen_III_mg_mL": 0.6,
        "fibre_stiffness_I_kPa": 3.0,
        "fibre_stiffness_III_kPa": 1.0,
    }
    return RunResult(
        name=name,
        case={
            "case": {
                "name": name,
                "scaffold": {"kind": "slab", "size_um": SIZE.tolist(), "mesh_size_um": 50.0},
                "inks": {
                    "soft": {"youngs_modulus_kPa": 1.0, "alignment": 0.1, "synergy": None},
                    "stiff": {"youngs_modulus_kPa": 4.0, "alignment": 0.6, "synergy": None},
                },
                "cells": {"count": n, "radius_um": 8.0, "seed": 7},
                "load": {"kind": "compression", "strain": SQUEEZE},
                "dormancy": {"preset": "adhesive", "cues": {"TGFb2": 0.3}, "block": []},
            },
            "preset": "adhesive",
            "hash": "3f1c" * 16,
            "seeds": {"cells": 7, "band": 11},
            "versions": {"dormatrix": "0.1.0", "numpy": np.__version__},
        },
        sites=sites,
        fields=box_fields(),
        summary={
            "name": name,
            "preset": "adhesive",
            "n_sites": n,
            "apparent_modulus_kPa": {"value": 2.51, "low": 1.2, "high": 5.4},
            "solid_fraction": 1.0,
            "mean_stiffness_kPa": {"value": float(e.mean()), "low": 1.1, "high": 5.0},
            "stiffness_percentiles_kPa": {f"p{q}": float(np.percentile(e, q)) for q in (5, 50, 95)},
            "mean_p_dormant": {
                "value": float(p.mean()),
                "low": float(sites["p_dormant_low"].mean()),
                "high": float(sites["p_dormant_high"].mean()),
            },
            "fraction_above_half": {
                "value": float((p > 0.5).mean()),
                "low": float((sites["p_dormant_low"] > 0.5).mean()),
                "high": float((sites["p_dormant_high"] > 0.5).mean()),
            },
            "logodds_mean": {c.removeprefix("logodds_"): float(sites[c].mean()) for c in cues},
            "mesh": {
                "cells": 4000,
                "dofs": 20000,
                "min_scaled_jacobian": 0.21,
                "volume_error": 0.0012,
            },
            "timings_s": {"mesh": 1.2, "mechanics": 6.3, "cells": 20.0},
            "per_ink": [
                {
                    "ink": label,
                    "n_sites": int((sites["ink"] == label).sum()),
                    "mean_p": float(p[sites["ink"] == label].mean()),
                    "mean_stiffness_kPa": float(e[sites["ink"] == label].mean()),
                }
                for label in sorted(set(sites["ink"]))
            ],
        },
        curves={
            "p_of_stiffness": {
                "stiffness_kPa": stiffness,
                "p": rule(2.1, 2.0),
                "low": curves.min(axis=0),
                "high": curves.max(axis=0),
            }
        },
        inks=[
            ink
            | {
                "name": "soft",
                "e_fibre_kPa": 1.1,
                "e_cross_kPa": 0.95,
                "e_isotropic_kPa": 1.0,
                "matrix_kPa": 0.9,
                "collagen_I_mg_mL": 0.6,
                "crimp_factor_I": 1.0,
                "crimp_factor_I_free": 1.0,
                "crimp_factor_III": 0.74,
                "crimp_factor_III_free": 0.031,
                "alignment": 0.1,
                "sensed_uniform_kPa": 1.0,
            },
            ink
            | {
                "name": "stiff",
                "e_fibre_kPa": 6.4,
                "e_cross_kPa": 3.8,
                "e_isotropic_kPa": 4.0,
                "matrix_kPa": 3.5,
                "collagen_I_mg_mL": 2.4,
                "crimp_factor_I": 1.0,
                "crimp_factor_I_free": 1.0,
                "crimp_factor_III": 0.88,
                "crimp_factor_III_free": 0.031,
                "alignment": 0.6,
                "sensed_uniform_kPa": 4.1,
            },
        ],
        assumptions=[
            Assumption("Half-way stiffness E50", "2.1 kPa (1 to 4.5)", "derived"),
            Assumption(
                "MCF-7 in alginate", "150–4000 kPa", "measured", "Cavo 2016, 10.1038/srep35367."
            ),
            Assumption("Alginate scales as c²", "exponent 2", "assumption"),
        ],
        warnings=["Calcium 3 mM lies below the measured range; the band is widened."],
        references=[{"doi": "10.1002/cpz1.124", "used_for": "stiffness of 2 % alginate"}],
    )


def made_biology(
    result: RunResult, arms: tuple[str, ...] = ("DNase I", "FAK inhibitor")
) -> Biology:
    """Every table of a made-up biology; one arm wakes, one is open, further ones keep asleep."""
    p = result.sites["p_dormant"].to_numpy()
    shifts = [-0.12, 0.04, *np.linspace(0.05, 0.2, max(len(arms) - 2, 0))][: len(arms)]
    rows = [("control", "", 0.0, 0.0, 0.0, 1.0)]
    for arm, shift in zip(arms, shifts, strict=True):
        half = 0.07 if shift != 0.04 else 0.06
        agree = 1.0 if abs(shift) > half else 0.81
        rows.append((arm, "drug DNaseI", shift, shift - half * 0.9, shift + half, agree))
    mean = float(p.mean())
    compare = pd.DataFrame(
        [
            (
                arm,
                changed,
                mean + d,
                max(mean + d - 0.2, 0),
                min(mean + d + 0.2, 1),
                d,
                low,
                high,
                s,
            )
            for arm, changed, d, low, high, s in rows
        ],
        columns=list(TABLES["compare"])[:-1],
    ).assign(above_half=float((p > 0.5).mean()))
    stiffness = np.geomspace(0.3, 12, 7)
    ink = np.where(stiffness < 2, "soft", "stiff").astype(object)
    rule = 0.95 - 0.9 / (1 + (2.1 / stiffness) ** 2)
    grid = np.geomspace(0.5, 50, 12)
    n = len(grid)
    pull = [300 * grid / (grid + 5) * scale for scale in (0.8, 1.0)]
    return Biology(
        compare=compare,
        compare_sites=pd.concat(
            pd.DataFrame(
                {"id": result.sites["id"], "arm": arm, "p_dormant": np.clip(p + shift, 0, 1)}
            )
            for arm, shift in zip(arms, shifts, strict=True)
        ).reset_index(drop=True),
        presets=pd.DataFrame(
            {
                "preset": ["adhesive", "confining", "repopulating"],
                "words": ["cells adhere, soft gels keep asleep", "gels that confine", "melanoma"],
                "chosen": [True, False, False],
                "mean_p": [mean, 0.7, 0.31],
                "mean_p_low": [0.37, 0.5, 0.1],
                "mean_p_high": [0.67, 0.9, 0.6],
                "above_half": [0.5, 0.8, 0.1],
            }
        ),
        sensitivity=pd.DataFrame(
            {
                "factor": ["E50", "n", "F", "weight_TGFb2", "Pmin"],
                "label": [
                    "half-way stiffness E50",
                    "steepness n",
                    "fold of ERK",
                    "weight of TGF-β2",
                    "lower plateau",
                ],
                "first": [0.41, 0.2, 0.02, 0.1, -0.003],
                "first_conf": [0.08, 0.07, 0.03, 0.05, 0.01],
                "total": [0.55, 0.33, 0.04, 0.14, 0.004],
                "total_conf": [0.1, 0.09, 0.02, 0.05, 0.002],
            }
        ),
        history=pd.DataFrame(
            {
                "step": [0, 1, 2],
                "name": ["soft marrow", "inflammation with neutrophil traps", "now"],
                "mean_p": [0.82, 0.31, 0.38],
                "mean_p_low": [0.6, 0.12, 0.18],
                "mean_p_high": [0.93, 0.6, 0.66],
                "without_memory": [0.82, 0.3, 0.54],
            }
        ),
        network=pd.DataFrame(
            {
                "stiffness_kPa": stiffness,
                "ink": ink,
                "n_sites": np.arange(7) + 10,
                "p_rule": rule,
                "p_rule_low": np.clip(rule - 0.25, 0, 1),
                "p_rule_high": np.clip(rule + 0.2, 0, 1),
                "p_network": 0.9 - 0.75 / (1 + (3.5 / stiffness) ** 3),
            }
        ),
        network_notes=["The network has no node for: VCAM1."],
        clutch=pd.DataFrame(
            {
                "ligand": np.repeat([0.625, 1.0], n),
                "stiffness_kPa": np.tile(grid, 2),
                "traction_Pa": np.concatenate(pull),
                "traction_se_Pa": 6.0,
                "depleted_Pa": np.concatenate([y * np.exp(-np.tile(grid, 1) / 20) for y in pull]),
                "depleted_se_Pa": 4.0,
                "drive": np.concatenate([(grid / c) ** 1.5 for c in (3.5, 5.0)]),
            }
        ),
        clutch_threshold_kPa=[
            {"ligand": 0.625, "value": 3.5, "low": 3.0, "high": 4.1},
            {"ligand": 1.0, "value": 5.0, "low": 4.4, "high": 5.7},
        ],
    )


def with_sites(result: RunResult, sites: pd.DataFrame) -> RunResult:
    """Put another table into a result."""
    summary = result.summary | {"n_sites": len(sites)}
    return dataclasses.replace(result, sites=sites, summary=summary)


@pytest.fixture(scope="session")
def result() -> RunResult:
    return made_result()


@pytest.fixture
def make_result() -> Callable[..., RunResult]:
    return made_result


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    """A result whose every text is hostile, written without pictures."""
    bad = made_result(12, NASTY)
    bad = dataclasses.replace(
        bad,
        warnings=[NASTY],
        assumptions=[Assumption(NASTY, NASTY, "assumption", f"{NASTY} 10.1000/x'\"><img>")],
        references=[{"doi": "10.1000/<b>", "used_for": NASTY, "title": NASTY}],
        inks=[bad.inks[0] | {"name": NASTY}, bad.inks[1]],
        sites=bad.sites.assign(ink=bad.sites["ink"].replace("soft", NASTY)),
    )
    told = made_biology(bad, (NASTY, f"{NASTY}2"))
    texts = {
        "compare": {"changed": NASTY},
        "presets": {"words": NASTY},
        "sensitivity": {"label": NASTY},
        "history": {"name": NASTY},
        "network": {"ink": NASTY},
    }
    tables = {name: getattr(told, name).assign(**columns) for name, columns in texts.items()}
    told = dataclasses.replace(told, **tables, network_notes=[NASTY])
    bad = dataclasses.replace(bad, biology=told)
    folder = tmp_path_factory.mktemp("nasty")
    write_result(bad, folder, figures=False)
    return bad, folder


@pytest.fixture(scope="session")
def written(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result written once, pictures and all."""
    folder = tmp_path_factory.mktemp("written")
    write_result(result, folder)
    return folder


@pytest.fixture(scope="session")
def biology(result: RunResult) -> Biology:
    return made_biology(result)


@pytest.fixture
def make_biology() -> Callable[..., Biology]:
    return made_biology


@pytest.fixture(scope="session")
def whole() -> RunResult:
    """A small result with plateaus and every table of a biology."""
    small = made_result(12)
    plateaus = {"p_min": 0.05, "p_max": 0.95, "amplitude": 1.0}
    return dataclasses.replace(
        small, biology=made_biology(small), summary=small.summary | {"plateaus": plateaus}
    )
