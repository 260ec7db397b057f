"""Small bodies with an inside test and dense samples of their surface, both written down anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from meshes.scaffold import Scaffold
from meshes.shapes import TPMS, ChannelBlock, Disc, Droplet, Ring, SpheroidInGel, Spiral


@dataclass(frozen=True)
class Sampled:
    """A body, whether points lie in it, and points on its surface.

    `exact`: the signed distance is the true one. `spacing` bounds how far a point of the surface
    lies from the nearest sample.
    """

    body: Scaffold
    inside: Callable[[np.ndarray], np.ndarray]
    surface: np.ndarray
    exact: bool
    spacing: float


def ball_grid(n: int, radius: float) -> np.ndarray:
    """Points of a disc, shape (n, 2), evenly spread (sunflower)."""
    k = np.arange(n) + 0.5
    angle = k * math.pi * (3.0 - math.sqrt(5.0))
    return radius * np.sqrt(k / n)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def grid(*axes: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def box_faces(size: tuple[float, float, float], step: float) -> np.ndarray:
    faces = []
    for axis in range(3):
        spans = [np.linspace(0.0, length, int(length / step) + 2) for length in size]
        for value in (0.0, size[axis]):
            spans[axis] = np.array([value])
            faces.append(grid(*spans))
    return np.concatenate(faces)


def disc() -> Sampled:
    body = Disc(300.0, 100.0)

    def inside(x):
        round_ = (x[:, 0] - 150.0) ** 2 + (x[:, 1] - 150.0) ** 2 < 150.0**2
        return round_ & (x[:, 2] > 0.0) & (x[:, 2] < 100.0)

    flat = ball_grid(30_000, 150.0) + 150.0
    wall = grid(np.linspace(0.0, 2.0 * math.pi, 600), np.linspace(0.0, 100.0, 70))
    wall = np.column_stack(
        [150 + 150 * np.cos(wall[:, 0]), 150 + 150 * np.sin(wall[:, 0]), wall[:, 1]]
    )
    ends = [np.column_stack([flat, np.full(len(flat), z)]) for z in (0.0, 100.0)]
    return Sampled(body, inside, np.concatenate([wall, *ends]), True, 2.5)


def droplet(angle: float) -> Sampled:
    body = Droplet(300.0, angle)
    radius = 150.0 / math.sin(math.radians(angle))
    middle = 150.0 if angle <= 90.0 else radius
    centre = np.array([middle, middle, -radius * math.cos(math.radians(angle))])

    def inside(x):
        return (np.linalg.norm(x - centre, axis=1) < radius) & (x[:, 2] > 0.0)

    # Evenly over the polar angles of the cap, which end at the contact angle.
    polar = np.arccos(np.linspace(1.0, math.cos(math.radians(angle)), 40_000))
    turn = np.arange(40_000) * math.pi * (3.0 - math.sqrt(5.0))
    cap = centre + radius * np.column_stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)]
    )
    base = ball_grid(20_000, 150.0) + middle
    round_ = np.linspace(0.0, 2.0 * math.pi, 1500)
    rim = np.column_stack(
        [middle + 150 * np.cos(round_), middle + 150 * np.sin(round_), 0 * round_]
    )
    base = np.column_stack([base, np.zeros(len(base))])
    return Sampled(body, inside, np.concatenate([cap, base, rim]), True, 4.0)


def channels() -> Sampled:
    body = ChannelBlock((240.0, 200.0, 120.0), 60.0, "y", channel_height=50.0, count=2)

    def lumen(x):
        return np.minimum(
            np.hypot(x[:, 0] - 60, x[:, 2] - 50), np.hypot(x[:, 0] - 180, x[:, 2] - 50)
        )

    def inside(x):
        boxed = ((x > 0.0) & (x < (240.0, 200.0, 120.0))).all(axis=1)
        return boxed & (lumen(x) > 30.0)

    faces = box_faces(body.size, 3.0)
    faces = faces[lumen(faces) >= 30.0]
    wall = grid(np.linspace(0, 2 * math.pi, 120), np.linspace(0, 200, 120), np.array([60.0, 180.0]))
    wall = np.column_stack(
        [wall[:, 2] + 30 * np.cos(wall[:, 0]), wall[:, 1], 50 + 30 * np.sin(wall[:, 0])]
    )
    return Sampled(body, inside, np.concatenate([faces, wall]), True, 4.0)


def spheroid() -> Sampled:
    body = SpheroidInGel((200.0, 160.0, 120.0), 80.0)

    def inside(x):
        return ((x > 0.0) & (x < (200.0, 160.0, 120.0))).all(axis=1)

    return Sampled(body, inside, box_faces(body.size, 3.0), True, 3.0)


def cut_tubes(
    body: Scaffold, curves: list[tuple[np.ndarray, np.ndarray]], radius: float, rise: float
) -> Sampled:
    """Tubes about densely sampled plane curves, one per layer, with flat cuts.

    `curves` are points and normals in the plane, (n, 2) each.
    """
    every = 10
    axes = [axis for axis, _ in curves]
    height = len(axes) * rise
    trees = [cKDTree(axis) for axis in axes]

    def from_axes(x):
        return np.array(
            [
                np.hypot(tree.query(x[:, :2])[0], x[:, 2] - (k + 0.5) * rise)
                for k, tree in enumerate(trees)
            ]
        )

    def inside(x):
        return (from_axes(x).min(axis=0) < radius) & (x[:, 2] > 0.0) & (x[:, 2] < height)

    around = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)
    tubes = []
    for k, (axis, normal) in enumerate(curves):
        axis, normal = axis[::every], normal[::every]
        ring = np.empty((len(axis), len(around), 3))
        ring[..., :2] = axis[:, None] + radius * np.cos(around)[:, None] * normal[:, None]
        ring[..., 2] = (k + 0.5) * rise + radius * np.sin(around)
        tubes.append(ring.reshape(-1, 3))
    low = body.bounds[0, :2], body.bounds[1, :2]
    flat = grid(*(np.arange(a, b, 8.0) for a, b in zip(*low, strict=True)))
    flat = [np.column_stack([flat, np.full(len(flat), z)]) for z in (0.0, height)]
    surface = np.concatenate([*tubes, *flat])
    near = from_axes(surface)
    on_tube = near.min(axis=0) > radius - 1e-3
    on_cut = np.zeros(len(surface), dtype=bool)
    on_cut[sum(len(t) for t in tubes) :] = True
    keep = np.where(on_cut, near.min(axis=0) < radius, on_tube)
    keep &= (surface[:, 2] >= 0.0) & (surface[:, 2] <= height)
    return Sampled(body, inside, surface[keep], False, 12.0)


def ring() -> Sampled:
    body = Ring(600.0, 200.0, 160.0, 3, ("a", "b"))
    turn = np.linspace(0.0, 2.0 * math.pi, 4_000, endpoint=False)
    normal = np.column_stack([np.cos(turn), np.sin(turn)])
    axis = 400.0 + 300.0 * normal
    return cut_tubes(body, [(axis, normal)] * 3, 100.0, 160.0)


def spiral_axis(mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
    """Axis of Spiral(1100, 120, 200, …), 2¼ turns, and its normals, with round ends."""
    b = 200.0 / (2.0 * math.pi)
    phi = np.linspace(0.0, 4.5 * math.pi, 10_000)
    rho = b * (phi + math.pi)
    turn = phi - 4.5 * math.pi
    points = np.column_stack([rho * np.cos(turn), rho * np.sin(turn)])
    tangent = np.column_stack(
        [b * np.cos(turn) - rho * np.sin(turn), b * np.sin(turn) + rho * np.cos(turn)]
    )
    tangent /= np.linalg.norm(tangent, axis=1)[:, None]
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    # The round ends: normals fan out at the first and at the last point.
    fan = np.linspace(0.0, 2.0 * math.pi, 400)
    fan = np.column_stack([np.cos(fan), np.sin(fan)])
    points = np.concatenate([points, np.repeat(points[[0, -1]], 400, axis=0)])
    normal = np.concatenate([normal, fan, fan])
    if mirrored:
        points, normal = points * (1, -1), normal * (1, -1)
    return points + 610.0, normal


def spiral() -> Sampled:
    body = Spiral(1000.0 + 100.0, 120.0, 200.0, 100.0, 2, ("a", "b"))
    return cut_tubes(body, [spiral_axis(False), spiral_axis(True)], 60.0, 100.0)


def network(surface: str) -> Sampled:
    """A TPMS with its formula in full; samples come from the roots along lines through the box."""
    body = TPMS(surface, 100.0, 0.4, (150.0, 100.0, 120.0))
    start = 0.38 * math.pi if surface == "gyroid" else math.pi

    def g(x):
        a, b, c = (2.0 * math.pi * x / 100.0 + start).T
        if surface == "gyroid":
            return np.sin(a) * np.cos(b) + np.sin(b) * np.cos(c) + np.sin(c) * np.cos(a)
        return np.cos(a) + np.cos(b) + np.cos(c)

    def inside(x):
        return ((x > 0.0) & (x < body.size)).all(axis=1) & (g(x) < body.level)

    roots = []
    spans = [np.arange(0.5, length, 2.5) for length in body.size]
    for axis in range(3):
        lines = [*spans]
        lines[axis] = np.array([0.0])
        low = grid(*lines)
        steps = np.linspace(0.0, body.size[axis], 60)
        x = low[:, None] + steps[:, None] * np.eye(3)[axis]
        value = g(x.reshape(-1, 3)).reshape(x.shape[:2]) - body.level
        row, column = np.nonzero(value[:, :-1] * value[:, 1:] < 0.0)
        below, above, sign = x[row, column], x[row, column + 1], value[row, column]
        for _ in range(40):
            middle = 0.5 * (below + above)
            same = (g(middle) - body.level) * sign > 0.0
            below = np.where(same[:, None], middle, below)
            above = np.where(same[:, None], above, middle)
        roots.append(0.5 * (below + above))
    faces = box_faces(body.size, 2.5)
    return Sampled(body, inside, np.concatenate([*roots, faces[g(faces) < body.level]]), False, 4.0)


BODIES: dict[str, Callable[[], Sampled]] = {
    "disc": disc,
    "drop of 40°": lambda: droplet(40.0),
    "drop of 130°": lambda: droplet(130.0),
    "ring": ring,
    "spiral": spiral,
    "spheroid": spheroid,
    "channels": channels,
    "gyroid": lambda: network("gyroid"),
    "Schwarz P": lambda: network("schwarz_p"),
}
