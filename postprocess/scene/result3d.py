"""A result in a notebook or a script: its table, its numbers, and plotters to build on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from postprocess.scene.look import Look, parse_look

if TYPE_CHECKING:
    import pandas
    import pyvista

    from postprocess.results import RunResult
    from postprocess.scene.data import Scene


@dataclass(frozen=True, eq=False)
class Result3D:
    """A finished result.

    Parameters
    ----------
    result
        What the run left.
    folder
        Where it lies.
    """

    result: RunResult
    folder: Path

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

    def show(self, **look: Any) -> Any:
        """Show the scene: in Jupyter below the cell, else in a window; see :meth:`plotter`."""
        return self.plotter(**look).show()


def open_result(folder: Path | str) -> Result3D:
    """Open a result folder.

    Raises
    ------
    ResultError
        Where it is no complete result.
    """
    from postprocess.load import load_result

    return Result3D(load_result(Path(folder)), Path(folder))
