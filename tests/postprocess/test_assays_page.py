"""The page of cells in time and assays: its numbers, its sentences, and its safety."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from postprocess.assays.balance import STANDSTILL, arm_balance, cluster_balance, verdict
from postprocess.assays.calls import errors, side
from postprocess.assays.numbers import groups_by_p, residual, share_line, size_line, z_of
from postprocess.assays.page import PAGE, write_assay_page
from postprocess.assays.pictures import KEYS
from postprocess.assays.standing import balance_words, residual_words
from postprocess.assays.view import (
    Arm,
    AssayView,
    Cluster,
    Labelled,
    Reading,
    Spell,
    States,
)
from postprocess.assays.words import between, compared, days, headline, wrong_words
from postprocess.contract import ResultError

PHASES = ("early G1", "late G1", "S", "G2/M", "G0")
LEVEL = 0.95
NASTY = "<script>alert('x')</script> & “niche” $x_{1}$ " + "w" * 200


def share(hits: int, cells: int, alike: float = 1.0) -> Any:
    value = hits / cells if cells else math.nan
    return SimpleNamespace(
        value=value,
        low=max(0.0, value - 0.05) if cells else 0.0,
        high=min(1.0, value + 0.05) if cells else 1.0,
        cells=cells,
        effective=cells / alike,
    )


def reading(assay: str = "EdU pulse", counts: Any = None, alike: float = 1.0) -> Reading:
    """A reading of cells by (asleep, slow, cycling), each (called, not called); dark is called."""
    counts = counts or {"asleep": (30, 2), "slow": (9, 1), "cycling": (40, 58)}
    kind = np.repeat(list(counts), [sum(pair) for pair in counts.values()])
    gate = np.concatenate([np.repeat([True, False], pair) for pair in counts.values()])
    gate = gate.astype(bool)
    truth = np.asarray(kind == "asleep")
    intensity = np.where(gate, 1.0, 20.0) * np.linspace(0.9, 1.1, len(gate))

    def part(hits: np.ndarray, among: np.ndarray) -> Any:
        return share(int(hits[among].sum()), int(among.sum()), alike)

    every = np.ones(len(gate), dtype=bool)
    score = SimpleNamespace(
        called=part(gate, every),
        true=part(truth, every),
        sensitivity=part(gate, truth),
        specificity=part(~gate, ~truth),
        precision=part(truth, gate),
    )
    return Reading(
        assay=assay,
        meaning="no EdU",
        at_h=72.0,
        channels=("EdU",),
        intensity=intensity[:, None],
        thresholds=np.array([3.0]),
        gate=gate,
        truth=truth,
        slow=np.asarray(kind == "slow"),
        score=score,
    )


def tally(sizes: Any, asleep: Any, labelled: Any) -> np.ndarray:
    """Tally of shape (m, n, 6) from living cells, cells in G0 and cells in S, each (m, n)."""
    sizes, asleep, labelled = (np.asarray(part) for part in (sizes, asleep, labelled))
    empty = np.zeros_like(sizes)
    parts = [sizes - asleep - labelled, empty, labelled, empty, asleep, empty]
    return np.stack(parts, axis=2).astype(np.int32)


def arm(name: str = "soft", days_long: int = 8, growth: int = 2, **changed: Any) -> Arm:
    """40 clones whose cells multiply by ``growth`` every two days; 1 of 4 in G0, 1 of 4 in S."""
    times = np.arange(0.0, 24.0 * days_long + 1, 48.0)
    sizes = 4 * growth ** np.arange(len(times))[:, None] * np.ones((1, 40), dtype=int)
    p = np.linspace(0.1, 0.4, 40)
    known: dict[str, Any] = {
        "name": name,
        "times_h": times,
        "tally": tally(sizes, sizes // 4, sizes // 4),
        "phases": PHASES,
        "p": p,
        "p_band": (0.25, 0.1, 0.45),
        "s_h": 9.0,
    }
    return Arm(**known | changed)


def cluster(name: str = "no vessels", births: float = 0.03) -> Cluster:
    times = np.linspace(0.0, 480.0, 21)
    cells = np.full(21, 900.0)
    return Cluster(name, times, cells, cells, cells, np.full(21, 0.2), np.full(21, births))


def contrast(assay: str, difference: float = -0.2, **changed: Any) -> Any:
    known: dict[str, Any] = {
        "assay": assay,
        "at_h": 120.0,
        "first": 0.5,
        "second": 0.5 + difference,
        "difference": difference,
        "low": difference - 0.05,
        "high": difference + 0.05,
        "true_difference": -0.25,
        "power": 0.83,
        "assurance": 0.7,
        "effort": SimpleNamespace(cells=300, replicates=3),
        "cells_needed": None,
        "replicates_needed": 4,
        "few": False,
        "misleads": False,
        "resolved": True,
    }
    return SimpleNamespace(**known | changed)


def plan(*contrasts: Any, best: Any = None, second: str = "stiff") -> Any:
    return SimpleNamespace(
        first="soft", second=second, wanted=0.8, band_level=0.9, contrasts=contrasts, best=best
    )


def full(name: str = "niche") -> AssayView:
    times = np.array([0.0, 96.0, 192.0])
    states = States(times, *(np.array([10.0, 20.0, 30.0]) for _ in range(3)))
    treated = arm(
        f"{name}, treated",
        growth=1,
        spells=(Spell("chemotherapy", 48.0),),
        states=states,
        edu=Labelled(times, *(np.array([0.2, 0.1, 0.1]) for _ in range(3)), pulse_h=2.0),
    )
    first = arm(name, readings=(reading("EdU pulse"), reading("p27")))
    best = contrast("p27")
    return AssayView(
        name=name,
        arms=(first, treated),
        clusters=(cluster(),),
        plan=plan(best, contrast("EdU pulse", 0.1, misleads=True), best=best),
        skipped=("CFSE at 1 h: before staining",),
        warnings=("Few founders.",),
        assumptions=("Sojourn, 10.1038/srep04012",),
        preset="adhesive",
        version="0.1.0",
    )


# Numbers


def test_share_and_its_error_by_hand() -> None:
    # Sizes 10 and 10 with 4 and 6 asleep: f = 1/2, n/(n−1) Σ(h − f m)² = 2 (1 + 1) = 4,
    # over (Σm)² = 400 a variance of 0.01: standard error 0.1.
    one = arm(
        times_h=np.array([0.0, 24.0]),
        p=np.array([0.5, 0.5]),
        tally=tally([[10, 10]] * 2, [[4, 6]] * 2, [[0, 0]] * 2),
    )
    line = share_line(one, "G0", LEVEL)
    assert line.value[-1] == pytest.approx(0.5)
    assert line.high[-1] - line.value[-1] == pytest.approx(0.1 * z_of(LEVEL))
    size = size_line(one, LEVEL)
    assert size.value[-1] == size.low[-1] == size.high[-1] == 10.0


def test_error_of_a_share_covers_over_repeats() -> None:
    # 400 repeats of 60 clones of unlike sizes, true share 0.3; a 95 % interval misses 5 % of them.
    # 5 standard errors of that count: 0.05 ± 5 √(0.05 · 0.95/400) = 0.05 ± 0.054.
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(400):
        sizes = rng.geometric(0.1, 60)
        asleep = rng.binomial(sizes, 0.3)
        line = share_line(
            arm(
                times_h=np.array([0.0, 24.0]),
                p=np.full(60, 0.3),
                tally=tally([sizes] * 2, [asleep] * 2, [0 * sizes] * 2),
            ),
            "G0",
            LEVEL,
        )
        missed += not line.low[-1] <= 0.3 <= line.high[-1]
    assert missed / 400 < 0.05 + 0.054


def test_growth_of_clones_that_double_every_two_days() -> None:
    one = arm_balance(arm(), LEVEL)
    assert one.net == pytest.approx(math.log(2.0) / 2.0)
    assert one.net_low == pytest.approx(one.net) == pytest.approx(one.net_high)
    # 1 of 4 cells in an S of 9 h: 0.25 · 24/9 divisions a day.
    assert one.births == pytest.approx(0.25 * 24.0 / 9.0)
    assert (one.kind, one.size) == ("grows", 16.0)
    assert one.deaths == pytest.approx(one.births - one.net)


def test_groups_lie_at_the_p_of_their_cells() -> None:
    # Clones of P 0.2 and 0.8, sizes 1 and 9 each: groups by P, share as in the tally.
    one = arm(
        times_h=np.array([0.0, 24.0]),
        p=np.array([0.2, 0.2, 0.8, 0.8]),
        tally=tally([[1, 9, 1, 9]] * 2, [[0, 2, 1, 7]] * 2, [[0] * 4] * 2),
    )
    groups = groups_by_p(one, LEVEL)
    assert groups.p == pytest.approx([0.2, 0.8])
    assert groups.value == pytest.approx([0.2, 0.8])


def test_what_a_treatment_leaves_by_hand() -> None:
    # From (8, 12) to (2, 3) cells: R = 1/4, and every clone kept exactly a quarter: no error.
    # Asleep (2, 2) to (2, 0): R = 1/2, 2 ((2 − 1)² + (0 − 1)²)/16 = 1/4: standard error 1/2.
    one = arm(
        times_h=np.array([0.0, 24.0, 96.0]),
        p=np.array([0.5, 0.5]),
        tally=tally([[8, 12], [8, 12], [2, 3]], [[2, 2], [2, 2], [2, 0]], [[0, 0]] * 3),
        spells=(Spell("drug", 24.0),),
    )
    left = residual(one, LEVEL)
    assert left is not None
    assert left.survivors == pytest.approx((0.25, 0.25, 0.25))
    assert left.asleep == pytest.approx((0.5, 0.0, 0.5 + 0.5 * z_of(LEVEL)))
    assert (left.share_before, left.share_after) == pytest.approx((0.2, 0.4))
    assert "25\u00a0%" in residual_words(left)
    assert residual(arm(), LEVEL) is None


@pytest.mark.parametrize(
    ("net", "half", "births", "fixed", "kind"),
    [
        (0.3, 0.05, 0.5, False, "grows"),
        (-0.3, 0.05, 0.5, False, "shrinks"),
        (0.0, 0.01, 0.5, False, "mass"),
        (0.0, 0.01, 0.5 * STANDSTILL, False, "cellular"),
        (0.0, 0.2, 0.5, False, "open"),
        (0.0, math.nan, 0.5, False, "open"),
        (0.0, 0.0, 0.5, True, "held"),
        (0.0, 0.0, 0.5 * STANDSTILL, True, "cellular"),
        (math.nan, 0.1, 0.5, False, "gone"),
    ],
)
def test_what_holds_a_size(net: float, half: float, births: float, fixed: bool, kind: str) -> None:
    assert verdict(net, net - half, net + half, births, fixed=fixed) == kind


def test_a_mass_and_sleepers_of_one_size_are_told_apart() -> None:
    mass, asleep = (
        balance_words(cluster_balance(cluster(births=rate)))
        for rate in (0.03, 0.5 * STANDSTILL / 24)
    )
    assert "tumour-mass dormancy" in mass
    assert "as many deaths" in mass
    assert "cellular dormancy" in asleep


# Wrong calls


def test_wrong_calls_are_counted_by_the_cells_they_concern() -> None:
    found = errors(reading())
    assert (found.missed, found.slow, found.cycling) == (2, 9, 40)
    assert found.wrong == 51
    assert (found.of_asleep, found.of_slow, found.of_cycling) == pytest.approx(
        (2 / 32, 9 / 10, 40 / 98)
    )
    assert found.dominant == ("cycling",)
    assert found.prefers_slow
    text = wrong_words(found)
    assert text.startswith("Cycling cells over-called: 78")
    assert "Slow-cyclers are over-called more often" in text


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"asleep": (1, 60), "slow": (0, 20), "cycling": (2, 90)}, "Missed G0: 97"),
        ({"asleep": (50, 1), "slow": (60, 5), "cycling": (5, 90)}, "Slow-cyclers over-called: 91"),
        ({"asleep": (50, 0), "slow": (0, 5), "cycling": (0, 90)}, "No call is wrong."),
        ({"asleep": (9, 5), "slow": (5, 9), "cycling": (5, 9)}, "No kind of error stands out."),
    ],
)
def test_the_error_that_dominates_is_named(counts: Any, expected: str) -> None:
    assert wrong_words(errors(reading(counts=counts))).startswith(expected)


def test_sisters_that_are_alike_blur_which_error_dominates() -> None:
    counts = {"asleep": (30, 10), "slow": (30, 5), "cycling": (0, 60)}
    assert errors(reading(counts=counts)).dominant == ("slow",)
    assert errors(reading(counts=counts, alike=9.0)).dominant == ("slow", "missed")


def test_assays_together() -> None:
    none = {"asleep": (0, 40), "slow": (0, 10), "cycling": (0, 50)}
    said = " ".join(compared((reading("EdU pulse"), reading("H2B-GFP", none))))
    assert "Only EdU pulse calls more" in said
    assert "Only H2B-GFP misses more than half" in said
    assert compared(()) == []


def test_side_of_a_gate() -> None:
    values, gate = np.array([1.0, 2.0, 5.0]), np.array([True, True, False])
    assert side(values, 3.0, gate) == "below"
    assert side(values, 3.0, ~gate) == "above"
    assert side(values, 1.5, gate) is None
    assert side(values, 3.0, np.zeros(3, dtype=bool)) is None


def test_words_of_times_and_intervals() -> None:
    assert [days(h) for h in (24.0, 12.0, 336.0, 240.0)] == [
        "1\u00a0day",
        "0.5\u00a0days",
        "14\u00a0days",
        "10\u00a0days",
    ]
    assert between(0.12, 0.18) == "12 to 18\u00a0%"
    assert between(0.998, 0.999) == "over 99\u00a0%"


# The page


class Page(HTMLParser):
    """Collects tags, addresses and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"<{tag} {name}> runs a script"
            if name in ("src", "href"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def written(folder: Path, view: AssayView, *, figures: bool = False) -> Page:
    write_assay_page(folder, view, figures=figures)
    text = (folder / PAGE).read_text(encoding="utf-8")
    page = Page(text)
    for tag in ("iframe", "link", "object", "embed", "form", "base"):
        assert tag not in page.tags
    assert page.tags.count("script") == 1
    script = text.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    page.words = " ".join(page.words.split("use strict")[0].split())
    assert not re.search(r"\b(NaN|nan|None|inf)\b", page.words)
    for address in page.addresses:
        assert address.startswith(("data:image/png", "https://doi.org/"))
    return page


def test_page_with_every_picture(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    page = written(tmp_path, full(), figures=True)
    assert {f"{key}.png" for key in KEYS} == {p.name for p in (tmp_path / "figures").iterdir()}
    assert page.tags.count("img") == len(KEYS)
    for words in (
        "What each assay would show",
        "tumour-mass dormancy",
        "What a treatment leaves",
        "p27 at 5 days tells “stiff” from “soft” best",
        "misleads: the difference in G0 has the other sign",
        "CFSE at 1 h: before staining",
        "Few founders.",
    ):
        assert words in page.words
    assert "https://doi.org/10.1038/srep04012" in page.addresses
    first = (tmp_path / PAGE).read_bytes()
    written(tmp_path, full(), figures=True)
    assert (tmp_path / PAGE).read_bytes() == first


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    bad = full(NASTY)
    named = dataclasses.replace(reading(NASTY), meaning=NASTY, channels=(NASTY,))
    first = dataclasses.replace(bad.arms[0], readings=(named,))
    treated = dataclasses.replace(bad.arms[1], spells=(Spell(NASTY, 48.0),))
    worst = contrast(NASTY)
    bad = dataclasses.replace(
        bad,
        arms=(first, treated),
        clusters=(cluster(NASTY),),
        plan=plan(worst, best=worst, second=NASTY),
        skipped=(NASTY,),
        warnings=(NASTY,),
        assumptions=(NASTY,),
        preset=NASTY,
        version=NASTY,
    )
    page = written(tmp_path, bad, figures=True)
    assert "<script>alert('x')</script>" in page.words


def dead() -> Arm:
    sizes = [[4, 4], [2, 0], [0, 0]]
    return arm(
        times_h=np.array([0.0, 24.0, 48.0]),
        p=np.array([0.2, 0.4]),
        tally=tally(sizes, [[1, 1], [1, 0], [0, 0]], [[1, 1], [1, 0], [0, 0]]),
        spells=(Spell("drug", 0.0),),
    )


@pytest.mark.parametrize(
    "one",
    [
        arm(),
        arm(growth=1, fixed=True),
        dead(),
        arm(p=np.array([0.3]), tally=arm().tally[:, :1]),
        arm(readings=(reading(counts={"asleep": (0, 0), "slow": (0, 0), "cycling": (0, 0)}),)),
        arm(readings=(reading(counts={"asleep": (0, 0), "slow": (0, 0), "cycling": (0, 9)}),)),
    ],
    ids=["no readings", "fixed", "dead", "one clone", "no cell read", "nobody asleep or called"],
)
def test_page_without_the_usual(tmp_path: Path, one: Arm) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "assay_plan.png").write_bytes(b"of an earlier page")
    written(tmp_path, AssayView("niche", (one,)), figures=True)
    assert not (tmp_path / "figures" / "assay_plan.png").exists()


def test_page_says_when_no_assay_tells_designs_apart(tmp_path: Path) -> None:
    page = written(tmp_path, dataclasses.replace(full(), plan=plan(contrast("p27", 0.1))))
    assert "No assay simulated here tells “stiff” from “soft”" in page.words


def test_headline_names_what_a_laboratory_would_say() -> None:
    none = {"asleep": (0, 32), "slow": (0, 10), "cycling": (0, 98)}
    view = AssayView("x", (arm(readings=(reading("EdU pulse"), reading("H2B-GFP", none))),))
    said = headline(view)
    assert "25\u00a0% of the living cells are in G0" in said
    assert "0\u00a0% (H2B-GFP) to 56\u00a0% (EdU pulse)" in said


def test_misshapen_views_are_refused() -> None:
    with pytest.raises(ResultError, match="tally"):
        arm(times_h=np.array([0.0, 1.0]))
    with pytest.raises(ResultError, match="lacks a phase"):
        arm(phases=("G1", "S", "G2/M"))
    with pytest.raises(ResultError, match="0 to 1"):
        arm(p=np.full(40, 1.5))
    with pytest.raises(ResultError, match="shapes"):
        dataclasses.replace(reading(), slow=np.zeros(3, dtype=bool))
    with pytest.raises(ResultError, match="own name"):
        AssayView("x", (arm(), arm()))
    with pytest.raises(ResultError, match="numbers"):
        dataclasses.replace(cluster(), births=np.zeros(2))
