"""Light stand-ins for what is heavy to draw, seen while something moves.

A large skin gives way to a coarse one, many shaded dots to plain points of the same size: without
a graphics card that is the difference between a few pictures a second and a smooth turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.viewer.coarse import coarse_skin

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyvista

MOST_TRIANGLES = 60_000
"""Triangles up to which the whole skin follows the mouse."""

MOST_DOTS = 10_000
"""Sites up to which shaded dots do."""

_PAINT = "paint"


class StandIns:
    """What stands in for the layers of a plotter.

    Parameters
    ----------
    plotter
        Of those layers.
    """

    def __init__(self, plotter: pyvista.Plotter) -> None:
        self._plotter = plotter
        self._heavy: dict[str, list[Any]] = {}
        self._light: dict[str, list[Any]] = {}
        self._dots: Any = None
        self._radius = 0.0
        self.shown = False
        plotter.renderer.AddObserver("StartEvent", lambda *_: self._fit())

    @property
    def any(self) -> bool:
        """Whether anything is heavy."""
        return any(self._light.values())

    def drop(self, layer: str) -> None:
        """Forget a layer that is drawn anew."""
        for actor in self._light.pop(layer, []):
            self._plotter.remove_actor(actor, reset_camera=False, render=False)
        self._heavy.pop(layer, None)
        if layer == "sites":
            self._dots = None

    def for_skins(self, layer: str, actors: list[Any]) -> None:
        """Coarse copies of surfaces, where together they are large."""
        if sum(actor.mapper.dataset.n_cells for actor in actors) <= MOST_TRIANGLES:
            return
        copies = []
        for actor in actors:
            copy = actor.copy(deep=False)
            copy.mapper = actor.mapper.copy()
            copy.mapper.dataset = coarse_skin(actor.mapper.dataset, MOST_TRIANGLES)
            copies.append(copy)
        self._take(layer, actors, copies)

    def for_sites(
        self, actors: list[Any], points: FloatArray, colours: npt.NDArray[np.uint8], radius: float
    ) -> None:
        """Points in place of shaded dots, where they are many.

        Parameters
        ----------
        actors
            The dots and their outlines.
        points
            ``(n, 3)`` µm.
        colours
            ``(n, 4)``.
        radius
            Of a dot, µm.
        """
        if len(points) <= MOST_DOTS:
            return
        import pyvista

        self._dots, self._radius = pyvista.PolyData(points), radius
        self.paint(colours)
        mapper = pyvista.DataSetMapper(dataset=self._dots)
        mapper.SetColorModeToDirectScalars()
        actor = pyvista.Actor(mapper=mapper)
        actor.prop.style, actor.prop.lighting = "points", False
        self._take("sites", actors, [actor])

    def paint(self, colours: npt.NDArray[np.uint8]) -> None:
        """Colour the points that stand in for the sites, if any do."""
        if self._dots is not None:
            self._dots.point_data[_PAINT] = colours
            self._dots.set_active_scalars(_PAINT, preference="point")

    def show(self, instead: bool) -> None:
        """Show the stand-ins, or what they stand in for."""
        self.shown = instead
        for layer, copies in self._light.items():
            for actor in copies:
                actor.visibility = instead
            for actor in self._heavy[layer]:
                actor.visibility = not instead

    def _take(self, layer: str, actors: list[Any], copies: list[Any]) -> None:
        for copy in copies:
            self._plotter.add_actor(copy, reset_camera=False, render=False)
        self._heavy[layer], self._light[layer] = actors, copies
        self.show(self.shown)

    def _fit(self) -> None:
        """Points as large as the dots would be, whatever the zoom and the number of pixels."""
        if not self.shown or self._dots is None:
            return
        height = self._plotter.render_window.GetSize()[1]
        pixels = self._radius * height / float(self._plotter.camera.parallel_scale)
        for actor in self._light["sites"]:
            actor.prop.point_size = max(pixels, 1.5)
