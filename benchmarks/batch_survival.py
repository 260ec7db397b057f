"""A sweep that is killed again and again: does its table come out as if nothing had happened?

The same sweep runs twice: once in peace, once with ``kill -9`` of processes picked at random (the
command itself, Dask's processes, the processes of cases), started again whenever the command has
died. At the end both tables must agree in all but time, and nothing half done may be left.

    python benchmarks/batch_survival.py [--cases 200] [--kills 20] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

SWEEP = """
name: survival
vary:
  inks.g.alginate.youngs_modulus: {{low: 1 kPa, high: 8 kPa, count: {moduli}, scale: log}}
  dormancy.cues.TGFb2: {{low: 0, high: 1, count: {doses}}}
case:
  scaffold: {{kind: slab, size: [400 um, 400 um, 300 um]}}
  inks: {{g: {{alginate: {{youngs_modulus: 3 kPa}}, collagen_I: {{concentration: 2 mg/mL}}}}}}
  cells: {{count: 12, radius: 8 um, seed: 1}}
keep: sites
"""
FREE = ["seconds", "reused"]  # may differ
GAP = (2.0, 8.0)  # s between two kills


def command(sweep: Path, folder: Path) -> list[str]:
    """The command line of the sweep."""
    return [
        sys.executable, "-m", "cases", "batch", str(sweep), "-o", str(folder), "--workers", "2",
        "--no-figures",
    ]  # fmt: skip


def disturbed(sweep: Path, folder: Path, kills: int, chance: random.Random) -> tuple[int, int]:
    """Run to the end with kills; return how many, and how many of them hit the command itself."""
    done = parents = 0
    running: subprocess.Popen[bytes] | None = None
    while True:
        if running is None:
            running = subprocess.Popen(
                command(sweep, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        try:
            code = running.wait(timeout=chance.uniform(*GAP))
        except subprocess.TimeoutExpired:
            code = None
        if code is not None:
            if code == 0:
                return done, parents
            running = None
            continue
        if done < kills:
            victim = chance.choice(family(running.pid))
            with suppress(psutil.NoSuchProcess):  # it has just ended by itself
                psutil.Process(victim).kill()
                parents += victim == running.pid
                done += 1


def family(pid: int) -> list[int]:
    """The command and all processes below it."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return [pid]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        sweep = root / "sweep.yaml"
        doses = 4
        sweep.write_text(SWEEP.format(moduli=-(-asked.cases // doses), doses=doses))
        start = time.perf_counter()
        subprocess.run(command(sweep, root / "peace"), check=True, stderr=subprocess.DEVNULL)
        peace = time.perf_counter() - start
        start = time.perf_counter()
        kills, parents = disturbed(sweep, root / "war", asked.kills, random.Random(asked.seed))
        war = time.perf_counter() - start
        tables = [
            pd.read_parquet(root / name / "table.parquet").drop(columns=FREE)
            for name in ("peace", "war")
        ]
        pd.testing.assert_frame_equal(*tables, check_exact=True)
        left = [p.name for p in (root / "war" / "cases").iterdir() if p.name.startswith(".")]
        for folder in (root / "peace" / "cases").iterdir():
            one, other = (
                pd.read_parquet(root / name / "cases" / folder.name / "sites.parquet")
                for name in ("peace", "war")
            )
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        print(f"cases                     {len(tables[0])}")
        print(f"kill -9                   {kills}, {parents} of them of the command itself")
        print(f"in peace                  {peace:.0f} s")
        print(f"killed again and again    {war:.0f} s")
        print("tables and sites          the same, bit for bit")
        print(f"left half done            {left or 'nothing'}")


if __name__ == "__main__":
    main()
