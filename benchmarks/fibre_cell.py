"""How far formulas and fibre cells agree, and how fast cells converge; prints five tables.

Free fibres, fibres held by gels, mesh size, number of fibres in the cell, finite stretch. The gel
of the held ones is a collagen fibril in alginate: 300 MPa, A 1, L 20, r 0.1 µm, volume fraction
0.002. The whole takes some minutes on one core; name a table to see that one alone.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from meshes.cell_mesh import CellMesh, mesh_cell
from meshes.crimp_meshes import crimp_meshes
from meshes.fibre_cell import FibreCell, random_cell, single_fibre_cell
from solver.materials.crimp import crimp_factors, held_share
from solver.materials.crimp_support import array_support, lone_support
from solver.materials.mean_field import AlignedModuli, Phase, mori_tanaka
from solver.mechanics.cell_stretch import CellStretch
from solver.mechanics.homogenise import Effective, homogenise

FIBRIL = Phase(3.0e5, 0.3)
WAVE = (1.0, 20.0, 0.1)  # A, L, r
FRACTION = 0.002
# A cell that is quick: A 0.3, L 4, r 0.1 µm, k/B some 20 as for the fibril in alginate
SMALL = (0.3, 4.0, 0.1)
SMALL_FRACTION, SMALL_GEL, SMALL_FIBRE = 0.05, Phase(6.0, 0.3), Phase(1000.0, 0.3)


def solve(mesh: CellMesh, gel: Phase, fibre: Phase, boundary: str = "periodic") -> Effective:
    """Effective stiffness of a cell of two phases."""
    return homogenise(mesh, [gel.stiffness, fibre.stiffness], boundary=boundary)


def share(cell: FibreCell, effective: Effective, gel: float, fibre: float) -> float:
    """The fibres' part of E_L over that of straight fibres of the same section."""
    section = sum(np.pi * f.radius**2 for f in cell.fibres) / (cell.size[0] * cell.size[1])
    return (effective.axial_modulus - (1.0 - cell.fraction) * gel) / (section * fibre)


def free() -> None:
    """A fibre without gel beside 1/(1 + 2A²/r²)."""
    print(f"{'A/r':>6s}{'L/r':>6s}{'cell':>10s}{'formula':>10s}{'off':>9s}{'dofs':>8s}")
    for amplitude, wavelength in ((0.05, 4), (0.1, 4), (0.3, 4), (0.3, 8), (1, 20), (2, 20)):
        cell = single_fibre_cell(FRACTION, 0.1, amplitude, wavelength)
        found = solve(mesh_cell(cell, matrix=False), FIBRIL, FIBRIL)
        kept = share(cell, found, 0.0, FIBRIL.young)
        formula = 1.0 / (1.0 + 2.0 * (amplitude / 0.1) ** 2)
        off = 100.0 * (kept / formula - 1.0)
        print(
            f"{amplitude / 0.1:6.1f}{wavelength / 0.1:6.0f}{kept:10.5f}{formula:10.5f}"
            f"{off:+8.1f}%{found.n_dofs:8d}"
        )


def held() -> None:
    """A fibril in gels from soft to stiff beside the formulas."""
    cell = single_fibre_cell(FRACTION, WAVE[2], WAVE[0], WAVE[1])
    mesh = mesh_cell(cell)
    alone = solve(mesh_cell(cell, matrix=False), FIBRIL, FIBRIL)
    print(f"without gel {share(cell, alone, 0.0, FIBRIL.young):.5f}")
    heads = ("E gel kPa", "k/B", "cell", "array", "lone", "crimp.py", "E_L kPa")
    print("".join(f"{head:>10s}" for head in heads))
    for young in (0.03, 0.3, 3.0, 30.0, 300.0, 3000.0):
        gel = Phase(young, 0.3)
        found = solve(mesh, gel, FIBRIL)
        formula = crimp_factors(*WAVE, FIBRIL.young, gel.shear, gel.poisson)
        array = array_support(WAVE[1], WAVE[2], gel, (cell.size[0], cell.size[1]))
        lone = lone_support(WAVE[1], WAVE[2], gel)
        shares = (
            share(cell, found, young, FIBRIL.young),
            held_share(*WAVE, FIBRIL.young, array),
            held_share(*WAVE, FIBRIL.young, lone),
            formula.held,
        )
        print(
            f"{young:10.2f}{formula.support_ratio:10.3g}"
            + "".join(f"{value:10.5f}" for value in shares)
            + f"{found.axial_modulus:10.2f}"
        )


def mesh_size() -> None:
    """E_L of the fibril in alginate, and of the straight one, against the mesh."""
    gel = Phase(3.0, 0.3)
    wavy = single_fibre_cell(FRACTION, WAVE[2], WAVE[0], WAVE[1])
    straight = single_fibre_cell(FRACTION, WAVE[2])
    estimate = AlignedModuli.of(mori_tanaka(gel, FIBRIL.stiffness, FRACTION))
    print(f"Mori-Tanaka, straight: E_L {estimate.axial:.3f}, G_L {estimate.axial_shear:.5f} kPa")
    heads = ("edge/r", "growth", "chords", "wavy E_L", "dofs", "s", "straight", "G_L")
    print("".join(f"{head:>10s}" for head in heads))
    for size, growth in ((1.2, 0.8), (1.0, 0.5), (0.9, 0.5), (0.75, 0.5)):
        mesh = mesh_cell(wavy, size * WAVE[2], growth=growth)
        start = time.process_time()
        found = solve(mesh, gel, FIBRIL)
        seconds = time.process_time() - start
        plain = solve(mesh_cell(straight, size * WAVE[2], growth=growth), gel, FIBRIL)
        moduli = AlignedModuli.of(plain.stiffness)
        print(
            f"{size:10.2f}{growth:10.2f}{100 * mesh.chord_error:9.1f}%{found.axial_modulus:10.3f}"
            f"{found.n_dofs:10d}{seconds:10.1f}{plain.axial_modulus:10.3f}"
            f"{moduli.axial_shear:10.5f}"
        )


def fibres() -> None:
    """Share kept against the number of fibres with random phases, by both boundary conditions."""
    sides = single_fibre_cell(SMALL_FRACTION, SMALL[2], SMALL[0], SMALL[1]).size
    array = array_support(SMALL[1], SMALL[2], SMALL_GEL, (sides[0], sides[1]))
    lone = lone_support(SMALL[1], SMALL[2], SMALL_GEL)
    for name, support in (("free", 0.0), ("in step", array), ("lone", lone)):
        print(f"formula, {name}: {held_share(*SMALL, SMALL_FIBRE.young, support):.4f}")
    print(f"{'fibres':>8s}{'cells':>7s}{'periodic':>10s}{'spread':>8s}{'uniform':>10s}")
    for n, seeds in ((1, 1), (2, 3), (4, 3), (8, 2)):
        kept: dict[str, list[float]] = {"periodic": [], "uniform": []}
        for seed in range(1, seeds + 1):
            cell = random_cell(n, SMALL_FRACTION, *SMALL, seed=seed)
            mesh = mesh_cell(cell, 1.1 * SMALL[2], growth=0.8)
            for boundary, values in kept.items():
                found = solve(mesh, SMALL_GEL, SMALL_FIBRE, boundary)
                values.append(share(cell, found, SMALL_GEL.young, SMALL_FIBRE.young))
        print(
            f"{n:8d}{seeds:7d}{np.mean(kept['periodic']):10.4f}{np.ptp(kept['periodic']):8.4f}"
            f"{np.mean(kept['uniform']):10.4f}"
        )


def stretch() -> None:
    """Tangent modulus of the wavy and the straight fibril in alginate against the stretch."""
    phases = (Phase(3.0, 0.3), FIBRIL)
    meshes = crimp_meshes(WAVE[2], WAVE[0], WAVE[1], FRACTION)
    locking = crimp_factors(*WAVE, FIBRIL.young, phases[0].shear).locking_stretch
    stretches = 1.0 + np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6]) * (locking - 1.0)
    start = time.process_time()
    wavy = CellStretch(meshes.wavy_coarse, phases).pull(stretches)
    seconds = time.process_time() - start
    straight = CellStretch(meshes.straight, phases).pull(stretches)
    alone = CellStretch(meshes.alone, (FIBRIL, FIBRIL)).pull(stretches)
    print(f"locking stretch {locking:.5f}; {wavy.iterations} Newton steps in {seconds:.0f} s")
    heads = ("stretch", "stress", "tangent", "straight", "no gel")
    print("".join(f"{head:>10s}" for head in heads))
    for k, value in enumerate(wavy.stretch):
        print(
            f"{value:10.5f}{wavy.stress[k]:10.4f}{wavy.tangent[k]:10.2f}"
            f"{straight.tangent[k]:10.2f}{alone.tangent[k]:10.2f}"
        )


TABLES = {"free": free, "held": held, "mesh": mesh_size, "fibres": fibres, "stretch": stretch}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", choices=list(TABLES), default=list(TABLES))
    for name in parser.parse_args().tables:
        print(f"\n{TABLES[name].__doc__}")
        TABLES[name]()


if __name__ == "__main__":
    main()
