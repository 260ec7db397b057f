"""The sensed-stiffness stage: one probe per process, all sites shared out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meshes.errors import SolveError
from solver.materials.field import MaterialField
from solver.materials.prestrain import Prestrain, incremental
from solver.materials.tensors import FloatArray
from solver.mechanics.sensed import SensedStiffness, sense
from solver.mechanics.sharing import Advance, Work, share_out
from solver.mechanics.template import TEMPLATES, Template

if TYPE_CHECKING:
    from mpi4py import MPI

    from solver.materials.finite_field import FiniteField
    from solver.materials.gel import Gel
    from solver.materials.hyperelastic import PointMaterial
    from solver.mechanics.probe import CellProbe

NEAR = 1.75  # cell radii from a face: nearer, the finer mesh is used
# Depths under a face up to which strained gel carries no stress, in widths of a sampling point: an
# element, two, four, and in the end all of it [numerical]. The next is taken only where the gel
# buckles.
_RIMS = (3.0, 6.0, 12.0, np.inf)
_CHUNK = 8  # sites handed to a worker at a time: small enough for a smooth progress bar
_POOL_WORTH = 24  # below this a pool costs more (imports, template) than it saves


@dataclass(frozen=True, eq=False)
class ProbeSettings:
    """What the probes of all processes share.

    Parameters
    ----------
    material
        Where the stiffness comes from.
    radius
        Cell radius, µm.
    template
        Mesh of the patch; default the standard one.
    near
        Mesh for cells closer than ``NEAR`` radii to a free face or to glass, which crosses the
        elements beside the cell there.
    prestrain
        How the scaffold's load has deformed the gel; ``None``: cells feel it undeformed. Sites
        are given in the undeformed scaffold, directions are those of the deformed one.
    """

    material: MaterialField
    radius: float
    template: Template = TEMPLATES["standard"]
    near: Template = TEMPLATES["fine"]
    prestrain: Prestrain | None = None

    def template_at(self, site: FloatArray) -> Template:
        """The mesh for a cell at ``site`` ``(1, 3)``."""
        body = self.material.body
        gap = -float(body.free_surface_distance(site)[0])
        if body.substrate_height is not None:
            gap = min(gap, float(site[0, 2]) - body.substrate_height)
        return self.near if gap < NEAR * self.radius else self.template

    @cached_property
    def finite(self) -> FiniteField:
        """The material at finite strain."""
        from solver.materials.finite_field import FiniteField

        return FiniteField(self.material)

    def gels_around(self, site: FloatArray, probe: CellProbe) -> Iterator[PointMaterial]:
        """The gel at finite strain at the probe's points around ``site`` ``(3,)``.

        Strained gel comes with rims without stress that become wider, for where it buckles, and at
        last as it was printed.
        """
        if self.prestrain is None:
            yield self.finite.bind(probe.points(site), width=probe.widths)
            return
        offsets = probe.points(np.zeros(3))
        reach = probe.template.radii[-2] * self.radius  # the last shell ends the patch
        for rim in _RIMS:
            yield self.prestrain.bind(self.finite, site, offsets, probe.widths, reach, rim)
        yield self.finite.bind(probe.points(site), width=probe.widths)

    def try_gels(
        self, site: FloatArray, probe: CellProbe, attempt: Callable[[PointMaterial], FloatArray]
    ) -> tuple[FloatArray, bool]:
        """The attempt with the first of :meth:`gels_around` that does not buckle.

        Returns
        -------
        tuple
            Its answer, and whether the gel had to be relieved of all its stress, or strain, for
            that.

        Raises
        ------
        SolveError
            If the attempt fails, or all buckle; the message says where the cell is.
        """
        from solver.mechanics.bordered import BucklingError

        buckled: SolveError | None = None
        for k, material in enumerate(self.gels_around(site, probe)):
            try:
                return attempt(material), k >= len(_RIMS) - 1
            except BucklingError as error:
                buckled = error
            except SolveError as error:
                raise at_site(error, site) from None
        assert buckled is not None
        raise at_site(buckled, site)

    def in_gel(self, site: FloatArray, offsets: FloatArray) -> NDArray[np.bool_]:
        """Which of the points at ``offsets`` ``(n, 3)`` from a cell, as it is, lie in gel."""
        x = site + offsets if self.prestrain is None else self.prestrain.pull_back(site, offsets)
        return self.material.body.free_surface_distance(x) < 0.0

    def poisson(self, site: FloatArray) -> float:
        """Poisson ratio of the uniform medium that a cell at ``site`` ``(3,)`` compares with."""
        ink = int(self.material.body.ink(site[None])[0])
        return self.material.gels[ink].poisson_ratio


class _SiteSolver:
    """Probes with memory: sites that sample the very same stiffness share one solve."""

    def __init__(self, settings: ProbeSettings) -> None:
        self.settings = settings
        self._probes: dict[Template, CellProbe] = {}
        self._known: dict[bytes, FloatArray] = {}

    def __call__(self, site: FloatArray) -> FloatArray:
        """Compliance of a site ``(3,)`` and of a uniform medium on the same mesh, and a flag.

        ``(73,)``; the flag says whether strained gel had to be relieved of all its stress.
        """
        settings = self.settings
        probe = self._probe(settings.template_at(site[None]))
        if settings.prestrain is None:
            c = settings.material.smeared(probe.points(site), probe.widths)
            try:
                compliance = self._solve(probe, c)
            except SolveError as error:
                raise at_site(error, site) from None
            relieved = False
        else:
            n = len(probe.widths)
            compliance, relieved = settings.try_gels(
                site, probe, lambda gel: self._solve(probe, *incremental(gel, n))
            )
        uniform = probe.uniform(settings.poisson(site))
        return np.concatenate([compliance.ravel(), uniform.ravel(), [float(relieved)]])

    def _solve(
        self, probe: CellProbe, stiffness: FloatArray, stress: FloatArray | None = None
    ) -> FloatArray:
        content = stiffness.tobytes() if stress is None else stiffness.tobytes() + stress.tobytes()
        key = blake2b(content, digest_size=16).digest()
        if key not in self._known:
            if len(self._known) >= 4096:  # flat memory however many sites there are
                self._known.clear()
            self._known[key] = probe.compliance(stiffness, stress)
        return self._known[key]

    def _probe(self, template: Template) -> CellProbe:
        from solver.mechanics.probe import CellProbe

        if template not in self._probes:
            self._probes[template] = CellProbe(template, self.settings.radius)
        return self._probes[template]


def sensed_stiffness(
    sites: FloatArray,
    settings: ProbeSettings,
    *,
    workers: int = 1,
    comm: MPI.Comm | None = None,
    advance: Advance = lambda count: None,
) -> SensedStiffness:
    """What a cell senses at each site.

    Parameters
    ----------
    sites
        Cell centres ``(n, 3)``, µm.
    settings
        Material, radius and template.
    workers
        Processes (ignored under MPI).
    comm
        With more than one rank the sites are shared among them; every rank gets all answers.
    advance
        Called with the number of sites done (on rank 0 under MPI: with its own).

    Raises
    ------
    SolveError
        If a site cannot be solved; the message says where it is.
    """
    sites = np.asarray(sites, dtype=float).reshape(-1, 3)
    work = Work(partial(_SiteSolver, settings), (73,), _CHUNK, _POOL_WORTH)
    answers = share_out(sites, work, workers=workers, comm=comm, advance=advance)
    compliance, uniform = answers[:, :72].reshape(-1, 2, 6, 6).swapaxes(0, 1)
    return replace(sense(compliance, uniform), relieved=answers[:, 72] > 0.0)


def at_site(error: SolveError, site: FloatArray) -> SolveError:
    """The error with the cell's place ``(3,)`` in it."""
    where = ", ".join(f"{v:.1f}" for v in site)
    return SolveError(f"cell at ({where}) um: {error.args[0]}", hint=error.hint)


def uniform_gel_senses(gels: Sequence[Gel], template: Template) -> SensedStiffness:
    """What a cell deep inside each gel senses, far from surfaces and without heterogeneity.

    Parameters
    ----------
    gels
        Any gels.
    template
        Mesh of the patch. The radius of the cell does not matter in a uniform medium.

    Returns
    -------
    SensedStiffness
        One row per gel; the axis is meant for fibres along e_z.
    """
    found = [_deep_in(template, g.stiffness.tobytes(), g.poisson_ratio) for g in gels]
    compliance, uniform = (np.array(part) for part in zip(*found, strict=True))
    return sense(compliance, uniform)


@lru_cache(maxsize=4096)  # many cases of one process have the same gels
def _deep_in(template: Template, stiffness: bytes, poisson: float) -> tuple[FloatArray, FloatArray]:
    """Compliance in a uniform gel of a stiffness ``(6, 6)``, and in the medium it is compared with.

    Each ``(6, 6)`` Mandel, 1/kPa.
    """
    probe = _deep_probe(template)
    gel = np.frombuffer(stiffness).reshape(6, 6)
    compliance = probe.compliance(np.broadcast_to(gel, (len(probe.widths), 6, 6)))
    return compliance, probe.uniform(poisson)


@lru_cache(maxsize=1)
def _deep_probe(template: Template) -> CellProbe:
    from solver.mechanics.probe import CellProbe

    return CellProbe(template, 1.0)
