"""Which way the fibres of a cell run: the direction of most of them, and how a load turns it."""

from __future__ import annotations

import numpy as np
import pytest

from cases.directions import fibre_frames, moduli, moved
from meshes.slab import Slab
from solver.materials import Alginate, Collagen, Ink, MaterialField, build_gel
from solver.materials.odf import Orientation
from solver.materials.tensors import directional_modulus

X = np.array([[50.0, 50.0, 50.0]])


def field(orientation: Orientation | None = None, alignment: float = 0.0) -> MaterialField:
    ink = Ink(
        "gel", Alginate(youngs_modulus=0.5), Collagen(5.0), None, alignment, orientation=orientation
    )
    slab = Slab(size=(100.0, 100.0, 100.0), inks=("gel",), direction=(1.0, 0.0, 0.0))
    return MaterialField(slab, (build_gel(ink),))


@pytest.mark.parametrize(
    ("orientation", "alignment", "along"),
    [
        (None, 0.6, (1, 0, 0)),  # along the strand, x
        (None, -0.4, (1, 0, 0)),  # all across it, none more than the others: the strand
        (Orientation.planar(0.9), 0.0, (1, 0, 0)),
        (Orientation.planar(-0.9), 0.0, (0, 1, 0)),  # in the plane x-y, across the strand
    ],
)
def test_the_direction_of_most_fibres(orientation, alignment: float, along) -> None:
    material = field(orientation, alignment)
    frames = fibre_frames(material, X, np.zeros(1, dtype=int))
    assert np.allclose(np.abs(frames[0, :, 2]), along)
    assert np.allclose(frames[0].T @ frames[0], np.eye(3))
    stiff, across = moduli(material.stiffness(X), frames)
    every = directional_modulus(material.stiffness(X)[0], np.eye(3))
    assert stiff[0] == pytest.approx(every[np.argmax(along)])
    assert across[0] == pytest.approx((every.sum() - stiff[0]) / 2)
    if alignment >= 0.0:
        assert stiff[0] == every.max() > 2 * across[0]


def test_a_load_turns_and_stretches_fibres() -> None:
    frames = fibre_frames(field(alignment=0.6), X, np.zeros(1, dtype=int))
    # simple shear x -> x, z += 0.75 x: the line along x becomes (1, 0, 0.75), length 1.25
    gradient = np.eye(3)[None].copy()
    gradient[0, 2, 0] = 0.75
    turned, stretch = moved(frames, gradient)
    assert stretch[0] == pytest.approx(1.25)
    assert np.allclose(np.abs(turned[0, :, 2]), [0.8, 0.0, 0.6])
    assert np.allclose(turned[0].T @ turned[0], np.eye(3))
