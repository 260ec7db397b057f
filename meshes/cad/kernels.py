"""Compiled queries of a tree of boxes. Importing this module imports numba.

The tree is a heap: node 1 is the root, node k has the children 2k and 2k + 1, the last half are
leaves; leaf i holds the items ``starts[i]`` to ``starts[i + 1]``. ``boxes`` has one row per node:
lower corner, upper corner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

_STACK = 128  # a depth of 60 would be 10¹⁸ leaves


def _compiled(function: Callable[..., Any]) -> Any:
    """Compile with a cache on disk, or without one where numba finds no folder to write to."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def _to_box(boxes, node, x, y, z):  # type: ignore[no-untyped-def]
    """Squared distance from a point to a box, 0 inside."""
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 3])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 4])
    dz = max(boxes[node, 2] - z, 0.0, z - boxes[node, 5])
    return dx * dx + dy * dy + dz * dz


@_compiled
def _to_segment(px, py, pz, ex, ey, ez):  # type: ignore[no-untyped-def]
    """Squared distance from p to the segment from 0 to e."""
    square = ex * ex + ey * ey + ez * ez
    t = (px * ex + py * ey + pz * ez) / square if square > 0.0 else 0.0
    t = min(max(t, 0.0), 1.0)
    dx, dy, dz = px - t * ex, py - t * ey, pz - t * ez
    return dx * dx + dy * dy + dz * dz


@_compiled
def _to_triangle(c, x, y, z):  # type: ignore[no-untyped-def]
    """Squared distance from a point to a triangle with the corners c (3, 3).

    Where the foot of the perpendicular lies within the three edges, its length; else the distance
    to the nearest edge. Needles do no harm: no barycentric coordinate is divided by their area.
    """
    px, py, pz = x - c[0, 0], y - c[0, 1], z - c[0, 2]
    ux, uy, uz = c[1, 0] - c[0, 0], c[1, 1] - c[0, 1], c[1, 2] - c[0, 2]
    vx, vy, vz = c[2, 0] - c[0, 0], c[2, 1] - c[0, 1], c[2, 2] - c[0, 2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    qx, qy, qz = px - ux, py - uy, pz - uz
    wx, wy, wz = vx - ux, vy - uy, vz - uz
    # (n × edge)·(p − start) of each edge
    first = (ny * uz - nz * uy) * px + (nz * ux - nx * uz) * py + (nx * uy - ny * ux) * pz
    second = (ny * wz - nz * wy) * qx + (nz * wx - nx * wz) * qy + (nx * wy - ny * wx) * qz
    third = (ny * vz - nz * vy) * px + (nz * vx - nx * vz) * py + (nx * vy - ny * vx) * pz
    square = nx * nx + ny * ny + nz * nz
    if first >= 0.0 and second >= 0.0 and third <= 0.0 and square > 0.0:
        height = px * nx + py * ny + pz * nz
        return height * height / square
    nearest = _to_segment(px, py, pz, ux, uy, uz)
    nearest = min(nearest, _to_segment(px, py, pz, vx, vy, vz))
    return min(nearest, _to_segment(qx, qy, qz, wx, wy, wz))


@_compiled
def nearest_triangles(boxes, starts, corners, x, distance, item):  # type: ignore[no-untyped-def]
    """Distance from each point to the nearest triangle, and which one it is.

    ``x`` (n, 3) and ``corners`` (m, 3, 3), µm; fills ``distance`` (n,) µm and ``item`` (n,).
    """
    leaves = len(starts) - 1
    stack = np.empty(_STACK, dtype=np.int64)
    for i in range(len(x)):
        px, py, pz = x[i, 0], x[i, 1], x[i, 2]
        best, winner = np.inf, -1
        stack[0] = 1
        top = 1
        while top > 0:
            top -= 1
            node = stack[top]
            if _to_box(boxes, node, px, py, pz) >= best:
                continue
            if node >= leaves:
                leaf = node - leaves
                for k in range(starts[leaf], starts[leaf + 1]):
                    square = _to_triangle(corners[k], px, py, pz)
                    if square < best:
                        best, winner = square, k
                continue
            left, right = 2 * node, 2 * node + 1
            near, far = left, right
            if _to_box(boxes, right, px, py, pz) < _to_box(boxes, left, px, py, pz):
                near, far = right, left
            stack[top] = far
            stack[top + 1] = near
            top += 2
        distance[i] = np.sqrt(best)
        item[i] = winner


@_compiled
def _crossing(c, x, y, z, sx, sy):  # type: ignore[no-untyped-def]
    """How the ray from a point along (sx, sy, 1) crosses a triangle: 1 out, -1 in, 0 not, 2 unsure.

    Woop, Benthin & Wald 2013 (Journal of Computer Graphics Techniques 2, 65-82): the edge functions
    of two triangles are exact opposites on a common edge, so that a ray slips through no seam.
    """
    az, bz, cz = c[0, 2] - z, c[1, 2] - z, c[2, 2] - z
    ax, ay = c[0, 0] - x - sx * az, c[0, 1] - y - sy * az
    bx, by = c[1, 0] - x - sx * bz, c[1, 1] - y - sy * bz
    cx, cy = c[2, 0] - x - sx * cz, c[2, 1] - y - sy * cz
    u = cx * by - cy * bx
    v = ax * cy - ay * cx
    w = bx * ay - by * ax
    if min(u, v, w) < 0.0 and max(u, v, w) > 0.0:
        return 0
    if (u * az + v * bz + w * cz) * (u + v + w) < 0.0:
        return 0  # behind
    if u == 0.0 or v == 0.0 or w == 0.0:
        return 2
    return -1 if u > 0.0 else 1


@_compiled
def _missed(boxes, node, x, y, z, sx, sy):  # type: ignore[no-untyped-def]
    """Whether the ray from a point along (sx, sy, 1), sx and sy above 0, misses a box."""
    low = max(boxes[node, 2] - z, 0.0, (boxes[node, 0] - x) / sx, (boxes[node, 1] - y) / sy)
    high = min(boxes[node, 5] - z, (boxes[node, 3] - x) / sx, (boxes[node, 4] - y) / sy)
    return low > high


@_compiled
def winding_numbers(boxes, starts, corners, x, slopes, winding):  # type: ignore[no-untyped-def]
    """How many times a closed, oriented surface winds around each point: crossings of a ray.

    ``slopes`` (s, 2): the rays tried in turn, until one meets no edge or corner exactly. Fills
    ``winding`` (n,); the last ray is taken as it is.
    """
    leaves = len(starts) - 1
    stack = np.empty(_STACK, dtype=np.int64)
    for i in range(len(x)):
        px, py, pz = x[i, 0], x[i, 1], x[i, 2]
        for turn in range(len(slopes)):
            sx, sy = slopes[turn, 0], slopes[turn, 1]
            total, unsure = 0, False
            stack[0] = 1
            top = 1
            while top > 0 and not unsure:
                top -= 1
                node = stack[top]
                if _missed(boxes, node, px, py, pz, sx, sy):
                    continue
                if node < leaves:
                    stack[top] = 2 * node
                    stack[top + 1] = 2 * node + 1
                    top += 2
                    continue
                leaf = node - leaves
                for k in range(starts[leaf], starts[leaf + 1]):
                    crossing = _crossing(corners[k], px, py, pz, sx, sy)
                    if crossing == 2:
                        unsure = True
                        break
                    total += crossing
            winding[i] = total
            if not unsure:
                break


@_compiled
def holding_cells(boxes, starts, inverse, origin, x, slack, item):  # type: ignore[no-untyped-def]
    """Which tetrahedron holds each point, -1 where none does.

    ``origin`` (m, 3): first corner; ``inverse`` (m, 3, 3): from the offset to the barycentric
    coordinates of the others. Of several cells the one that holds the point most firmly; ``slack``
    (barycentric) keeps points on a face from falling between two cells.
    """
    leaves = len(starts) - 1
    stack = np.empty(_STACK, dtype=np.int64)
    for i in range(len(x)):
        px, py, pz = x[i, 0], x[i, 1], x[i, 2]
        best, winner = -slack, -1
        stack[0] = 1
        top = 1
        while top > 0 and best <= 0.0:
            top -= 1
            node = stack[top]
            if _to_box(boxes, node, px, py, pz) > 0.0:
                continue
            if node < leaves:
                stack[top] = 2 * node
                stack[top + 1] = 2 * node + 1
                top += 2
                continue
            leaf = node - leaves
            for k in range(starts[leaf], starts[leaf + 1]):
                dx, dy, dz = px - origin[k, 0], py - origin[k, 1], pz - origin[k, 2]
                m = inverse[k]
                u = m[0, 0] * dx + m[0, 1] * dy + m[0, 2] * dz
                v = m[1, 0] * dx + m[1, 1] * dy + m[1, 2] * dz
                w = m[2, 0] * dx + m[2, 1] * dy + m[2, 2] * dz
                least = min(u, v, w, 1.0 - u - v - w)
                if least > best:
                    best, winner = least, k
        item[i] = winner
