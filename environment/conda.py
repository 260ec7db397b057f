"""environment.yml for conda, written from the package list and pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from environment.packages import read_packages, read_requirements, split_requirement

#: conda-forge's name where it differs from the Python package index.
CONDA_NAMES = {"gmsh": "python-gmsh", "matplotlib": "matplotlib-base"}

COMMAND = "conda env create -f environment/environment.yml && conda activate dormatrix"


def conda_text(root: Path) -> str:
    """Return the text of environment.yml for the checkout at `root`."""
    names = [p.conda for p in read_packages(root / "environment/packages.txt") if p.conda != "-"]
    for requirement in read_requirements(root / "pyproject.toml"):
        name, clauses = split_requirement(requirement)
        names.append(CONDA_NAMES.get(name, name) + clauses)
    # Quotes: a bare ">=" is read differently by some YAML tools.
    lines = [f'  - "{name}"' for name in dict.fromkeys([*names, "pip"])]
    return "\n".join(
        [
            "# Written by `environment/bootstrap.py --write-conda`; change packages.txt or",
            "# pyproject.toml instead. Linux and macOS:",
            f"#   {COMMAND}",
            "name: dormatrix",
            "channels:",
            "  - conda-forge",
            "  - nodefaults",
            "dependencies:",
            *lines,
            "",
        ]
    )


def write_conda(root: Path) -> Path:
    """Write environment/environment.yml and return its path."""
    path = root / "environment/environment.yml"
    path.write_text(conda_text(root), encoding="utf-8")
    return path
