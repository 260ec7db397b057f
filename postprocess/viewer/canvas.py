"""The 3D picture: layers of a scene on one plotter, redrawn only where something changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from postprocess.camera import Camera
from postprocess.scene.bars import add_scale_bar
from postprocess.scene.fibres import add_fibres
from postprocess.scene.glyphs import MOST_BALLS, add_ellipsoids, add_sites
from postprocess.scene.layers import add_body, add_clip, add_field, add_section
from postprocess.scene.planes import Plane
from postprocess.scene.quantities import Limits, Quantity
from postprocess.scene.spread import sphere_radius
from postprocess.viewer.charts import colours_of, shares_of
from postprocess.viewer.pick import under
from postprocess.viewer.shown import NIGHT, PAPER, Shown
from postprocess.viewer.standins import StandIns

if TYPE_CHECKING:
    from postprocess.scene.data import Scene

_PICKED = "#e6194b"
_RIM = 1.22  # outline of an uncertain site relative to its dot

_PAINT = "__rgba__"

# A dot turned to the eye, shaded like a ball, but never so dark that its colour cannot be read.
_BALL = """//VTK::Color::Impl
float mag = dot(offsetVCVSOutput.xy, offsetVCVSOutput.xy);
if (mag > 1.0) discard;
float shade = 0.62 + 0.38 * sqrt(1.0 - mag);
ambientColor *= shade;
diffuseColor *= shade;
"""
_RING = """//VTK::Color::Impl
float mag = dot(offsetVCVSOutput.xy, offsetVCVSOutput.xy);
if (mag > 1.0 || mag < 0.55) discard;
"""


class Canvas:
    """An off-screen plotter that shows one scene.

    Parameters
    ----------
    scene
        What is drawn. The arrays of its sites may change: see :meth:`recolour`.
    size
        Pixels, until a page says otherwise.
    """

    def __init__(self, scene: Scene, size: tuple[int, int] = (1000, 760)) -> None:
        import pyvista

        self.plotter = pyvista.Plotter(off_screen=True, window_size=list(size), lighting="none")
        self.plotter.suppress_rendering = True
        # Without a graphics card every sample of a pixel costs as much as a pixel.
        self.plotter.render_window.SetMultiSamples(0)
        self.plotter.renderer.SetUseFXAA(True)
        self.plotter.enable_trackball_style()
        # It hangs over the left shoulder of whoever looks, and goes with them.
        lamp = pyvista.Light(position=(-0.3, 0.35, 1.0), light_type="camera light")
        self.plotter.add_light(lamp)
        self.balls = False
        self._scene = scene
        self._layers: dict[str, list[Any]] = {}
        self._drawn: dict[str, Any] = {}
        self._light = StandIns(self.plotter)
        self._seen: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._from: Camera | None = None
        self.window.AddObserver("WindowResizeEvent", lambda *_: self._fit())
        self.look_from(Camera())

    @property
    def window(self) -> Any:
        """The ``vtkRenderWindow``."""
        return self.plotter.render_window

    def show_scene(self, scene: Scene) -> None:
        """Show another scene from where the eye is."""
        self._scene = scene
        self._drawn.clear()

    def draw(
        self, shown: Shown, rows: npt.NDArray[np.int64], picked: int | None, version: int = 0
    ) -> None:
        """Bring the layers up to date.

        Parameters
        ----------
        shown
            What to show.
        rows
            Sites that are chosen, ascending; the others are faint.
        picked
            Site that is marked.
        version
            Changes where the outlines of the sites do.
        """
        background = NIGHT if shown.dark else PAPER
        self._layer("background", (shown.dark,), lambda: self._background(background))
        solid: tuple[Any, ...] = (shown.body, shown.clip)
        if shown.body in ("field", "section"):
            solid += (shown.field, shown.field_ends)
        self._layer("body", solid, lambda: self._body(shown))
        key = rows.tobytes() if len(rows) < self._scene.sites.n_points else None
        dots = (shown.sites, shown.site_ends, shown.clip, shown.rings, shown.ellipsoids)
        self._layer("sites", (*dots, key, self.balls, version), lambda: self._sites(shown, rows))
        fibres = (shown.fibres, shown.fibre_ends, shown.clip)
        self._layer("fibres", fibres, lambda: self._fibres(shown))
        self._layer("picked", (picked, self.balls), lambda: self._mark(picked))
        ink = "#e8e8e8" if shown.dark else "#333333"
        self._layer("scale", (shown.dark,), lambda: self._ruler(ink))
        self.plotter.reset_camera_clipping_range()

    def recolour(self, quantity: Quantity, ends: Limits) -> None:
        """Colour the sites that are drawn by the values that the scene now holds."""
        for actor in self._layers.get("sites", [])[:1]:
            # A mapper hands out what its pipeline has made: a new input is taken for certain.
            fresh = actor.mapper.dataset.copy(deep=False)
            values = quantity.values(self._scene)[np.asarray(fresh.point_data["row"])]
            painted = _PAINT in fresh.point_data  # sprites carry colours, balls carry values
            name = _PAINT if painted else quantity.key
            paint = colours_of(quantity, shares_of(values, ends), len(self._scene.inks))
            fresh.point_data[name] = paint if painted else values
            self._light.paint(paint)
            fresh.set_active_scalars(name, preference="point")
            actor.mapper.SetInputDataObject(fresh)

    def look_from(self, camera: Camera) -> None:
        """Frame the whole body from a direction."""
        self._from = camera
        width, height = self.window.GetSize()
        frame = camera.frame(self._scene.bounds, int(width), int(height))
        toward, centre = frame.toward_eye, np.array(frame.centre)
        far = 10 * max(frame.size) / frame.scale
        self.plotter.camera_position = [tuple(centre + far * toward), frame.centre, frame.up]
        self.plotter.enable_parallel_projection()
        self.plotter.camera.parallel_scale = 1.08 * height / frame.scale / 2
        self.plotter.reset_camera_clipping_range()

    def _fit(self) -> None:
        """Keep the whole in view when the page changes its size, until somebody has moved it."""
        if self._from is not None:
            self.look_from(self._from)

    def move(self, moving: bool) -> None:
        """The mouse turns the body, or has let go."""
        self._from = None
        self.hurry(moving)

    def hurry(self, wanted: bool) -> bool:
        """Show light stand-ins for what is heavy to draw; whether there are any."""
        self._light.show(wanted)
        return self._light.any

    def pick(self, x: float, y: float) -> int | None:
        """The chosen site under a point of the picture, the nearest to the eye; None: none.

        Parameters
        ----------
        x, y
            0 to 1 from the left and from the bottom.
        """
        if not self._layers.get("sites"):
            return None
        points = np.asarray(self._scene.sites.points, dtype=float)[self._seen]
        found = under((x, y), points, self._radius(), self.plotter.camera, self.window.GetSize())
        return None if found is None else int(self._seen[found])

    def picture(self, scale: int = 2) -> npt.NDArray[np.uint8]:
        """The picture as it is, ``(h, w, 3)``, ``scale`` times as fine."""
        self.plotter.suppress_rendering = False
        try:
            self.window.Render()
            return np.asarray(self.plotter.screenshot(return_img=True, scale=scale))
        finally:
            self.plotter.suppress_rendering = True

    def close(self) -> None:
        """Give back what the graphics hold."""
        self.plotter.close()

    def _radius(self) -> float:
        points = np.asarray(self._scene.sites.points, dtype=float)
        return sphere_radius(points, self._scene.bounds, self._scene.cell_radius_um)

    def _layer(self, name: str, key: tuple[Any, ...], make: Any) -> None:
        if self._drawn.get(name) == key:
            return
        self._drawn.pop(name, None)
        self._light.drop(name)
        for actor in self._layers.pop(name, []):
            self.plotter.remove_actor(actor, reset_camera=False, render=False)
        self._layers[name] = make() or []
        self._drawn[name] = key

    def _background(self, colour: str) -> None:
        self.plotter.set_background(colour)

    def _body(self, shown: Shown) -> list[Any]:
        scene, clip = self._scene, shown.clip
        if shown.body == "none":
            return []
        if shown.body == "field":
            ends = shown.field_ends
            actors = (
                add_field(self.plotter, scene, shown.field, ends=ends)
                if clip is None
                else add_clip(self.plotter, scene, shown.field, clip, ends=ends)
            )
        else:
            actors = add_body(self.plotter, scene, clip=clip if shown.body == "glass" else None)
        if shown.body == "section":
            plane = clip or Plane("y")
            actors += add_section(self.plotter, scene, shown.field, plane, ends=shown.field_ends)
        self._light.for_skins("body", actors)
        return actors

    def _sites(self, shown: Shown, rows: npt.NDArray[np.int64]) -> list[Any]:
        if shown.sites is None:
            return []
        scene = self._scene
        look: dict[str, Any] = {"ends": shown.site_ends, "clip": shown.clip}
        if shown.ellipsoids:
            self._seen = rows
            return add_ellipsoids(self.plotter, scene, shown.sites, **look)
        if shown.clip is not None:
            points = np.asarray(scene.sites.points, dtype=float)[rows]
            rows = rows[shown.clip.kept(points, scene.bounds)]
        if self.balls:
            rows = rows[:: max(1, -(-len(rows) // MOST_BALLS))]
        self._seen = rows
        actors = add_sites(
            self.plotter,
            scene,
            shown.sites,
            ends=shown.site_ends,
            ring=shown.rings,
            radius=self._radius(),
            chosen=rows,
            sprites=not self.balls,
        )
        if not self.balls:
            self._dots(actors, shown, rows)
        return actors

    def _dots(self, actors: list[Any], shown: Shown, rows: npt.NDArray[np.int64]) -> None:
        """Shade the dots of sites, and have lighter ones at hand."""
        for actor in actors:
            actor.mapper.SetSplatShaderCode(_BALL)
        for rim in actors[1:]:
            rim.mapper.scale_factor = _RIM * self._radius()
        if shown.sites is not None and shown.site_ends is not None:
            shares = shares_of(shown.sites.values(self._scene)[rows], shown.site_ends)
            points = np.asarray(self._scene.sites.points, dtype=float)[rows]
            paint = colours_of(shown.sites, shares, len(self._scene.inks))
            self._light.for_sites(actors, points, paint, self._radius())

    def _fibres(self, shown: Shown) -> list[Any]:
        if shown.fibres is None:
            return []
        return add_fibres(
            self.plotter,
            self._scene,
            shown.fibre_field,
            how=shown.fibres,
            ends=shown.fibre_ends,
            clip=shown.clip,
        )

    def _mark(self, picked: int | None) -> list[Any]:
        """A ring about the picked site that always faces the eye."""
        if picked is None:
            return []
        import pyvista

        radius, place = 2.1 * self._radius(), np.asarray(self._scene.sites.points[picked], float)
        if self.balls:  # a browser knows no sprites
            ball = pyvista.Sphere(radius, place, theta_resolution=12, phi_resolution=8)
            look: dict[str, Any] = {"style": "wireframe", "color": _PICKED, "lighting": False}
            return [self.plotter.add_mesh(ball, **look)]
        spot = pyvista.PolyData(place[None])
        ring = self.plotter.add_mesh(
            spot,
            style="points_gaussian",
            emissive=False,
            render_points_as_spheres=True,
            color=_PICKED,
            lighting=False,
        )
        ring.mapper.SetSplatShaderCode(_RING)
        ring.mapper.scale_factor = radius
        return [ring]

    def _ruler(self, colour: str) -> list[Any]:
        return add_scale_bar(self.plotter, self._scene, colour=colour)
