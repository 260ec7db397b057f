"""Sites per second of the sensed-stiffness stage, and how it grows with their number.

Each count runs in a process of its own (a fresh peak of memory), on the quickstart's ink with a
random field, so that no two sites share a solve.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time


def measure(count: int, workers: int) -> None:
    """Run one count and print its row."""
    import numpy as np

    from cases.build import build_gels, build_scaffold
    from cases.load import load_case
    from meshes.sites import seed_cells
    from solver.materials import MaterialField
    from solver.mechanics.sites import ProbeSettings, sensed_stiffness

    case = load_case("cases/gallery/quickstart.yaml")
    scaffold = build_scaffold(case)
    material = MaterialField(scaffold, build_gels(case))
    cells = seed_cells(scaffold, count=count, radius=8.0, seed=1)
    start = time.perf_counter()
    sensed = sensed_stiffness(cells.points, ProbeSettings(material, 8.0), workers=workers)
    seconds = time.perf_counter() - start
    assert np.isfinite(sensed.mean).all()
    usage = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    parent, child = (resource.getrusage(who).ru_maxrss / 1024 for who in usage)
    print(
        f"{count:8d}{seconds:10.1f}{count / seconds:10.2f}{parent:14.0f}{child:14.0f}", flush=True
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 500, 2000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.one:
        measure(wanted.one, wanted.workers)
        return
    print(f"{wanted.workers} processes")
    print(
        f"{'sites':>8s}{'s':>10s}{'sites/s':>10s}{'parent MiB':>14s}{'worker MiB':>14s}", flush=True
    )
    for count in wanted.counts:
        command = [sys.executable, __file__, "--one", str(count), "--workers", str(wanted.workers)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
