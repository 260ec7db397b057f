"""What a laptop without FEniCSx can import, and how long it takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGES = [
    "meshes", "solver.materials", "solver.coupling", "solver.population", "solver.assays",
    "solver.transport", "cases.schema", "cases.batch", "cases.assay", "cases.view", "postprocess",
]  # fmt: skip
MODULES = {
    "meshes": [
        "occ",
        "woodpile",
        "slab",
        "io",
        "sites",
        "quality",
        "fibre_cell",
        "cell_mesh",
        "cad",
        "gcode",
        "images",
        "images.fibre_field",
        "images.shg",
        "images.waviness",
        "implicit.mesh",
        "mesher",
        "periodic_woodpile_mesh",
        "shapes",
        "toolpath",
    ],
    "solver.materials": [
        "gel",
        "field",
        "assumptions",
        "fibres",
        "hyperelastic",
        "finite_field",
        "curves",
        "odf",
        "orientation_field",
        "prestrain",
        "calibrate",
        "mean_field",
    ],
    "solver.coupling": [
        "rule",
        "cues",
        "claims",
        "clutch",
        "drugs",
        "fit",
        "network",
        "sensitivity",
    ],
    "solver.population": ["engine", "kernels", "mass", "drugs", "meanfield", "space"],
    "solver.assays": ["power", "table"],
    "solver.transport": ["spheroid", "supply"],
    "cases.schema": ["sweep", "course", "cluster"],
    "cases.batch": ["command", "engine", "cluster", "slurm", "table", "points", "report"],
    "cases.assay": ["planner", "study", "mass", "write"],
    "cases.view": ["live"],
    "postprocess": [
        "write",
        "load",
        "report",
        "figures",
        "material_page",
        "sweep.page",
        "scene.picture",
        "compare.page",
        "viewer.server",
        "assays.page",
        "report_scene.pack",
        "steps",
    ],
}
BLOCK = """
import sys
for name in ('dolfinx', 'petsc4py', 'mpi4py', 'ufl', 'basix'):
    sys.modules[name] = None
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_without_dolfinx(package: str) -> None:
    names = [package, *(f"{package}.{name}" for name in MODULES[package])]
    answer = run(BLOCK + "".join(f"import {name}\n" for name in names))
    assert answer.returncode == 0, answer.stderr


def test_a_case_is_checked_without_dolfinx() -> None:
    answer = run(
        BLOCK + "sys.argv = ['dormatrix', 'check', 'cases/gallery/quickstart.yaml']\n"
        "from cases.main import main\nmain()\n"
    )
    assert answer.returncode == 0, answer.stderr
    assert "400" in answer.stdout


def test_a_run_without_dolfinx_says_what_is_missing() -> None:
    answer = run(
        BLOCK
        + "sys.argv = ['dormatrix', 'run', 'cases/gallery/quickstart.yaml', '-o', '/nowhere/x']\n"
        "from cases.main import main\nmain()\n"
    )
    assert answer.returncode == 3
    assert "DOLFINx cannot be imported" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_loads_nothing_heavy(package: str) -> None:
    heavy = "('gmsh', 'pyvista', 'vtk', 'pandas', 'matplotlib', 'dolfinx', 'pint', 'scipy.stats')"
    answer = run(f"import sys, {package}\nprint([n for n in {heavy} if n in sys.modules])")
    assert answer.stdout.strip() == "[]", answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("meshes", ("solver", "cases", "postprocess")),
        ("solver", ("cases", "postprocess")),
        ("postprocess", ("cases", "solver")),
    ],
)
def test_imports_have_one_direction(below: str, above: tuple[str, ...]) -> None:
    import ast
    from pathlib import Path

    for path in Path(below).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                assert name.split(".")[0] not in above, f"{path} imports {name}"
                # solver knows meshes through arrays and protocols: only its errors are shared
                if below in ("solver", "postprocess") and name.split(".")[0] == "meshes":
                    assert name == "meshes.errors", f"{path} imports {name}"
