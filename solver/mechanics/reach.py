"""How far a cell's pull reaches: displacement on the template's shells against distance. NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.materials.tensors import FloatArray
from solver.mechanics.template import Template

_SHARE = 0.1  # of the displacement at the cell
_FIT = (2.0, 6.0)  # cell radii between which the decay is fitted: past the near field, off the end


class Shells:
    """The nodes of a template that lie on its shells.

    The root mean square is over nodes with equal weights: the vertices of an icosphere come in
    orbits of the icosahedral group, each exact for polynomials of degree 5, and the square of a
    dipole's displacement has degree 4.

    Parameters
    ----------
    template
        Its radii, in cell radii.
    nodes
        ``(n, 3)``, in cell radii.
    """

    def __init__(self, template: Template, nodes: FloatArray) -> None:
        distance = np.linalg.norm(nodes, axis=1)
        self.radii = np.array(template.radii)
        self._on = [np.flatnonzero(np.isclose(distance, r, rtol=1e-6)) for r in self.radii]

    def rms(self, displacement: FloatArray, gel: NDArray[np.bool_] | None = None) -> FloatArray:
        """Root mean square on each shell ``(k,)``, unit of the displacement.

        Parameters
        ----------
        displacement
            ``(n, 3)`` at the nodes.
        gel
            Which of them count ``(n,)``: free space only follows the gel. A shell without gel
            counts whole; ``None``: all.
        """
        size = (displacement**2).sum(axis=1)
        counted = [on if gel is None or not gel[on].any() else on[gel[on]] for on in self._on]
        return np.sqrt([size[on].mean() for on in counted])

    def reach(self, rms: FloatArray) -> float:
        """Distance from the centre, in cell radii, at which ``rms`` is a tenth of the cell's.

        Interpolated in log–log between shells. If it stays above a tenth, the outer radius: the
        reach is then at least that.
        """
        below = np.flatnonzero(rms < _SHARE * rms[0])
        if not len(below):
            return float(self.radii[-1])
        k = int(below[0])
        x, y = np.log(self.radii[k - 1 : k + 1]), np.log(rms[k - 1 : k + 1])
        share = (np.log(_SHARE * rms[0]) - y[0]) / (y[1] - y[0])
        return float(np.exp(x[0] + share * (x[1] - x[0])))

    def exponent(self, rms: FloatArray) -> float:
        """n of ``rms ∝ r⁻ⁿ``, fitted between two and six cell radii."""
        inside = (self.radii >= _FIT[0]) & (self.radii <= _FIT[1])
        return float(-np.polyfit(np.log(self.radii[inside]), np.log(rms[inside]), 1)[0])
