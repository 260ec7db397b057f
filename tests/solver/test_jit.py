"""Forms in the making: marks that the dead leave are taken away, those of the living waited for."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.dolfinx

HOLD = """
import fcntl, sys, time
with open(sys.argv[1], "ab") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of compiled forms that counts as ours."""
    from dolfinx import jit

    import solver.mechanics  # noqa: F401

    monkeypatch.setitem(jit.DOLFINX_DEFAULT_JIT_OPTIONS, "cache_dir", (tmp_path, ""))
    return tmp_path


def volume() -> float:
    """Volume of a box, by a form that nobody else compiles."""
    import ufl
    from dolfinx import fem, mesh
    from mpi4py import MPI

    ends = [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]
    box = mesh.create_box(MPI.COMM_SELF, ends, [1, 1, 1])
    one = fem.Constant(box, 1.0)
    return float(fem.assemble_scalar(fem.form(one**7 * ufl.dx)))


def left_by_a_killed_process(folder: Path) -> Path:
    """Turn the one compiled form of a cache into what a kill in the middle leaves."""
    (mark,) = folder.glob("*.c")
    mark.write_text("")
    mark.with_suffix(".c.cached").unlink()
    for product in list(folder.glob(f"{mark.stem}*.so")):
        product.unlink()  # this process has loaded it
        product.write_bytes(b"half")
    return mark


def test_a_killed_compile_is_no_trap(folder: Path) -> None:
    assert volume() == pytest.approx(6.0)
    mark = left_by_a_killed_process(folder)
    assert volume() == pytest.approx(6.0)
    assert mark.read_text()
    assert mark.with_suffix(".c.cached").exists()


def test_a_live_compile_is_waited_for_until_its_process_dies(folder: Path) -> None:
    pytest.importorskip("fcntl")
    volume()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / ".lock")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        mark = left_by_a_killed_process(folder)
        found: list[float] = []
        thread = threading.Thread(target=lambda: found.append(volume()))
        thread.start()
        thread.join(1.0)
        assert not found
        assert mark.read_text() == "", "what the living have marked is left alone"
        other.kill()
    thread.join(60.0)
    assert found == pytest.approx([6.0])


def test_the_folder_of_another_program_is_left_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> None:
    from dolfinx import jit

    assert jit.ffcx_jit.__wrapped__.guarded
    other = tmp_path_factory.mktemp("others")
    (other / "libffcx_forms_other.c").write_text("")
    import ufl
    from dolfinx import fem, mesh
    from mpi4py import MPI

    box = mesh.create_unit_cube(MPI.COMM_SELF, 1, 1, 1)
    form = fem.form(fem.Constant(box, 2.0) ** 3 * ufl.dx, jit_options={"cache_dir": other})
    assert fem.assemble_scalar(form) == pytest.approx(8.0)
    assert (other / "libffcx_forms_other.c").exists()
    assert not list(folder.glob("*.c"))
