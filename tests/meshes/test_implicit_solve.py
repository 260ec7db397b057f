"""Both routes to tetrahedra give one scaffold the same stiffness."""

from __future__ import annotations

import pytest

from meshes.implicit.mesh import mesh_implicit
from meshes.occ import mesh_scaffold
from meshes.woodpile import Woodpile
from solver.materials import Alginate, Ink, MaterialField, build_gel
from solver.mechanics.scaffold import Compression, solve_scaffold

pytestmark = pytest.mark.dolfinx


@pytest.mark.parametrize(
    "pile",
    [
        pytest.param(Woodpile(400.0, 500.0, 320.0, 2, size=(700.0, 700.0)), id="one crossing"),
        pytest.param(Woodpile(400.0, 800.0, 320.0, 2, size=(1200.0, 1200.0)), id="two by two"),
    ],
)
def test_a_woodpile_is_as_stiff_on_either_mesh(pile: Woodpile) -> None:
    # Second-order elements, so that what differs is the shape: the neck and the contacts.
    from mpi4py import MPI

    gel = build_gel(Ink("gel", Alginate(youngs_modulus=3.0)))
    modulus, volume = [], []
    for mesher in (mesh_scaffold, mesh_implicit):
        mesh = mesher(pile, 400.0 / 6.0)
        solution = solve_scaffold(
            mesh,
            MaterialField(pile, (gel,)),
            Compression(),
            height=pile.height,
            footprint_area=pile.footprint_area,
            comm=MPI.COMM_SELF,
            degree=2,
        )
        modulus.append(solution.apparent_modulus)
        volume.append(mesh.volumes().sum())
    assert volume[1] == pytest.approx(volume[0], rel=0.01)
    assert modulus[1] == pytest.approx(modulus[0], rel=0.02)
