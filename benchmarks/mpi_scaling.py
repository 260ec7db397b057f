"""The scaffold solve on one rank against several, in turns, its parts told apart.

The mesh is made once. Each turn starts ``mpirun`` with every number of ranks after another, so
that what else the machine does meets all alike; a rank solves once to warm up and then ``--repeat``
times. Wall-clock seconds of the slowest rank; the best solve of all turns is shown, for whatever
else runs only adds to it. Needs as many idle cores
as ranks: the first line says how busy the machine was.

    environment/enter python benchmarks/mpi_scaling.py --ranks 1 2 --turns 3
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

PARTS = ("whole solve", "assembly", "multigrid set-up", "iterations")
REST = "spreading, material, read-out"
LIMIT = 1800.0  # seconds of one turn


def body(layers: int) -> Any:
    """A pile of strands with pores, as a printer leaves it."""
    from meshes.woodpile import Woodpile

    return Woodpile(
        strand_diameter=400,
        pitch=1000,
        layer_height=320,
        layers=layers,
        size=(2400.0, 2400.0),
        inks=("ink",),
    )


def measure(path: Path, layers: int, repeat: int) -> None:
    """Solve on all ranks that were started; rank 0 prints the seconds as JSON."""
    from mpi4py import MPI
    from petsc4py import PETSc

    from meshes.tetmesh import TetMesh
    from solver.materials import Alginate, Collagen, Ink, MaterialField, Waviness, build_gel
    from solver.mechanics.elasticity import EVENTS
    from solver.mechanics.scaffold import Compression, solve_scaffold

    comm = MPI.COMM_WORLD
    pile = body(layers)
    mesh = None
    if comm.rank == 0:
        with np.load(path, allow_pickle=False) as stored:
            mesh = TetMesh(inks=pile.inks, **dict(stored))
    wavy = Collagen(0.6, Waviness(1.0, 20.0), stiffness_ratio=0.5)
    field = MaterialField(pile, (build_gel(Ink("ink", Alginate(), Collagen(2.4), wavy, 0.6)),))
    PETSc.Log.begin()
    events = [PETSc.Log.Event(name) for name in EVENTS]
    rounds = []
    solution = None
    for _ in range(repeat + 1):
        before = [event.getPerfInfo()["time"] for event in events]
        comm.Barrier()
        start = time.perf_counter()
        solution = solve_scaffold(
            mesh,
            field,
            Compression(),
            height=pile.height,
            footprint_area=pile.footprint_area,
            comm=comm,
        )
        whole = time.perf_counter() - start
        parts = [e.getPerfInfo()["time"] - b for e, b in zip(events, before, strict=True)]
        rounds.append([comm.allreduce(seconds, op=MPI.MAX) for seconds in (whole, *parts)])
    if comm.rank == 0:
        assert solution is not None
        print(
            json.dumps(
                {
                    "rounds": rounds[1:],  # the first one warms up
                    "dofs": solution.n_dofs,
                    "iterations": solution.iterations,
                    "modulus": solution.apparent_modulus,
                }
            )
        )


def start(ranks: int, path: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    """Measure on so many ranks."""
    root = Path(__file__).resolve().parents[1]
    # Without --bind-to none all would be put on the first cores, busy or not.
    command = ["mpirun", "--bind-to", "none", "-n", str(ranks), sys.executable, __file__]
    done = subprocess.run(
        [
            *command,
            "--measure",
            path,
            "--layers",
            str(wanted.layers),
            "--repeat",
            str(wanted.repeat),
        ],
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    if done.returncode:
        sys.exit(f"{ranks} ranks failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def best(rounds: list[list[float]]) -> list[float]:
    """Parts of the fastest solve, and what is left of it."""
    fastest = min(rounds)
    return [*fastest, fastest[0] - sum(fastest[1:])]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--size", type=float, default=64.0, help="target edge, um")
    parser.add_argument("--repeat", type=int, default=2, help="solves of a turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        measure(wanted.measure, wanted.layers, wanted.repeat)
        return
    from meshes.mesher import mesh_body

    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load before the start {load:.1f}", flush=True)
    mesh = mesh_body(body(wanted.layers), size=wanted.size).mesh
    found: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mesh.npz"
        names = ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes")
        np.savez(path, **{name: getattr(mesh, name) for name in names})
        for turn in range(wanted.turns):
            for ranks in wanted.ranks:
                answer = start(ranks, path, wanted)
                found.setdefault(ranks, answer | {"rounds": []})["rounds"] += answer["rounds"]
                took = ", ".join(f"{seconds[0]:.2f} s" for seconds in answer["rounds"])
                print(f"turn {turn + 1}, {ranks} ranks: {took}", file=sys.stderr, flush=True)
    first = found[wanted.ranks[0]]
    seconds = {ranks: best(answer["rounds"]) for ranks, answer in found.items()}
    solves = len(first["rounds"])
    print(
        f"{len(mesh.cells)} quadratic tetrahedra, {first['dofs']} dofs; s, best of {solves} solves"
    )
    base, *others = found
    head = "".join(f"{f'{ranks} ranks':>10s}" for ranks in found)
    print(f"{'':32s}{head}" + "".join(f"{f'{ranks}/{base}':>8s}" for ranks in others))
    for row, name in enumerate((*PARTS, REST)):
        values = [parts[row] for parts in seconds.values()]
        line = "".join(f"{value:10.2f}" for value in values)
        print(f"{name:32s}{line}" + "".join(f"{values[0] / v:7.2f}x" for v in values[1:]))
    counts = [answer["iterations"] for answer in found.values()]
    print(f"{'iterations of CG':32s}" + "".join(f"{count:10d}" for count in counts))
    spread = [max(a["rounds"])[0] / min(a["rounds"])[0] - 1 for a in found.values()]
    print(f"{'slowest solve against the best':32s}" + "".join(f"{x:+10.0%}" for x in spread))
    moduli = [answer["modulus"] for answer in found.values()]
    worst = max(abs(modulus / moduli[0] - 1) for modulus in moduli)
    print(f"apparent modulus {moduli[0]:.6f} kPa, the same on all within {worst:.1e}")


if __name__ == "__main__":
    main()
