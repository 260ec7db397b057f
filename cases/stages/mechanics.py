"""Everything before the rule, stage by stage; what another case has computed is taken from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from cases.biology.sites import require_split
from cases.build import build_gels, build_scaffold
from cases.mechanics import STEPS
from cases.parallel import on_root, shared, world
from cases.progress import Progress
from cases.schema import Case
from cases.stages.facts import Sensed, Strained
from cases.stages.kept import Kept
from cases.stages.mesh import build_mesh
from cases.stages.scaffold import strain_scaffold
from cases.stages.sensed import place_cells, probe_cells, probe_variants
from cases.stages.store import StageStore
from meshes.graded import GradedScaffold
from solver.materials import MaterialField

if TYPE_CHECKING:
    from mpi4py import MPI

    from meshes.scaffold import Scaffold
    from solver.materials import Gel


@dataclass(frozen=True, eq=False)
class Mechanics:
    """A case as the rule meets it.

    Attributes
    ----------
    scaffold
        The body; of gradients the steps that its mesh shows.
    gels
        One per ink of the body.
    sensed
        What the cells sense, and what that stands on.
    fields
        Arrays of :class:`postprocess.results.FieldData`; None where not asked for.
    steps
        Arrays of :class:`postprocess.steps.LoadSteps`; None where not asked for, and of a load that
        is not finite.
    reused
        Stages that did not have to be computed.
    """

    scaffold: Scaffold
    gels: tuple[Gel, ...]
    sensed: Sensed
    fields: Mapping[str, Any] | None
    steps: Mapping[str, Any] | None = None
    reused: tuple[str, ...] = ()


def compute_mechanics(
    case: Case,
    comm: MPI.Comm | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    store: StageStore | None = None,
    save: Collection[str] = (),
    fields: bool = True,
    contrasts: bool = True,
) -> Mechanics | None:
    """Compute what the rule stands on, or take it from the store.

    Where the store holds the last stage (and, with `fields`, the one before) with what is wanted of
    it, no mesh is loaded and DOLFINx is not imported.

    Parameters
    ----------
    case
        A checked case.
    comm
        Communicator of MPI; None: that of this run, once it is needed.
    workers
        Processes for the cells; None: one per core. Ignored under MPI.
    progress
        Told of the stages; silent by default.
    store
        Where stages are kept, for cases computed by one process each; None: nowhere.
    save
        Names of the stages to keep there once they are computed.
    fields
        Whether fields on the mesh are wanted.
    contrasts
        Whether the gels are to be compared with their collagen otherwise.

    Returns
    -------
    Mechanics or None
        None on all ranks but the first.

    Raises
    ------
    InputError
        If the case cannot be built as written.
    SolveError
        If a computation fails.
    OSError
        If the store cannot be written.
    """
    progress = progress or Progress(quiet=True)
    scaffold = build_scaffold(case)
    gels = build_gels(case, scaffold)
    require_split(case, gels)
    kept = Kept(store, case, save)
    sensed = kept.load("sensed", Sensed.read)
    strained = None
    if fields or sensed is None:
        strained = kept.load("scaffold", lambda plain: _with_fields(plain, fields))
    if sensed is None or (fields and strained is None):
        work = _Work(case, scaffold, gels, comm or world(), workers, progress, kept)
        strained, sensed = work.do(strained, sensed, fields=fields, contrasts=contrasts)
    if sensed is None:
        return None
    scaffold, gels = as_meshed(scaffold, gels, sensed.mesh.inks)
    if contrasts and sensed.variants is None:  # it was kept by a case that asked for less
        sensed = whole = replace(sensed, variants=probe_variants(case, scaffold, gels))
        kept.save("sensed", lambda: asdict(whole))
    found = strained if fields else None
    return Mechanics(
        scaffold,
        gels,
        sensed,
        fields=None if found is None else found.fields,
        steps=None if found is None else found.steps,
        reused=kept.reused,
    )


def as_meshed(
    scaffold: Scaffold, gels: tuple[Gel, ...], shown: tuple[str, ...]
) -> tuple[Scaffold, tuple[Gel, ...]]:
    """Body and gels without the steps of gradients that no cell of the mesh shows."""
    if not isinstance(scaffold, GradedScaffold):
        return scaffold, gels
    body = scaffold.keeping(shown)
    return body, tuple(gel for gel in gels if gel.ink.name in body.inks)


def _with_fields(plain: Mapping[str, Any], wanted: bool) -> Strained | None:
    """The scaffold stage; None where its fields are wanted and were not kept."""
    found = Strained.read(plain)
    return None if wanted and found.fields is None else found


@dataclass(frozen=True, eq=False)
class _Work:
    """The stages that have to be computed."""

    case: Case
    scaffold: Scaffold
    gels: tuple[Gel, ...]
    comm: MPI.Comm
    workers: int | None
    progress: Progress
    kept: Kept

    def do(
        self,
        strained: Strained | None,
        sensed: Sensed | None,
        *,
        fields: bool,
        contrasts: bool,
    ) -> tuple[Strained, Sensed | None]:
        """Compute what is None; the last stage comes on rank 0 only."""
        case, comm, progress, load = self.case, self.comm, self.progress, self.case.load
        report = None
        if strained is None:
            with progress.stage("mesh"):
                report = on_root(comm, lambda: build_mesh(case, self.scaffold, self.kept))

        def seen() -> tuple[tuple[str, ...], Any]:
            if strained is not None:
                return strained.mesh.inks, strained.mesh.exact_volumes
            assert report is not None, "the mesh is where this is asked"
            return report.mesh.inks, report.mesh.exact_volumes

        inks, volumes = shared(comm, seen)
        scaffold, gels = as_meshed(self.scaffold, self.gels, inks)
        material = MaterialField(scaffold, gels)
        cells = None
        if sensed is None:  # before the long solve, for what is wrong with them is told at once
            with progress.stage("cells"):
                cells = shared(comm, lambda: place_cells(case, scaffold, volumes))
        if strained is None:
            # a plate's way can be counted; swelling, and the one solve of linear theory, cannot
            counted = load.theory == "finite" and load.kind == "compression"
            with progress.stage("scaffold mechanics", total=STEPS if counted else None):
                strained = strain_scaffold(
                    case, scaffold, material, report, comm, progress, fields=fields
                )
            made = strained
            self.kept.save("scaffold", lambda: asdict(made))
        if cells is not None:
            sensed = probe_cells(
                case,
                scaffold,
                material,
                strained,
                cells,
                comm,
                self.workers,
                progress,
                contrasts=contrasts,
            )
            if sensed is not None:
                found = sensed
                self.kept.save("sensed", lambda: asdict(found))
        return strained, sensed
