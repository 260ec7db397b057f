"""Deformations and checks that tests of materials at points share."""

from __future__ import annotations

import numpy as np

from solver.materials.hyperelastic import PointMaterial
from solver.materials.tensors import FloatArray, to_mandel


def turns(n: int, seed: int = 0) -> FloatArray:
    """Random rotations ``(n, 3, 3)``."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, 3, 3)))
    q = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return q * np.linalg.det(q)[:, None, None]


def deformations(n: int, size: float = 0.06, seed: int = 3) -> FloatArray:
    """Random deformation gradients ``(n, 3, 3)``; ``size``: of the displacement gradient."""
    return np.eye(3) + size * np.random.default_rng(seed).standard_normal((n, 3, 3))


def cauchy_green(f: FloatArray) -> FloatArray:
    """C = FᵀF as Mandel vectors."""
    return to_mandel(f.swapaxes(-1, -2) @ f)


def check_derivatives(material: PointMaterial, c: FloatArray, *, volumetric: bool = True) -> None:
    """S = 2 dΨ/dC and D = 2 dS/dC by differences to 1e-6, and D symmetric."""
    h = 1e-6
    answer = material.respond(c, volumetric=volumetric)
    for k in range(6):
        step = h * np.eye(6)[k]
        above = material.respond(c + step, volumetric=volumetric)
        below = material.respond(c - step, volumetric=volumetric)
        slope = (above.energy - below.energy) / h
        scale = np.abs(answer.stress).max() + np.abs(answer.tangent).max() * 1e-2
        assert np.abs(slope - answer.stress[:, k]).max() < 1e-6 * scale
        slope = (above.stress - below.stress) / h
        assert np.abs(slope - answer.tangent[:, :, k]).max() < 1e-6 * np.abs(answer.tangent).max()
    asymmetry = np.abs(answer.tangent - answer.tangent.swapaxes(1, 2)).max()
    assert asymmetry < 1e-12 * np.abs(answer.tangent).max()
