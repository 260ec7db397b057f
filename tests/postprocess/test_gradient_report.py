"""A gradient in a report: steps listed, one colour, and only its ends and middle at length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from postprocess import narrative, plots
from postprocess.report import _inks
from postprocess.results import RunResult
from postprocess.style import ink_colours, ink_families


def stepped(result: RunResult) -> RunResult:
    """The result with its two inks as the first steps of one gradient, the second in passing."""
    soft, stiff = result.inks
    return replace(
        result,
        inks=[
            soft | {"step_of": "niche", "detailed": True},
            stiff | {"step_of": "niche", "detailed": False},
        ],
    )


def test_steps_share_a_name_and_a_colour(make_result: Callable[..., RunResult]) -> None:
    result = make_result()
    soft, stiff = (str(ink["name"]) for ink in result.inks)
    assert list(ink_colours(result.inks)) == [soft, stiff]
    one = stepped(result)
    assert list(ink_colours(one.inks)) == ["niche"]
    assert ink_families(one.inks) == {soft: "niche", stiff: "niche"}


def test_steps_in_passing_are_listed_only(
    make_result: Callable[..., RunResult], tmp_path: Path
) -> None:
    whole, one = make_result(), stepped(make_result())
    soft = str(one.inks[0]["name"])
    assert {row.ink for row in narrative.waviness(one)} == {soft}
    assert {row.ink for row in narrative.waviness(whole)} > {soft}
    assert [item["detailed"] for item in _inks(one)] == [True, False]
    plots.histograms(one, tmp_path / "histograms.png")
    assert (tmp_path / "histograms.png").stat().st_size > 0
