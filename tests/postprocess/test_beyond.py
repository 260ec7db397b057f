"""Beyond small strain: table, curve, pictures and sentences of a run in finite strain."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from postprocess.beyond import sentences
from postprocess.contract import CONTRACTION_COLUMNS, ResultError
from postprocess.load import load_result
from postprocess.results import RunResult
from postprocess.write import write_result


def pulling(result: RunResult, ratio: float) -> pd.DataFrame:
    """Every eighth cell pulls by a tenth, and the gel answers ``ratio`` times as stiffly."""
    some = result.sites.iloc[::8]
    linear = some["stiffest_kPa"].to_numpy()
    return pd.DataFrame(
        {
            "id": some["id"].to_numpy(),
            "strain": 0.1,
            "secant_kPa": ratio * linear,
            "linear_kPa": linear,
            "ratio": ratio,
            "range_um": np.linspace(25.0, 41.0, len(some)),
            "decay_exponent": 1.7,
        }
    )


def finite(result: RunResult, ratio: float = 1.4) -> RunResult:
    strain = np.linspace(0.0, 0.2, 6)
    load = {
        "theory": "finite",
        "strain": 0.2,
        "swelling": -0.03,
        "prestrain": True,
        "steps": 5,
        "fibre_stretch": {"low": 0.93, "high": 1.081},
    }
    return dataclasses.replace(
        result,
        contraction=pulling(result, ratio),
        curves=result.curves | {"load": {"strain": strain, "stress_kPa": strain + 3 * strain**2}},
        summary=result.summary | {"load": load},
    )


def test_nothing_is_said_of_a_linear_run(result: RunResult) -> None:
    assert sentences(result) == []


def test_sentences_say_what_happened(result: RunResult) -> None:
    load, pull = sentences(finite(result))
    assert "pressed by 20\u00a0% of its height and shrunken by 3\u00a0% in length" in load
    assert "0.9300 to 1.081" in load
    assert "as this has strained it" in load
    assert "1.40 times what it resists to a small one: fibres recruit" in pull
    assert "33.0\u00a0µm" in pull  # the middle of 25 to 41
    assert "buckle" in sentences(finite(result, 0.8))[1]
    assert "about as much" in sentences(finite(result, 1.005))[1]


def test_folder_gains_table_and_pictures(result: RunResult, tmp_path: Path) -> None:
    whole = finite(result)
    write_result(whole, tmp_path)
    assert (tmp_path / "figures" / "load_curve.png").stat().st_size > 10_000
    assert (tmp_path / "figures" / "contraction.png").stat().st_size > 10_000
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Beyond small strain" in page
    assert page.count("<figure") == 11
    again = load_result(tmp_path)
    assert again.contraction is not None
    pd.testing.assert_frame_equal(again.contraction, whole.contraction, rtol=1e-8)
    np.testing.assert_allclose(again.curves["load"]["stress_kPa"][-1], 0.32)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.assign(ratio=np.nan), "column 'ratio'"),
        (lambda table: table.assign(id=10**6), "that of one site"),
        (lambda table: pd.concat([table, table]), "that of one site"),
        (lambda table: table.iloc[:0], "expected rows"),
        (lambda table: table[list(CONTRACTION_COLUMNS[::-1])], "expected rows"),
    ],
)
def test_a_broken_table_is_refused(
    result: RunResult, change: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    with pytest.raises(ResultError, match=words):
        dataclasses.replace(result, contraction=change(pulling(result, 1.1)))
