"""What is installed, what is missing, and how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SET_UP = "run 'make demo' in the source folder: it sets up all that is missing"
_CONDA = (
    "make demo sets it up on Linux; with conda: "
    "conda create -n dormatrix -c conda-forge 'fenics-dolfinx>=0.9' 'python>=3.11'"
)
OLDEST_DOLFINX = (0, 9)
# Import name, distribution name.
PACKAGES = (
    ("numpy", "numpy"), ("scipy", "scipy"), ("pandas", "pandas"), ("pyarrow", "pyarrow"),
    ("pydantic", "pydantic"), ("pint", "pint"), ("ruamel.yaml", "ruamel.yaml"),
    ("typer", "typer"), ("rich", "rich"), ("jinja2", "jinja2"), ("matplotlib", "matplotlib"),
    ("meshio", "meshio"), ("gmsh", "gmsh"), ("pyvista", "pyvista"), ("vtk", "vtk"),
)  # fmt: skip
SOLVER = ("dolfinx", "petsc4py", "mpi4py", "ufl", "basix", "ffcx")
# Nothing is computed without these; the others only draw.
_DRAWING = {"matplotlib", "pyvista", "vtk", "VTK render window"}
_TIMEOUT = 60


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Parameters
    ----------
    name
        What it is called.
    found
        Version or place; "" where it is missing or does not work.
    needed
        Whether a run is impossible without it.
    mend
        How to get it; "" where it is there.
    """

    name: str
    found: str
    needed: bool = True
    mend: str = ""

    @property
    def good(self) -> bool:
        """Whether it is there and works."""
        return not self.mend


def examine() -> list[Finding]:
    """Look for everything a run needs."""
    findings = [_python(), _dormatrix()]
    findings += [_package(module, name) for module, name in PACKAGES]
    findings += [_solver_package(module) for module in SOLVER]
    findings += [_petsc(), _mpi(), _compiler(), _render_window()]
    return findings


def can_run(findings: list[Finding]) -> bool:
    """Return whether nothing that a run needs is missing."""
    return all(finding.good for finding in findings if finding.needed)


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """Return the findings as plain JSON."""
    return {
        "can_run": can_run(findings),
        "platform": platform.platform(),
        "findings": [{**asdict(finding), "good": finding.good} for finding in findings],
    }


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    mend = "" if good else "Python 3.11 or newer is needed; " + SET_UP
    return Finding("Python", platform.python_version(), True, mend)


def _dormatrix() -> Finding:
    return Finding("dormatrix", own_version(), needed=False)


def own_version() -> str:
    """Return the version of dormatrix: of the installed package, or of the source folder."""
    installed = version("dormatrix")
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    if installed or not project.is_file():
        return installed or "of unknown version"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def version(distribution: str) -> str:
    """Return the installed version of a distribution, "" where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _package(module: str, distribution: str) -> Finding:
    needed = distribution not in _DRAWING
    # Finding is enough: importing all of them would take many seconds.
    if not _exists(module):
        return Finding(distribution, "", needed, SET_UP)
    return Finding(distribution, version(distribution) or "of unknown version", needed)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _solver_package(module: str) -> Finding:
    if not _exists(module):
        return Finding(module, "", True, _CONDA)
    distribution = {"ufl": "fenics-ufl", "basix": "fenics-basix", "ffcx": "fenics-ffcx"}.get(module)
    found = version(distribution or module) or version(f"fenics-{module}")
    if module == "dolfinx":
        return _dolfinx(found)
    return Finding(module, found or "of unknown version")


def _dolfinx(found: str) -> Finding:
    """Import DOLFINx in a process of its own: a broken MPI ends the process that imports it."""
    said = _ask("import dolfinx; print(dolfinx.__version__)")
    if not said:
        return Finding("dolfinx", "", True, "it is installed but cannot be imported; " + _CONDA)
    numbers = tuple(int(part) for part in said.split(".")[:2] if part.isdigit())
    old = f"DOLFINx 0.9 or newer is needed; {_CONDA}" if numbers < OLDEST_DOLFINX else ""
    return Finding("dolfinx", said or found, True, old)


def _petsc() -> Finding:
    said = _ask(
        "from petsc4py import PETSc; import numpy; "
        "v = '.'.join(str(n) for n in PETSc.Sys.getVersion()); "
        "print(v, numpy.dtype(PETSc.ScalarType).name, "
        "*(n for n in ('mumps', 'hypre') if PETSc.Sys.hasExternalPackage(n)))"
    )
    if not said:
        return Finding("PETSc", "", True, _CONDA)
    if "float64" not in said or "mumps" not in said:
        return Finding(
            "PETSc", said, True, "PETSc with real numbers and MUMPS is needed; " + _CONDA
        )
    return Finding("PETSc", said)


def _mpi() -> Finding:
    said = _ask("from mpi4py import MPI; print(MPI.Get_library_version().splitlines()[0])")
    return Finding("MPI", said, True, "" if said else _CONDA)


def _compiler() -> Finding:
    """Look for what DOLFINx compiles forms with: a C compiler and Python's header files."""
    configured = os.environ.get("CC") or (sysconfig.get_config_var("CC") or "").split(" ")[0]
    names = [name for name in (configured, "cc", "gcc", "clang") if name]
    compiler = next((path for path in map(shutil.which, names) if path), "")
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not compiler:
        mend = "install a C compiler (gcc or clang): DOLFINx compiles each form once"
        return Finding("C compiler", "", True, mend)
    if not header.is_file():
        mend = "install Python's header files (python3-dev): DOLFINx compiles against them"
        return Finding("C compiler", compiler, True, mend)
    return Finding("C compiler", compiler)


def _render_window() -> Finding:
    """Draw eight pixels off screen, in a process of its own: a broken driver ends it."""
    said = _ask(
        "import vtkmodules.vtkRenderingOpenGL2; "
        "from vtkmodules.vtkRenderingCore import vtkRenderWindow; "
        "w = vtkRenderWindow(); w.SetOffScreenRendering(1); w.SetSize(8, 8); w.Render(); "
        "print(w.GetClassName())"
    )
    mend = "install libegl1 or libosmesa6; until then use 'dormatrix run --no-figures'"
    return Finding("VTK render window", said, False, "" if said else mend)


def _ask(program: str) -> str:
    """Run a short Python program and return the last line it prints, "" where it fails."""
    try:
        answer = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = answer.stdout.strip().splitlines()
    return lines[-1].strip() if answer.returncode == 0 and lines else ""
