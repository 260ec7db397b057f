"""A result in a notebook or a script: its table, its numbers, and plotters to build on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from postprocess.contract import FloatArray
from postprocess.notebook import (
    Still,
    Turning,
    headline_table,
    in_notebook,
    require_display,
    still,
    turning,
)
from postprocess.scene.look import Look, parse_look
from postprocess.series import at_step, open_steps
from postprocess.style import shorten

if TYPE_CHECKING:
    import pandas
    import pyvista

    from postprocess.results import RunResult
    from postprocess.scene.data import Scene


@dataclass(frozen=True, eq=False, repr=False)
class Result3D:
    """A finished result.

    Parameters
    ----------
    result
        What the run left.
    folder
        Where it lies.
    step
        State of a finite load whose fields ``result`` holds; None: the whole load.
    """

    result: RunResult
    folder: Path
    step: int | None = None

    def __repr__(self) -> str:
        at = "" if self.step is None else f", step {self.step}"
        return f"<result {shorten(self.result.name)!r} in {str(self.folder)!r}{at}>"

    def _repr_html_(self) -> str:
        return headline_table(self.summary)

    @property
    def sites(self) -> pandas.DataFrame:
        """The table of the sites, one row per cell (a copy)."""
        return self.result.sites.copy()

    @property
    def summary(self) -> dict[str, Any]:
        """Headline numbers with bands."""
        return self.result.summary

    @cached_property
    def scene(self) -> Scene:
        """The result as PyVista objects: ``scene.grid``, ``scene.sites``."""
        from postprocess.scene.data import load_toolpath, scene_of

        return scene_of(self.result, toolpath=load_toolpath(self.folder))

    def plotter(
        self, *, size: tuple[int, int] = (1000, 750), off_screen: bool | None = None, **look: Any
    ) -> pyvista.Plotter:
        """A PyVista plotter with the scene, a scale bar and colour bars, to add to and to show.

        Parameters
        ----------
        size
            Of the window, pixels.
        off_screen
            Whether no window is opened; None: as PyVista is set.
        **look
            What is shown, in the words of the command line:
            ``plotter(field="stiffness", clip="y=0.5", sites="p", camera="30,20")``.

        Raises
        ------
        InputError
            Where a word is not understood, or the result does not hold what it names.
        """
        import pyvista

        from postprocess.scene.bars import add_colour_bar, add_scale_bar
        from postprocess.scene.picture import compose, quantities_of
        from postprocess.scene.stage import aim

        wanted: Look = parse_look(**look)
        told = quantities_of(wanted, [self.scene])
        plotter = pyvista.Plotter(off_screen=off_screen, window_size=list(size), lighting="none")
        plotter.set_background(wanted.background)
        compose(plotter, self.scene, wanted, told)
        add_scale_bar(plotter, self.scene, colour=wanted.ink)
        for place, part in enumerate(told.values()):
            add_colour_bar(
                plotter,
                part.quantity,
                part.ends,
                inks=self.scene.inks,
                colour=wanted.ink,
                place=place,
            )
        aim(plotter, wanted.camera.frame(self.scene.bounds, size[0], size[1]))
        plotter.camera.zoom(0.8)  # room for the bars
        return plotter

    def picture(
        self, *, dpi: int = 150, size: tuple[int, int | None] | None = None, **look: Any
    ) -> Still:
        """A finished picture with scale and colour bars, which a notebook shows.

        Parameters
        ----------
        dpi, size
            See :func:`postprocess.scene.picture.draw`.
        **look
            As in :meth:`plotter`.

        Raises
        ------
        InputError
            Where a word is not understood, or the result does not hold what it names.
        SolveError
            Where nothing could be rendered on this machine.
        """
        return still(self.folder, parse_look(**look), step=self.step, dpi=dpi, size=size)

    def turn(self, *, height: int = 820) -> Turning:
        """The scene as in the report, which a notebook shows: to turn, to cut, to click."""
        return turning(self.scene, height)

    def show(self, **look: Any) -> Any:
        """Show the scene: in a notebook as a picture below the cell, else in a window.

        Parameters
        ----------
        **look
            As in :meth:`plotter`.

        Raises
        ------
        InputError, SolveError
            As for :meth:`picture`; also where there is no display.
        """
        if in_notebook():
            return self.picture(**look)
        require_display()
        return self.plotter(**look).show()

    @property
    def load_factors(self) -> FloatArray:
        """``(k,)`` shares of a finite load at its steps, from 0 (rest) to 1; empty without one."""
        opened = open_steps(self.folder)
        if opened is None:
            return np.zeros(0)
        with opened as steps:
            return steps.factor

    def at(self, step: int) -> Result3D:
        """The result with the fields of one of its load steps.

        Parameters
        ----------
        step
            Number in :attr:`load_factors`; negative ones count from the end.

        Raises
        ------
        InputError
            Where there is no such step.
        """
        return Result3D(at_step(self.result, self.folder, step), self.folder, step)


def open_result(folder: Path | str) -> Result3D:
    """Open a result folder.

    Raises
    ------
    ResultError
        Where it is no complete result.
    """
    from postprocess.load import load_result

    return Result3D(load_result(Path(folder)), Path(folder))
