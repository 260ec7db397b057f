"""Waterfall and explanation of a site: it adds up, and a shut gate hides nothing."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from meshes.errors import InputError
from postprocess.cascades import (
    MOST_BARS,
    Cascade,
    Plateaus,
    bars,
    extreme_cascades,
    mean_cascade,
    plateaus_of,
    site_cascade,
)
from postprocess.contract import ResultError
from postprocess.explain import explain_site
from postprocess.results import RunResult
from postprocess.waterfall import waterfall
from postprocess.write import write_result

SHUT = np.log(1e9)  # how the rule counts a gate that is shut


def cascade(**shares: float) -> Cascade:
    return Cascade("it", shares, 0.5, 0.3, 0.7)


def test_plateaus_turn_log_odds_into_p_and_back() -> None:
    scale = Plateaus(0.05, 0.95, 1.0)
    # At even odds half-way between the plateaus; at ln 3 one quarter is awake: 0.95 − 0.9/4.
    assert scale.p(0.0) == pytest.approx(0.5)
    assert scale.p(np.log(3)) == pytest.approx(0.725)
    for x in (-3.0, 0.2, 5.0):
        assert scale.log_odds(scale.p(x)) == pytest.approx(x)
    assert scale.log_odds(0.96) == np.inf
    assert scale.log_odds(0.04) == -np.inf
    assert scale.p(1e9) == pytest.approx(0.95)
    # Half the amplitude leaves half of the range, at the sleeping end.
    assert Plateaus(0.05, 0.95, 0.5).p(-1e9) == pytest.approx(0.5)
    assert plateaus_of({}) is None
    assert plateaus_of({"plateaus": {"p_min": 0.1, "p_max": 0.9, "amplitude": 0.0}}) is None


def test_bars_add_up_and_are_few() -> None:
    many = {f"cue{i}": 0.1 * i * (-1) ** i for i in range(1, 15)}
    for one in (cascade(**many), cascade(matrix_stiffness=-1.0, TGFb2=0.4, ligand=0.0)):
        rows = bars([one])
        assert len(rows) <= MOST_BARS
        assert sum(row.values[0] for row in rows) == pytest.approx(one.total)
    assert bars([cascade(**many)])[-1].words == "others (5)"
    assert len(bars([cascade(**many)], most=14)) == 14
    # Stiffness before chemistry, the idle ligand not at all.
    assert [row.chemical for row in rows] == [False, True]


def test_a_shut_gate_comes_last_and_is_not_averaged(result: RunResult, tmp_path: Path) -> None:
    rows = bars([cascade(ligand=SHUT, matrix_stiffness=-1.0, TGFb2=0.4)])
    assert rows[-1].words == "adhesive ligand"
    soft = result.sites["ink"] == "soft"
    sites = result.sites.assign(logodds_ligand=np.where(soft, SHUT, 0.0))
    mean = mean_cascade(sites, result.summary["mean_p_dormant"])
    # Only the open sites count, or one half of 20.7 would drown all else.
    assert not mean.shut
    assert mean.shares["ligand"] == 0.0
    assert mean.p == pytest.approx(sites.loc[~soft, "p_dormant"].mean())
    assert f"{int((~soft).sum())} sites whose gates are open" in mean.title
    every = mean_cascade(sites.assign(logodds_ligand=SHUT), result.summary["mean_p_dormant"])
    assert every.shut
    assert every.p == result.summary["mean_p_dormant"]["value"]
    caption = waterfall([every], Plateaus(0.05, 0.95, 1.0), "adhesive", tmp_path / "x.png")
    assert "a gate that is shut" in caption
    image = matplotlib.image.imread(tmp_path / "x.png")
    assert 1200 < image.shape[1] < 1600, "nothing sticks out of the page"
    # The bars of ±1 keep their room beside one of 20.7.
    other = waterfall([cascade(TGFb2=0.4)], None, "adhesive", tmp_path / "y.png")
    assert "a gate that is shut" not in other
    # A band that leaves the nominal plateaus has no log-odds there.
    wide = dataclasses.replace(cascade(TGFb2=0.4), low=0.02)
    said = waterfall([wide, wide], Plateaus(0.05, 0.95, 1.0), "adhesive", tmp_path / "z.png")
    assert "reaches beyond the plateaus" in said
    assert "reaches beyond" not in caption


def test_extremes_are_the_sleepiest_and_the_most_awake(result: RunResult) -> None:
    sleepy, awake = extreme_cascades(result.sites)
    assert sleepy.p == result.sites["p_dormant"].max()
    assert awake.p == result.sites["p_dormant"].min()
    assert extreme_cascades(result.sites.assign(p_dormant=0.4)) == []
    site = site_cascade(result.sites, 3, "it")
    # The made-up P is 0.95 − 0.9/(1 + exp x) of its shares.
    assert Plateaus(0.05, 0.95, 1.0).p(site.total) == pytest.approx(site.p)


def test_a_site_is_explained(told: Path) -> None:
    text, figure = explain_site(told, 11)
    assert figure == told / "figures" / "site_11.png"
    assert matplotlib.image.imread(figure).std() > 0.05
    lines = [line for line in text.splitlines() if line.strip()]
    assert "Site 11 of “wavy niche”, preset adhesive" in lines[0]
    # The running P starts half-way between the plateaus and ends at the site's own P.
    steps = [
        line for line in lines if line.rstrip().endswith("%") and ("×" in line or "even" in line)
    ]
    assert steps[0].endswith("50\u00a0%")
    p = next(line for line in lines if "P(dormant)" in line).split("P(dormant) ")[1].split(" (")[0]
    assert steps[-1].endswith(p)
    assert "DNase I" in text
    assert "stiffness: matrix" in text
    assert all(len(line) <= 100 for line in lines)


def test_what_cannot_be_explained_is_said(told: Path, written: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no site has the number 999: expected 0 to 11"):
        explain_site(told, 999)
    with pytest.raises(ResultError, match="not a complete result"):
        explain_site(tmp_path, 0)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ResultError, match="cannot be written"):
        explain_site(told, 0, figure=blocked / "x.png")
    # A result without plateaus and arms has no running P, and says the rest.
    text, _ = explain_site(written, 0, figure=tmp_path / "y.png")
    assert "P so far" not in text
    assert "in every arm" not in text


def test_a_damaged_table_is_said(told: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(told, broken)
    (broken / "sites.parquet").write_bytes((told / "sites.parquet").read_bytes()[:100])
    with pytest.raises(ResultError, match="is damaged"):
        explain_site(broken, 0)


def test_a_remembered_past_is_not_hidden(result: RunResult, tmp_path: Path) -> None:
    sites = result.sites.assign(p_dormant=0.5, p_dormant_low=0.4, p_dormant_high=0.6)
    plateaus = {"p_min": 0.05, "p_max": 0.95, "amplitude": 1.0}
    past = dataclasses.replace(result, sites=sites, summary=result.summary | {"plateaus": plateaus})
    write_result(past, tmp_path, figures=False)
    text, _ = explain_site(tmp_path, 0)
    assert "not that of the sum: cells keep part of their past" in text


@pytest.fixture(scope="module")
def told(whole: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small result with everything in it, without pictures."""
    folder = tmp_path_factory.mktemp("told")
    write_result(whole, folder, figures=False)
    return folder
