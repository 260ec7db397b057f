"""From the gradients of a case to a body in steps and a recipe for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cases.expression import AXES, ExpressionError, parse_expression
from meshes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import meshes.scaffold
    from cases.schema import Case, Gradient
    from meshes.graded import Grading
    from meshes.scaffold import FloatArray
    from solver.materials import ink as material

_TRIED = 4096  # places at which a formula is tried before anything is computed


def graded_body(case: Case, base: meshes.scaffold.Scaffold) -> meshes.scaffold.Scaffold:
    """Return the body with its gradients in steps; the body itself where no ink has one.

    Raises
    ------
    InputError
        If a formula has no value somewhere in the box around the body.
    """
    from meshes.graded import GradedScaffold

    graded = {
        i: _grading(name, gradient, base.bounds)
        for i, name in enumerate(base.inks)
        if (gradient := case.inks[name].gradient) is not None
    }
    return GradedScaffold(base, graded) if graded else base


def level_recipes(
    name: str, gradient: Gradient, first: material.Ink, second: material.Ink
) -> tuple[material.Ink, ...]:
    """Return the recipe of each step of an ink, named as the steps of the body are.

    Raises
    ------
    InputError
        If the two recipes differ in more than numbers, naming the key.
    """
    from meshes.graded import level_names
    from solver.materials.mixing import mix_inks

    names = level_names(name, gradient.levels)
    weights = (np.arange(gradient.levels) + 0.5) / gradient.levels
    try:
        return tuple(
            mix_inks(first, second, float(w), n) for n, w in zip(names, weights, strict=True)
        )
    except ValueError as error:
        raise InputError(
            f"inks.{name}.gradient.to.{error}",
            hint="a gradient changes numbers only: write the key in both recipes, or in neither",
        ) from None


def chosen_inks(scaffold: meshes.scaffold.Scaffold, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the inks of a body that are, or are steps of, the inks of these names."""
    from meshes.graded import ink_families

    families, parents = ink_families(scaffold)
    return tuple(ink for ink, i in zip(scaffold.inks, parents, strict=True) if families[i] in names)


def compared_inks(scaffold: meshes.scaffold.Scaffold) -> frozenset[str]:
    """Return the inks whose collagen is compared: of an ink in steps the ends and the middle."""
    from meshes.graded import ink_families

    families, parents = ink_families(scaffold)
    chosen: set[str] = set()
    for i in range(len(families)):
        steps = [ink for ink, parent in zip(scaffold.inks, parents, strict=True) if parent == i]
        chosen |= {steps[0], steps[len(steps) // 2], steps[-1]}
    return frozenset(chosen)


def gradient_notes(scaffold: meshes.scaffold.Scaffold) -> list[str]:
    """Return what looks like a slip: gradients of which the body shows one step only."""
    from meshes.graded import GradedScaffold

    if not isinstance(scaffold, GradedScaffold):
        return []
    counts = np.bincount(scaffold.parents)
    return [
        f"ink '{scaffold.base.inks[i]}': one of the {grading.levels} steps of its gradient is all "
        "that this body (or its mesh) shows; check gradient.along, whose x, y, z and r are um"
        for i, grading in scaffold.graded.items()
        if counts[i] == 1
    ]


def _grading(name: str, gradient: Gradient, bounds: FloatArray) -> Grading:
    from meshes.graded import Grading
    from meshes.volumes import lattice_points

    weight = _weight(f"inks.{name}.gradient.along", gradient.along, bounds)
    corners = np.array([[bounds[i, 0], bounds[j, 1], bounds[k, 2]]
                        for i in (0, 1) for j in (0, 1) for k in (0, 1)])  # fmt: skip
    weight(np.concatenate([corners, lattice_points(bounds, 0, _TRIED)]))
    return Grading(gradient.levels, weight)


def _weight(key: str, along: str, bounds: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Return the function from points (n, 3) µm to weights (n,) that `along` stands for."""
    low, high = bounds
    extent = high - low
    middle = 0.5 * (low + high)

    def from_axis(points: FloatArray) -> FloatArray:
        return np.asarray(np.hypot(*(points - middle)[:, :2].T), dtype=np.float64)

    if along in AXES:
        axis = AXES.index(along)
        if axis == 3:
            rim = 0.5 * float(extent[:2].max())
            return lambda points: np.asarray(from_axis(points) / rim, dtype=np.float64)
        start, length = float(low[axis]), float(extent[axis])
        return lambda points: np.asarray((points[:, axis] - start) / length, dtype=np.float64)
    formula = parse_expression(along)

    def weight(points: FloatArray) -> FloatArray:
        x, y, z = (points - low).T
        try:
            return formula({"x": x, "y": y, "z": z, "r": from_axis(points)})
        except ExpressionError as error:
            raise InputError(
                f"{key}: {error.headline}: expected {error.expected}, found {error.found}",
                hint=error.mend,
            ) from None

    return weight
