"""Clusters at the sites of a result, in the oxygen of its scaffold: tumour-mass dormancy.

Nothing of it is ever turned into P(dormant); sleep enters only the other way, as the share of the
cells of a cluster that are not in the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cases.assay.source import Source
from cases.schema.mass import Mass
from meshes.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from postprocess.assays.view import Cluster
    from postprocess.results import FieldData
    from solver.population.mass import MassCourse

GLASS, TOP, FREE = 1, 2, 3  # tags of faces
_FLAT = 1e-6  # of the height of the gel: a corner as near as this to the glass lies on it
_PULSE = 2.0  # h, of EdU
_FACES = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))  # of a tetrahedron


@dataclass(frozen=True, eq=False)
class Masses:
    """What became of the clusters.

    Parameters
    ----------
    held_by
        What could hold them, in words.
    found
        Their course.
    share_in_cycle
        Share of the cells of each that were not asleep at the start, ``(k,)``.
    site_oxygen
        Oxygen at all sites of the result before clusters grow, mmHg ``(n,)``.
    hypoxia
        Dose of the cue ``hypoxia`` that this makes at each, ``(n,)``.
    """

    held_by: str
    found: MassCourse
    share_in_cycle: NDArray[np.float64]
    site_oxygen: NDArray[np.float64]
    hypoxia: NDArray[np.float64]

    def summary(self) -> dict[str, Any]:
        """Headline numbers as plain data."""
        from solver.population.mass import MassState

        state = self.found.state()
        return {
            "held_by": self.held_by,
            "states": {one.name.lower(): int(np.sum(state == one)) for one in MassState},
            "living_at_end": [float(n) for n in self.found.living[-1]],
            "radius_um_at_end": [float(r) for r in self.found.radius[-1]],
            "edu_share_at_end": [float(e) for e in self.found.edu[-1]],
            "site_oxygen_mmHg": {
                "lowest": float(self.site_oxygen.min()),
                "mean": float(self.site_oxygen.mean()),
            },
            "hypoxia_dose_mean": float(self.hypoxia.mean()),
        }


def grow_masses(source: Source, keys: Mass) -> Masses:
    """Let clusters grow at some sites.

    Parameters
    ----------
    source
        The result: its mesh, its cells as the single cells that breathe along.
    keys
        How many, of how many cells, how long, with vessels or T cells.

    Raises
    ------
    InputError
        If the mesh of the result has no face that medium can wet.
    SolveError
        If oxygen does not settle.
    """
    from cases.parallel import world
    from postprocess.fields import read_vtu

    comm = world()
    from solver.population.mass import simulate_mass
    from solver.population.mass_model import Angiogenesis, Growth, Immune, MassModel
    from solver.transport.clusters import ScaffoldOxygen
    from solver.transport.oxygen import OxygenSolver
    from solver.transport.supply import Bath, OxygenGel, Respiration, hypoxia_dose

    mesh = _Mesh.of(read_vtu(source.folder / "fields.vtu"))
    bath = Bath(pressure=keys.medium, layer=keys.still)
    breathing = Respiration(rate=keys.breathing)
    solver = OxygenSolver(
        mesh,
        [OxygenGel()],
        {TOP: bath, FREE: bath},
        density=len(source.p) / mesh.volume,
        respiration=breathing,
        comm=comm,
        degree=1,
    )
    pressure = solver.solve().at(source.x)
    rows = np.unique(np.linspace(0, len(source.p) - 1, keys.clusters).round().astype(np.int64))
    cycle = source.course.cycle
    model = MassModel(
        growth=Growth(cycle_h=cycle.G1 + cycle.S + cycle.G2M, s_h=cycle.S, g2m_h=cycle.G2M),
        respiration=breathing,
        immune=Immune(t_cells=keys.T_cells) if keys.T_cells > 0.0 else None,
        angiogenesis=Angiogenesis() if keys.vessels else None,
    )
    awake = 1.0 - source.p[rows]
    found = simulate_mass(
        np.full(len(rows), keys.cells),
        ScaffoldOxygen(solver, source.x[rows]),
        model=model,
        cycling=awake,
        days=keys.duration / 24.0,
        pulse_h=_PULSE,
    )
    return Masses(_held_by(keys), found, awake, pressure, hypoxia_dose(pressure))


def cluster_view(masses: Masses) -> Cluster:
    """The clusters as the page shows them: their mean, and the range over all."""
    from postprocess.assays.view import Cluster

    found = masses.found
    return Cluster(
        name=masses.held_by,
        times_h=found.hours,
        cells=found.living.mean(axis=1),
        low=found.living.min(axis=1),
        high=found.living.max(axis=1),
        labelled=found.edu.mean(axis=1),
        births=found.births.mean(axis=1),
    )


def _held_by(keys: Mass) -> str:
    parts = ["oxygen", "vessels that grow in" if keys.vessels else "no vessels"]
    if keys.T_cells > 0.0:
        parts.append(f"{keys.T_cells:g} T cells per tumour cell")
    return ", ".join(parts)


@dataclass(frozen=True, eq=False)
class _Mesh:
    """The mesh of a result with its outside, as solvers take it; lengths µm."""

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    cell_ink: NDArray[np.int32]
    facets: NDArray[np.int64]
    facet_tag: NDArray[np.int32]

    @classmethod
    def of(cls, fields: FieldData) -> _Mesh:
        points = np.asarray(fields.points, dtype=np.float64)
        cells = np.asarray(fields.cells, dtype=np.int64)
        faces = np.concatenate(
            [cells[:, list(f)] for f in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))]
        )
        _, first, count = np.unique(
            np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True
        )
        outside = faces[first[count == 1]]
        z = points[outside][:, :, 2]
        low, high = float(points[:, 2].min()), float(points[:, 2].max())
        near = _FLAT * (high - low)
        tag = np.full(len(outside), FREE, dtype=np.int32)
        tag[np.all(z <= low + near, axis=1)] = GLASS
        tag[np.all(z >= high - near, axis=1)] = TOP
        if not np.any(tag != GLASS):
            raise InputError("no face of this gel is wetted by medium")
        # one gel serves all inks: what differs between them is not known of oxygen
        return cls(points, cells, np.zeros(len(cells), dtype=np.int32), outside, tag)

    @property
    def volume(self) -> float:
        """µm³."""
        a, b, c, d = (self.points[self.cells[:, i]] for i in range(4))
        return float(np.abs(np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a)).sum() / 6.0)
