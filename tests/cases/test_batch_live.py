"""What a sweep says while it runs, and how long it believes it will take."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cases.batch.forecast import Forecast
from cases.batch.live import Live
from cases.batch.tally import in_words
from cases.batch.task import Outcome

ROOT = Path(__file__).parents[2]
KEY = "a" * 64
STAGES = ("mesh", "scaffold", "sensed")


def needs(group: int) -> tuple[tuple[str, str], ...]:
    """Stages of a case: all cases share the mesh, those of a group the mechanics."""
    return (("mesh", "m"), ("scaffold", f"s{group}"), ("sensed", f"q{group}"))


def done(index: int, seconds: float = 1.0, reused: tuple[str, ...] = ()) -> Outcome:
    return Outcome(index, KEY, "done", seconds, reused=reused)


def failed(index: int, reason: str = "no mesh") -> Outcome:
    return Outcome(index, KEY, "failed", 1.0, reason)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    shown = capsys.readouterr()
    assert shown.out == "", "standard output is for results"
    return shown.err.splitlines()


def test_cheap_cases_are_told_from_dear_ones() -> None:
    # two groups of ten; in each the first makes its mechanics (60 s, with the mesh 100 s) and nine
    # need the rule alone (0.5 s)
    forecast = Forecast({case: needs(case // 10) for case in range(20)})
    assert forecast.seconds_left(0.0) is None
    forecast.learn(done(0, 100.0))
    forecast.learn(done(1, 0.5, STAGES))
    # left: 17 rules, and one case of scaffold and cells that is held to be a usual one
    assert forecast.seconds_left(100.5) == pytest.approx(17 * 0.5 + 100.5 / 2)
    forecast.learn(done(10, 60.0, ("mesh",)))
    assert forecast.seconds_left(160.5) == pytest.approx(17 * 0.5)
    assert forecast.made == {"mesh": 1, "scaffold": 2, "sensed": 2}
    assert forecast.reused == {"mesh": 2, "scaffold": 1, "sensed": 1}


def test_a_guess_stands_in_for_what_was_not_met_yet() -> None:
    cost = {"mesh": 10.0, "scaffold": 20.0, "sensed": 5.0, "rule": 0.5}
    cases = {case: needs(case // 10) for case in range(20)}
    forecast = Forecast(cases, costs=dict.fromkeys(cases, cost))
    # beforehand: a mesh, two solves, two sets of cells, twenty rules
    assert forecast.seconds_left(0.0) == pytest.approx(10.0 + 2 * 25.0 + 20 * 0.5)
    forecast.learn(done(0, 71.0))  # twice the guess of 35.5 s
    assert forecast.seconds_left(71.0) == pytest.approx(2 * (25.0 + 19 * 0.5))
    forecast.learn(done(1, 0.1, STAGES))  # rules cost a fifth of the guess
    assert forecast.seconds_left(71.1) == pytest.approx(17 * 0.1 + 25.5 * 71.1 / 36.0)


def test_large_cases_of_a_kind_are_told_from_small_ones() -> None:
    costs = {case: {"mesh": float(case)} for case in range(1, 5)}
    forecast = Forecast({case: (("mesh", str(case)),) for case in costs}, costs=costs)
    forecast.learn(done(1, 3.0))
    assert forecast.seconds_left(3.0) == pytest.approx(3.0 * (2 + 3 + 4))


def test_stages_in_the_store_cost_nothing() -> None:
    # where what the cells sense is at hand, neither mesh nor scaffold is asked for
    cases = {case: needs(0) for case in range(5)}
    cost = {"mesh": 10.0, "scaffold": 20.0, "sensed": 5.0, "rule": 0.5}
    forecast = Forecast(
        cases,
        ready=lambda stage, key: (stage, key) == ("sensed", "q0"),
        costs=dict.fromkeys(cases, cost),
    )
    assert forecast.seconds_left(0.0) == pytest.approx(5 * 0.5)
    forecast.learn(done(0, 0.4, STAGES))
    assert forecast.seconds_left(0.4) == pytest.approx(4 * 0.4)


def test_workers_share_the_time_left_as_far_as_they_are_seen_to() -> None:
    forecast = Forecast({case: () for case in range(100)}, workers=2)
    forecast.learn(done(0, 10.0))
    assert forecast.seconds_left(10.0) == pytest.approx(99 * 10.0 / 2)
    for case in range(1, 10):
        forecast.learn(done(case, 10.0))
    # 100 s of cases in 80 s: 1.25 at once, where start and transport are counted in
    assert forecast.seconds_left(80.0) == pytest.approx(90 * 10.0 / 1.25)


def test_a_mean_that_changes_is_followed() -> None:
    forecast = Forecast({case: () for case in range(400)})
    for case in range(100):
        forecast.learn(done(case, 1.0))
    for case in range(100, 200):
        forecast.learn(done(case, 5.0))
    left = forecast.seconds_left(600.0)
    assert left == pytest.approx(200 * 5.0, rel=0.01)


def test_failed_cases_alone_still_tell_a_pace() -> None:
    forecast = Forecast({case: () for case in range(10)})
    forecast.learn(failed(0))
    assert forecast.seconds_left(2.0) == pytest.approx(9 * 2.0)
    assert not forecast.made


def test_nothing_left_takes_no_time() -> None:
    forecast = Forecast({0: needs(0)})
    forecast.learn(done(0))
    assert forecast.seconds_left(1.0) == 0.0


def test_a_log_is_told_every_five_per_cent(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Live(200, clock=clock, needs={case: () for case in range(200)}) as live:
        for case in range(200):
            clock.now += 0.5  # 5 % are 10 cases, 5 s: sooner than 10 s
            live.update(done(case, 0.5))
    said = lines(capsys)
    assert len(said) == 21
    assert said[0] == "[10/200] done 10, failed 0, left 190; 2 cases per s; about 2 min left"
    assert said[-2] == "[200/200] done 200, failed 0, left 0; 2 cases per s"
    assert said[-1] == "200 cases: 200 done, 0 failed; this run took 2 min"


def test_a_log_is_told_every_ten_seconds_and_never_flooded(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Live(1000, clock=clock) as live:
        for case in range(20):
            clock.now += 4.0
            live.update(done(case))
        slow = lines(capsys)
        for case in range(20, 1000):
            clock.now += 0.001
            live.update(done(case))
    # news every 4 s: a line at 12 s, 24 s, … 72 s
    assert [line.split()[0] for line in slow] == [f"[{n}/1000]" for n in (3, 6, 9, 12, 15, 18)]
    assert len(lines(capsys)) == 3, "a second of work: one step, the last case, the end"


def test_a_silent_sweep_shows_that_it_lives(capsys: pytest.CaptureFixture[str]) -> None:
    with Live(3, every=0.02) as live:
        deadline = time.monotonic() + 10.0
        said: list[str] = []
        while not said and time.monotonic() < deadline:
            time.sleep(0.02)
            said = lines(capsys)
    assert said[0] == "[0/3] done 0, failed 0, left 3; no case has ended yet"
    assert live.tally.left == 3


def test_earlier_cases_count_and_a_full_disk_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    with Live(10, done=6, failed=1) as live:
        live.update(Outcome(7, KEY, "disk", 1.0, "no space left"))
        live.update(done(8))
    assert live.tally.counts() == "done 7, failed 1, left 2"
    assert lines(capsys)[-1].startswith("10 cases: 7 done, 1 failed, 2 left; this run took")


def test_failures_are_told_one_by_one_but_not_by_the_thousand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Live(1000) as live:
        live.update(failed(16, "too \x1b[31m thin"), "diameter 1 um")
        for case in range(17, 500):
            live.update(failed(case))
    told = [line for line in lines(capsys) if line.startswith("failed")]
    assert told[0] == r"failed  case 17 (diameter 1 um): too \x1b[31m thin"
    assert len(told) == 20


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        with Live(2, quiet=True, json=as_json, every=0.001) as live:
            live.note("a note")
            live.update(failed(0))
            live.update(done(1))
    assert lines(capsys) == []


def test_json_lines_tell_the_same_to_machines(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    def sweep() -> None:
        stages = {case: needs(0) for case in range(4)}
        with Live(4, json=True, clock=clock, needs=stages) as live:
            live.note("a\nnote")
            clock.now += 2.0
            live.update(done(0, 2.0))
            live.update(failed(1, "no\nmesh"), "x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep()
    said = [json.loads(line) for line in lines(capsys)]
    assert [each["event"] for each in said] == ["note", "progress", "failed", "stopped"]
    assert said[1]["stages_made"] == {"mesh": 1, "scaffold": 1, "sensed": 1}
    assert said[1]["cases_per_s"] == 0.5
    assert said[2] == {
        "event": "failed",
        "case": 2,
        "name": "x",
        "status": "failed",
        "reason": "no\nmesh",
    }
    assert (said[3]["done"], said[3]["failed"], said[3]["left"]) == (1, 1, 2)


def test_the_end_says_what_was_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    def sweep() -> None:
        with Live(3) as live:
            live.update(done(0, reused=("mesh",)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert lines(capsys)[-1] == (
        "stopped: 3 cases: 1 done, 0 failed, 2 left; this run took 1 s; "
        "stages: 0 made, 1 reused (mesh 1)"
    )


ON_A_TERMINAL = """
import sys, time
from cases.batch.live import Live
from cases.batch.task import Outcome
try:
    with Live(4) as live:
        live.update(Outcome(0, "a" * 64, "done", 1.0))
        live.update(Outcome(1, "a" * 64, "failed", 1.0, "[bold]too thin[/bold]"))
        live.note("a note")
        time.sleep(0.6)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
"""


def on_a_terminal(**environment: str) -> str:
    """What the terminal gets of a sweep that is interrupted."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment},
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(30) == 0
    return shown.decode()


def test_a_terminal_is_left_clean_by_an_interrupt() -> None:
    shown = on_a_terminal()
    assert "2 of 4 cases" in shown
    assert "done 1, failed 1, left 2" in shown
    assert "[bold]too thin[/bold]" in shown, "no markup of ours"
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") > 0, "the cursor comes back"
    *_, failure, end = shown.splitlines()
    assert failure.endswith("failed  case 2: [bold]too thin[/bold]")
    assert end == "stopped: 4 cases: 1 done, 1 failed, 2 left; this run took 1 s"
    after = shown[shown.rindex("\x1b[?25h") :]
    assert "of 4 cases" not in after.replace("stopped: 4 cases", ""), "the view is gone"


def test_a_terminal_that_cannot_redraw_gets_a_log() -> None:
    shown = on_a_terminal(TERM="dumb")
    assert "\x1b" not in shown
    assert shown.splitlines()[0] == "failed  case 2: [bold]too thin[/bold]"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3599.0, "1 h 0 min"),
        (12_000.0, "3 h 20 min"),
        (190_800.0, "2 d 5 h"),
    ],
)
def test_a_span_is_put_into_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
