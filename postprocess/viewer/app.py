"""Between the page and the session: what changes on one side is shown on the other.

Work is done in one loop, the newest wish first: while colours are made for one position of a
slider, those it has meanwhile passed are forgotten.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np

from meshes.errors import DormatrixError
from postprocess.camera import Camera, parse_camera
from postprocess.scene.look import Look
from postprocess.viewer.canvas import Canvas
from postprocess.viewer.charts import colour_bar, histogram, value_at
from postprocess.viewer.details import headline, site_details
from postprocess.viewer.dials import Dials
from postprocess.viewer.exports import csv_file, png_file
from postprocess.viewer.first import first_state, offered, shown_of
from postprocess.viewer.session import Session

QUIET_S = 0.2
"""How long nothing is moved before bands are sampled."""

SETTLE_S = 0.3
"""How long a browser needs until its own picture takes a camera."""

REMOTE = "remote"
"""Name of the view that this machine draws."""

STILL, HASTY = 92, 0.5
"""Quality of a picture at rest (of 100), and share of the pixels of a hasty one along each edge."""

LOOK = (
    "body", "field", "sites_by", "fibres", "ellipsoids", "rings", "clip_axis", "clip_at",
    "clip_flip", "dark", "p_range", "hist_by", "brush",
)  # fmt: skip
"""State of the page that the picture follows."""


class App:
    """The viewer behind one page (or several: all show the same).

    Parameters
    ----------
    server
        Of trame.
    session, canvas
        What is looked at, and where it is drawn.
    look, step
        What is shown first, and at which state of the load.
    """

    def __init__(
        self, server: Any, session: Session, canvas: Canvas, look: Look, step: int = -1
    ) -> None:
        self.server, self.session, self.canvas = server, session, canvas
        self.state, self.dials = server.state, Dials(session.rule)
        self.remote: Any = None
        self.local: Any = None
        self._handed_over = False
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._bands: asyncio.Task[None] | None = None
        self._begin()
        self.state.update(first_state(look, session))
        if session.loads is not None:
            self.state.load = session.loads.number(step)
            session.load(self.state.load)
            canvas.show_scene(session.scene)
        canvas.look_from(look.camera)

    def _begin(self) -> None:
        """First state of the page, and what follows from a change of it."""
        self.state.update(
            {
                "trame__title": "dormatrix",
                "results": [
                    {"title": name, "value": number}
                    for number, name in enumerate(self.session.names)
                ],
                "result": 0,
                "dark": False,
                "local": False,
                "local_wanted": False,
                "message": "",
                "busy": False,
                "brushing": False,
                "brush_from": 0,
                "down": [0, 0],
            }
        )
        self._offer()
        self.state.change(*LOOK)(lambda **_: self.want("draw", "charts"))
        self.state.change("positions", "preset")(lambda **_: self._turned())
        self.state.change("result")(lambda result, **_: self._switch(int(result)))
        self.state.change("load")(lambda load, **_: self._load(int(load)))
        self.state.change("local_wanted")(lambda **_: self.want("hand over"))
        style = self.canvas.plotter.iren.interactor.GetInteractorStyle()
        style.AddObserver("StartInteractionEvent", lambda *_: self.canvas.move(True))
        style.AddObserver("EndInteractionEvent", lambda *_: self._rest())
        trigger = self.server.controller.trigger
        for name in ("pick", "aim", "reset", "png", "csv", "case_file", "camera", "ready"):
            trigger(name)(getattr(self, name))
        self.server.controller.on_server_ready.add_task(self._work)

    def _offer(self) -> None:
        """What can be chosen for the result at hand."""
        self.state.update(offered(self.session))
        self.dials = Dials(self.session.rule)
        self.state.update(self.dials.page())

    def want(self, *what: str) -> None:
        """Have something done soon, see :meth:`_do`."""
        self._wanted |= set(what)
        self._wake.set()

    async def _work(self, **_: Any) -> None:
        self.want("draw", "charts")
        if self.session.rule is not None:
            warm = asyncio.to_thread(self.session.rule.warm)
            self._warm = asyncio.get_running_loop().create_task(warm)
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0)  # messages that wait come first: they may change what is wanted
            todo, self._wanted = self._wanted, set()
            with self.state:
                try:
                    self._do(todo)
                except DormatrixError as error:
                    self.state.message = str(error)
                except Exception as error:  # told by the server; the page goes on
                    self.server.controller.on_exception(error)

    def _do(self, todo: set[str]) -> None:
        if "rule" in todo:
            self.session.ask()
            self.state.message = ""
            self._sample()
        if "load" in todo:
            self.session.load(int(self.state.load))
            self.canvas.show_scene(self.session.scene)
        if "hand over" in todo:
            self._hand_over()
        if todo & {"rule", "draw", "load", "hand over"}:
            self._draw(recolour="rule" in todo)
            # The whole picture follows with the bands.
            following = "rule" in todo and self.session.moved.answer is not None
            self.push(hasty=self.canvas.hurry(following) and following)
        self._charts()

    def _draw(self, *, recolour: bool) -> None:
        shown = shown_of(self.state, self.session)
        if shown.sites is not None:
            self.session.share(shown.sites)
            if recolour and shown.site_ends is not None:
                self.canvas.recolour(shown.sites, shown.site_ends)
        self.canvas.draw(shown, self._chosen(), self.session.picked, self.session.version)
        bars = [shown.field] if shown.body in ("field", "section") else []
        bars += [shown.fibre_field] if shown.fibres is not None else []
        bars += [shown.sites] if shown.sites is not None else []
        inks = self.session.scene.inks
        self.state.bars = [colour_bar(one, self.session.limits(one), inks) for one in bars]

    def _chosen(self) -> Any:
        low, high = (float(end) / 100.0 for end in self.state.p_range)
        brush = None
        if list(self.state.brush) != [0, 100]:
            what = self.session.quantity(self.state.hist_by, of_sites=True)
            ends = self.session.limits(what)
            first, last = (float(end) for end in self.state.brush)
            # The outermost steps hold what lies beyond the ends of the bar.
            brush = (
                what,
                -np.inf if first <= 0 else value_at(first / 100, ends),
                np.inf if last >= 100 else value_at(last / 100, ends),
            )
        return self.session.chosen((low, high), brush)

    def _charts(self) -> None:
        session, state = self.session, self.state
        what = session.quantity(state.hist_by, of_sites=True)
        session.share(what)
        chosen = self._chosen()
        state.hist = histogram(what.values(session.scene), chosen, what, session.limits(what))
        state.head = headline(session, len(chosen))
        state.update(self.dials.readouts())
        row = session.picked
        state.picked = None if row is None else site_details(session, row)

    def push(self, *, hasty: bool = False) -> None:
        """Send the picture to the pages; a hasty one has fewer pixels."""
        if self.state.local:
            self.local.update()
        elif self.remote is not None and self.server.protocol is not None:
            ratio, quality = (HASTY, 70) if hasty else (1.0, STILL)
            view = self.state[f"{REMOTE}Id"]
            self.server.protocol_call("viewport.image.push.quality", view, quality, ratio)
            self.remote.update()

    # -- the rule -----------------------------------------------------------------------------

    def _turned(self) -> None:
        if not self.dials.read(list(self.state.positions), self.state.preset):
            return
        self.session.moved.values = dict(self.dials.moved)
        self.session.moved.preset = self.dials.other_preset
        self.state.update(self.dials.page())
        self.want("rule", "charts")

    def reset(self, number: int | None = None) -> None:
        """Put one number back to that of the case, or all of them and the preset."""
        self.dials.back(None if number is None else int(number))
        self.session.moved.values = dict(self.dials.moved)
        self.session.moved.preset = self.dials.other_preset
        self.state.update(self.dials.page())
        self.want("rule", "charts")

    def _sample(self) -> None:
        """Begin to sample the bands anew; what still runs for other numbers ends."""
        if self._bands is not None:
            self._bands.cancel()
            self._bands = None
        self.state.busy = False
        if self.session.moved.answer is not None:
            self._bands = asyncio.get_running_loop().create_task(self._bands_of())

    async def _bands_of(self) -> None:
        """First few samples, then all; ends early where numbers are moved again."""
        session, gone = self.session, threading.Event()
        self._busy(True)
        try:
            await asyncio.sleep(QUIET_S)
            for samples in (session.rule.few if session.rule else None, None):
                sampled = await asyncio.to_thread(session.sample, samples, gone.is_set)
                if session.take(sampled):
                    self.want("draw", "charts")
            self._busy(False)
        except asyncio.CancelledError:
            gone.set()
            raise

    def _busy(self, busy: bool) -> None:
        with self.state:
            self.state.busy = busy

    # -- what the page calls ------------------------------------------------------------------

    def pick(self, x: float, y: float) -> None:
        """Choose the cell under a point of the picture, 0 to 1 from the left and the bottom."""
        self.session.picked = self.canvas.pick(float(x), float(y))
        self.want("draw", "charts")

    def aim(self, camera: str) -> None:
        """Look at the whole from a named direction."""
        self.canvas.look_from(parse_camera(camera))
        if self.state.local and self.local is not None:
            self.local.push_camera()
        self.want("draw")

    def camera(self, told: dict[str, Any]) -> None:
        """Where the eye of a browser that draws by itself now is."""
        camera = self.canvas.plotter.camera
        camera.position, camera.focal_point = told["position"], told["focalPoint"]
        camera.up = told["viewUp"]
        camera.parallel_scale = float(told["parallelScale"])
        self.canvas.plotter.reset_camera_clipping_range()

    async def ready(self) -> None:
        """A browser has drawn by itself: the first time it looks from where this machine does."""
        if self._handed_over:
            self._handed_over = False
            await asyncio.sleep(SETTLE_S)
            self.local.push_camera()

    def png(self) -> Any:
        """The picture, twice as fine as on the page, as a PNG file."""
        return self.server.protocol.addAttachment(png_file(self.canvas))

    def csv(self) -> str:
        """The chosen sites with their numbers as they now are."""
        return csv_file(self.session, self._chosen())

    def case_file(self) -> str:
        """The case with the numbers that were moved."""
        rule = self.session.rule
        return "" if rule is None else rule.edited_case(self.dials.moved, self.dials.other_preset)

    # -- inside -------------------------------------------------------------------------------

    def _rest(self) -> None:
        self.canvas.move(False)
        self.push()

    def _hand_over(self) -> None:
        """Let the browser draw, or this machine: balls are drawn by both, sprites by one.

        A browser is handed nothing that it cannot draw: the scene changes before it takes over.
        """
        self.canvas.balls = bool(self.state.local_wanted)
        self._draw(recolour=False)
        self.state.local = self._handed_over = self.canvas.balls

    def _load(self, number: int) -> None:
        if self.session.loads is not None and 0 <= number < len(self.session.loads.words):
            self.want("load")

    def _switch(self, number: int) -> None:
        if number == self.session.number:
            return
        self.session.choose(number)
        self.canvas.show_scene(self.session.scene)
        self.canvas.look_from(Camera())
        self._offer()
        self.want("draw", "charts")
