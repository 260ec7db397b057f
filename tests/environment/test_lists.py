"""The package list, pyproject's requirements, the keys made from them and conda's file."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from environment import conda, packages
from environment.recipe import recipe
from environment.state import ROOT, Plan

LIST = "# a comment\n\ngcc    c-compiler   compiles forms\nlibgl1 -            gmsh's wheel\n"


def plan_of(folder: Path, listed: str, pyproject: str) -> Plan:
    """Read a checkout that has nothing but the two lists."""
    (folder / "environment").mkdir(parents=True)
    (folder / "environment/packages.txt").write_text(listed)
    (folder / "pyproject.toml").write_text(pyproject)
    return Plan.of_checkout(folder)


PYPROJECT = '[project]\ndependencies = ["a>=1"]\n[project.optional-dependencies]\ndev = ["b"]\n'


def test_rows_are_read_and_comments_skipped(tmp_path: Path) -> None:
    path = tmp_path / "packages.txt"
    path.write_text(LIST)
    assert packages.read_packages(path) == [
        packages.Package("gcc", "c-compiler", "compiles forms"),
        packages.Package("libgl1", "-", "gmsh's wheel"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [("gcc -\n", "packages.txt:1: expected"), (LIST + "gcc - again\n", "packages.txt:5: gcc")],
)
def test_bad_row_is_named_by_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "packages.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        packages.read_packages(path)


def test_requirements_agree_with_a_real_toml_reader() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    expected = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert packages.read_requirements(ROOT / "pyproject.toml") == expected


def test_requirements_survive_brackets_comments_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    text = """
[build-system]
dependencies = ["not this one"]
[project] # comment
dependencies = [
  "pyvista[jupyter]>=0.45", # with ] and "quotes" in a comment
  'tomli; python_version < "3.11"',
]
[project.optional-dependencies]
dev = ["pytest>=8",]
[other]
dev = ["nor this"]
list = [1, 2]
"""
    path.write_text(text)
    project = tomllib.loads(text)["project"]
    expected = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert packages.read_requirements(path) == expected


def test_missing_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[project]\ndependencies = []\n")
    with pytest.raises(ValueError, match=r"\[project.optional-dependencies\] dev"):
        packages.read_requirements(path)


@pytest.mark.parametrize(
    ("requirement", "version", "answer"),
    [
        ("numpy>=1.26", "1.26.0", True),
        ("numpy>=1.26", "1.9", False),  # as numbers, not as text
        ("numpy >= 1.26", "2.0rc1", True),
        ("numpy", "0.1", True),
        ("numpy>=1.26", None, False),
        ("numpy>=1.26,<3", "2.0", False),  # "<" is left to pip, which then decides
        ("pyvista[jupyter]>=0.45", "0.49.1", True),
    ],
)
def test_satisfied_only_says_yes_when_sure(
    requirement: str, version: str | None, answer: bool
) -> None:
    assert packages.satisfied(requirement, version) is answer


def test_key_of_the_tree_follows_the_list_and_nothing_else(tmp_path: Path) -> None:
    first = plan_of(tmp_path / "a", LIST, PYPROJECT)
    reworded = LIST.replace("# a comment", "# other words").replace("compiles forms", "why not")
    swapped = "libgl1 - x\ngcc c-compiler y\n"
    assert plan_of(tmp_path / "b", reworded, PYPROJECT).tree_key == first.tree_key
    assert plan_of(tmp_path / "c", swapped, PYPROJECT).tree_key == first.tree_key
    longer = plan_of(tmp_path / "d", LIST + "make make why\n", PYPROJECT)
    assert longer.tree_key != first.tree_key
    assert longer.record_path != first.record_path


def test_new_requirement_makes_a_venv_but_no_tree(tmp_path: Path) -> None:
    first = plan_of(tmp_path / "a", LIST, PYPROJECT)
    other = plan_of(tmp_path / "b", LIST, PYPROJECT.replace("a>=1", "a>=2"))
    assert other.tree_key == first.tree_key
    assert other.venv_path(tmp_path, "python3") != first.venv_path(tmp_path, "python3")
    assert other.record_path != first.record_path
    commented = plan_of(tmp_path / "c", LIST, PYPROJECT.replace("[project]", "[project] # hm", 1))
    assert commented.record_path == first.record_path


def test_suite_makes_another_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DORMATRIX_SUITE", raising=False)
    stable = plan_of(tmp_path / "a", LIST, PYPROJECT)
    monkeypatch.setenv("DORMATRIX_SUITE", "sid")
    latest = plan_of(tmp_path / "b", LIST, PYPROJECT)
    assert latest.tree_key.startswith("sid-")
    assert latest.tree_key != stable.tree_key
    # An unstable mirror's Release file may be past its date; a stable one's must not be.
    assert [o for o in recipe(("gcc",), "sid") if "Check-Valid-Until" in o]
    assert not [o for o in recipe(("gcc",), "trixie") if "Check-Valid-Until" in o]


def test_conda_file_is_up_to_date() -> None:
    committed = (ROOT / "environment/environment.yml").read_text()
    assert committed == conda.conda_text(ROOT), "run: make conda"


def test_conda_file_has_every_requirement_once() -> None:
    lines = conda.conda_text(ROOT).splitlines()
    names = [packages.split_requirement(x.strip(' -"'))[0] for x in lines if x.startswith('  - "')]
    assert len(names) == len(set(names))
    for requirement in packages.read_requirements(ROOT / "pyproject.toml"):
        name = packages.split_requirement(requirement)[0]
        assert conda.CONDA_NAMES.get(name, name) in names
    assert "fenics-dolfinx" in names


@pytest.mark.skipif(shutil.which("awk") is None, reason="needs awk")
def test_dockerfile_reads_the_same_packages() -> None:
    text = (ROOT / "environment/Dockerfile").read_text()
    program = text.split("$(awk '")[1].split("'")[0]
    table = ROOT / "environment/packages.txt"
    done = subprocess.run(["awk", program, table], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [p.debian for p in packages.read_packages(table)]
