"""Serve a viewer: this machine only, until Ctrl-C or until nobody has looked for a while."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from meshes.errors import SolveError
from postprocess.scene.data import Scene
from postprocess.scene.look import Look
from postprocess.viewer.delivery import deliver_soon
from postprocess.viewer.guard import LOOPBACK, Guard
from postprocess.viewer.loads import Loads
from postprocess.viewer.rule import LiveRule
from postprocess.viewer.session import Session

IDLE_MIN = 60.0
"""Minutes without an open page after which the viewer ends."""

_PROBE = (
    "from vtkmodules.vtkRenderingCore import vtkRenderWindow;"
    "import vtkmodules.vtkRenderingOpenGL2;"
    "w = vtkRenderWindow(); w.SetOffScreenRendering(True); w.Render();"
    "assert w.SupportsOpenGL()"
)


class DrawingTest:
    """Whether this machine can draw, found out beside other work.

    A machine without a usable OpenGL can end a process without an exception: so another process
    tries first.
    """

    def __init__(self) -> None:
        self._trial = subprocess.Popen(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def require(self) -> None:
        """Wait for the answer.

        Raises
        ------
        SolveError
            Where nothing can be drawn.
        """
        try:
            good = self._trial.wait(timeout=60) == 0
        except subprocess.TimeoutExpired:
            self._trial.kill()
            good = False
        if not good:
            raise SolveError(
                "this machine cannot draw: no OpenGL works, not even without a display",
                hint="'dormatrix doctor' says what is missing; report.html needs no OpenGL",
            )


def _hush(server: Any, say: Callable[[str], None]) -> None:
    """Tell in one line what goes wrong beside the page; that a page is closed is nothing wrong."""

    def tell(error: BaseException, *_: Any, **__: Any) -> None:
        if not isinstance(error, ConnectionError | asyncio.CancelledError):
            say(f"viewer: {type(error).__name__}: {str(error)[:200]}")

    for name in ("wslink", "aiohttp", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    server.controller.on_exception.add(tell)
    asyncio.get_running_loop().set_exception_handler(
        lambda _, told: tell(told["exception"]) if "exception" in told else None
    )


def serve(
    scenes: Sequence[Scene],
    *,
    live_rules: Sequence[LiveRule | None] = (),
    loads: Sequence[Loads | None] = (),
    look: Look | None = None,
    step: int = -1,
    port: int = 0,
    open_browser: bool = True,
    idle_min: float = IDLE_MIN,
    say: Callable[[str], None] = print,
) -> None:
    """Show results in a browser until Ctrl-C, or until no page was open for a while.

    Parameters
    ----------
    scenes
        One or more results.
    live_rules
        The rule of each; by default none can be asked.
    loads
        States of the load of each; by default only the whole load is shown.
    look
        What the page shows first; None: the cells by P in the clear scaffold.
    step
        State of the load that is shown first; negative ones count from the end.
    port
        0: any that is free.
    open_browser
        Whether to open a page on this machine.
    idle_min
        Minutes without an open page after which it ends; 0: never.
    say
        Told the address.

    Raises
    ------
    InputError
        If a result does not hold what the look or the step asks for.
    SolveError
        If this machine cannot draw, or the port is taken.
    """
    drawing = DrawingTest()
    rules = list(live_rules) or [None] * len(scenes)
    session = Session(scenes, rules, loads)
    drawing.require()
    try:
        asyncio.run(_serve(session, look or Look(), step, port, open_browser, idle_min, say))
    except KeyboardInterrupt:
        say("closed")
    except OSError as failed:
        raise SolveError(
            f"port {port} cannot be used: {failed.strerror or failed}",
            hint="leave --port out: a free one is found",
        ) from None


async def _serve(
    session: Session,
    look: Look,
    step: int,
    port: int,
    open_browser: bool,
    idle_min: float,
    say: Callable[[str], None],
) -> None:
    from trame_server import Server

    from postprocess.viewer.app import App
    from postprocess.viewer.canvas import Canvas
    from postprocess.viewer.page import build_page

    guard = Guard()
    server: Any = Server(f"dormatrix-{id(session)}", client_type="vue3")
    _hush(server, say)
    canvas = Canvas(session.scene)
    build_page(App(server, session, canvas, look, step))
    server.controller.on_server_bind.add(lambda web: web.app.middlewares.append(guard.middleware()))
    server.controller.on_server_ready.add(lambda **_: deliver_soon(server))
    server.controller.on_server_ready.add(
        lambda **_: _tell(guard.address(server.port), server.port, open_browser, say)
    )
    # Its own options must not be read from the command line of dormatrix, nor from elsewhere.
    parser = server.cli
    parser.set_defaults(authKey=guard.secret, nosignalhandlers=True)
    plain = parser.parse_known_args
    parser.parse_known_args = lambda *_: plain([])
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _interrupt)
    try:
        await server.start(
            host=LOOPBACK,
            port=port,
            timeout=round(60 * idle_min),
            open_browser=False,
            show_connection_info=False,
            disable_logging=True,
            exec_mode="coroutine",
        )
    finally:
        canvas.close()


def _interrupt() -> None:
    raise KeyboardInterrupt


def _tell(address: str, port: int, open_browser: bool, say: Callable[[str], None]) -> None:
    say(f"look:      {address}")
    say(f"from afar: ssh -L {port}:{LOOPBACK}:{port} THIS-MACHINE, then the same address there")
    say("end:       Ctrl-C")
    if open_browser:
        import webbrowser

        webbrowser.open(address)
