"""What a rheometer or a tensile tester would read on a block of one gel, in plain NumPy.

Homogeneous deformations of a :class:`HyperelasticGel`, all points of a curve at once. Directions
are given in the frame of the fibres (e_z along them). No mesh, no solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from meshes.errors import SolveError
from solver.materials.hyperelastic import BoundGel, HyperelasticGel, Response
from solver.materials.tensors import IDENTITY, FloatArray, from_mandel, to_mandel

ALONG, ACROSS = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
_FREE = np.arange(1, 6)  # all Mandel components but that of the pulled line
_ITERATIONS = 60
_HALVINGS = 12
_TOLERANCE = 1e-10  # of the free stresses
_HELD_BACK = 0.5  # largest relative change of C in one step
_LEAD = 0.05  # largest change of ln λ for which the last solution is a good start


@dataclass(frozen=True, eq=False)
class Curve:
    """A homogeneous test, ``n`` points.

    Attributes
    ----------
    control
        What the machine drives: stretch λ, or amount of shear γ, ``(n,)``.
    gradient
        Deformation gradient F in the frame of the fibres, ``(n, 3, 3)``.
    cauchy
        True stress in the frame of the fibres, ``(n, 6)`` Mandel, kPa.
    nominal
        Force per area at rest that works on the control, ``(n,)``, kPa: dΨ/d(control).
    modulus
        Its slope against the control, ``(n,)``, kPa.
    energy
        Ψ per volume at rest, ``(n,)``, kPa.
    """

    control: FloatArray
    gradient: FloatArray
    cauchy: FloatArray
    nominal: FloatArray
    modulus: FloatArray
    energy: FloatArray


def uniaxial(gel: HyperelasticGel, stretch: ArrayLike, axis: ArrayLike = ALONG) -> Curve:
    """Pull along an axis with all other stresses free.

    The line of material along the axis keeps its direction; whatever else the gel does (thinning
    unlike in two directions, shear where the fibres lie askew) follows from ``S = s m⊗m``.

    Parameters
    ----------
    gel
        The material.
    stretch
        λ of the pulled line, positive, ``(n,)``.
    axis
        Direction m in the frame of the fibres.

    Raises
    ------
    ValueError
        If a stretch is not positive.
    SolveError
        If no lateral stretch is found that frees the sides at some point.
    """
    control = _positive(stretch)
    turn = _basis(axis)
    material = _bound(gel, turn, len(control))
    c, answer = _free_sides(material, control)
    stress, tangent = answer.stress, answer.tangent
    coupling = tangent[:, 0, _FREE]
    free = tangent[:, 1:, 1:]
    along = tangent[:, 0, 0] - np.einsum(
        "ni,ni->n", coupling, np.linalg.solve(free, coupling[:, :, None])[:, :, 0]
    )
    gradient = np.linalg.cholesky(from_mandel(c)).swapaxes(1, 2)  # F m = λ m
    return Curve(
        control=control,
        gradient=turn @ gradient @ turn.T,
        cauchy=_cauchy(turn @ gradient, stress),
        nominal=control * stress[:, 0],
        modulus=stress[:, 0] + control**2 * along,
        energy=answer.energy,
    )


def confined(gel: HyperelasticGel, stretch: ArrayLike, axis: ArrayLike = ALONG) -> Curve:
    """Extend (or press) along an axis with the sides held: ``F = I + (λ − 1) m⊗m``.

    Parameters
    ----------
    gel
        The material.
    stretch
        λ, positive, ``(n,)``.
    axis
        Direction m in the frame of the fibres.

    Raises
    ------
    ValueError
        If a stretch is not positive.
    """
    control = _positive(stretch)
    m = _unit(axis)
    return _path(gel, control, control - 1.0, m[:, None] * m)


def simple_shear(
    gel: HyperelasticGel,
    amount: ArrayLike,
    direction: ArrayLike = ACROSS,
    normal: ArrayLike = ALONG,
) -> Curve:
    """Shear planes over each other: ``F = I + γ d⊗n``.

    Parameters
    ----------
    gel
        The material.
    amount
        γ, ``(n,)``.
    direction, normal
        d and n in the frame of the fibres, at right angles.

    Raises
    ------
    ValueError
        If direction and normal are not at right angles.
    """
    control = np.atleast_1d(np.asarray(amount, dtype=float))
    d, n = _unit(direction), _unit(normal)
    if abs(d @ n) > 1e-9:
        raise ValueError(f"expected a direction in the plane sheared, found d.n = {d @ n:.3g}")
    return _path(gel, control, control, d[:, None] * n)


def _path(gel: HyperelasticGel, control: FloatArray, amount: FloatArray, rate: FloatArray) -> Curve:
    """All of F given: ``F = I + amount · rate``."""
    gradient = np.eye(3) + amount[:, None, None] * rate
    material = _bound(gel, np.eye(3), len(control))
    energy, stress, tangent = material.respond(_right_cauchy_green(gradient))
    change = np.einsum("nki,kj->nij", gradient, rate)
    strain_rate = to_mandel(0.5 * (change + change.swapaxes(1, 2)))
    turning = to_mandel(rate.T @ rate)
    return Curve(
        control=control,
        gradient=gradient,
        cauchy=_cauchy(gradient, stress),
        nominal=np.einsum("ni,ni->n", stress, strain_rate),
        modulus=np.einsum("ni,nij,nj->n", strain_rate, tangent, strain_rate) + stress @ turning,
        energy=energy,
    )


def _free_sides(material: BoundGel, stretch: FloatArray) -> tuple[FloatArray, Response]:
    """C with ``C_mm = λ²`` and no stress but S_mm, for every point by itself.

    Led there from rest in steps of ln λ: fibres that stiffen exponentially leave Newton no way
    back from a poor start.
    """
    poisson = 0.5 * material.lame / (material.lame + material.shear)
    steps = max(1, int(np.ceil(np.abs(np.log(stretch)).max() / _LEAD)))
    pull = stretch ** (2.0 / steps)
    c = np.broadcast_to(IDENTITY, (len(stretch), 6)).copy()
    for step in range(1, steps + 1):
        c[:, 0] = pull**step
        if step == 1:
            c[:, 1] = c[:, 2] = pull**-poisson
        c, answer, residual = _newton(material, c)
    left = ~(residual <= _goal(material, answer))
    if left.any():
        worst = int(np.argmax(np.where(left, np.nan_to_num(residual, nan=np.inf), -1.0)))
        raise SolveError(
            f"uniaxial test: found no lateral stretch that frees the sides at a stretch of "
            f"{stretch[worst]:.4g} (stress left: {residual[worst]:.3g} kPa)",
            hint="stay nearer to a stretch of 1, or give the matrix a larger share",
        )
    return c, answer


def _newton(material: BoundGel, c: FloatArray) -> tuple[FloatArray, Response, FloatArray]:
    """Damped Newton in the free components of C; what is left of their stress at the end."""
    answer = material.respond(c)
    residual = _residual(answer)
    for _ in range(_ITERATIONS):
        left = residual > _goal(material, answer)
        if not left.any():
            break
        free = np.where(left[:, None, None], answer.tangent[:, 1:, 1:], np.eye(5))
        change = np.zeros_like(c)  # D = 2 dS/dC
        change[:, 1:] = -2.0 * np.linalg.solve(free, answer.stress[:, 1:, None])[:, :, 0]
        change[~left] = 0.0
        size = np.abs(change).max(axis=1) / np.minimum(c[:, 1], c[:, 2])
        factor = np.minimum(1.0, _HELD_BACK / np.maximum(size, 1e-300))
        for _ in range(_HALVINGS):
            trial = material.respond(c + factor[:, None] * change)
            worse = left & ~(_residual(trial) < residual)
            if not worse.any():
                break
            factor = np.where(worse, 0.5 * factor, factor)
        # where no step helps the point stays: rounding, or a dead end that the caller tells
        factor = np.where(worse, 0.0, factor)
        if not factor[left].any():
            break
        c = c + factor[:, None] * change
        answer = material.respond(c) if worse.any() else trial
        residual = _residual(answer)
    return c, answer, residual


def _goal(material: BoundGel, answer: Response) -> FloatArray:
    """Stress in kPa that counts as none: of the gel's modulus, or rounding of a large stress."""
    return np.asarray(_TOLERANCE * (material.shear + np.abs(answer.stress[:, 0])))


def _residual(answer: Response) -> FloatArray:
    return np.asarray(np.abs(answer.stress[:, 1:]).max(axis=1))


def _bound(gel: HyperelasticGel, turn: FloatArray, n: int) -> BoundGel:
    """The gel at n points, seen from the axes that are the columns of ``turn``."""
    return gel.bind(np.broadcast_to(turn.T, (n, 3, 3)), np.ones(n))


def _right_cauchy_green(gradient: FloatArray) -> FloatArray:
    return to_mandel(gradient.swapaxes(1, 2) @ gradient)


def _cauchy(gradient: FloatArray, stress: FloatArray) -> FloatArray:
    """``σ = F S Fᵀ / J``."""
    jacobian = np.abs(np.linalg.det(gradient))
    pushed = gradient @ from_mandel(stress) @ gradient.swapaxes(1, 2)
    return to_mandel(pushed) / jacobian[:, None]


def _positive(stretch: ArrayLike) -> FloatArray:
    values = np.atleast_1d(np.asarray(stretch, dtype=float))
    if not (values > 0.0).all():
        raise ValueError(f"expected positive stretches, found {values.min():g}")
    return values


def _unit(axis: ArrayLike) -> FloatArray:
    vector = np.asarray(axis, dtype=float)
    return np.asarray(vector / np.linalg.norm(vector))


def _basis(axis: ArrayLike) -> FloatArray:
    """A rotation whose first column is the axis."""
    m = _unit(axis)
    side = np.eye(3)[np.argmin(np.abs(m))]
    side = side - (side @ m) * m
    side /= np.linalg.norm(side)
    return np.column_stack([m, side, np.cross(m, side)])
