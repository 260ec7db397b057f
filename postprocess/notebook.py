"""What a notebook shows of a result: a finished picture, or the scene that can be turned.

Both are plain outputs: they need no display, no server and no network, and stay in a saved
notebook. Pictures are drawn in a process of their own, so that a machine without OpenGL ends that
one and not the kernel.
"""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshes.errors import SolveError
from postprocess.labels import percent, quantity

if TYPE_CHECKING:
    from postprocess.scene.data import Scene
    from postprocess.scene.look import Look


@dataclass(frozen=True)
class Still:
    """A finished picture; a cell that ends with it shows it.

    Parameters
    ----------
    png
        Bytes of the file.
    """

    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png

    def save(self, path: Path | str) -> None:
        """Write the picture to a ``.png`` file.

        Raises
        ------
        SolveError
            Where it cannot be written.
        """
        _save(Path(path), self.png)


@dataclass(frozen=True)
class Turning:
    """The scene of a report, to be turned, cut and clicked; a cell that ends with it shows it.

    Parameters
    ----------
    page
        HTML of the scene alone; it asks for nothing from anywhere.
    height
        Of its frame, pixels.
    """

    page: str = field(repr=False)
    height: int = 820

    def _repr_html_(self) -> str:
        # A frame without an origin of its own: its script reaches nothing of the notebook.
        return (
            f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(self.page)}" '
            f'style="width: 100%; height: {self.height}px; border: 0"></iframe>'
        )

    def save(self, path: Path | str) -> None:
        """Write the scene to a page of its own.

        Raises
        ------
        SolveError
            Where it cannot be written.
        """
        _save(Path(path), self.page.encode("utf-8", "replace"))


def still(
    folder: Path,
    look: Look,
    *,
    step: int | None = None,
    dpi: int = 150,
    size: tuple[int, int | None] | None = None,
) -> Still:
    """Draw a result folder, as ``dormatrix view`` does.

    Parameters
    ----------
    folder
        The result.
    look, dpi, size
        See :func:`postprocess.scene.picture.draw`.
    step
        State of a finite load; None: the whole load.

    Raises
    ------
    InputError
        Where the result does not hold what is to be shown.
    SolveError
        Where nothing could be rendered on this machine.
    """
    import tempfile

    from postprocess.scene.child import draw_folders

    with tempfile.TemporaryDirectory(prefix="dormatrix-") as aside:
        path = Path(aside) / "still.png"
        draw_folders([folder], look, [path], dpi=dpi, size=size, step=step)
        return Still(path.read_bytes())


def turning(scene: Scene, height: int = 820) -> Turning:
    """The scene of the report on a page of its own; see :class:`Turning`."""
    from markupsafe import Markup

    from postprocess.report import SCENE_SCRIPTS, render_page
    from postprocess.report_scene.pack import pack_scene, page_json

    packed = pack_scene(scene)
    page = render_page(
        "notebook.html",
        scripts=SCENE_SCRIPTS,
        name=scene.name,
        scene=packed,
        scene_json=Markup(page_json(packed)),
    )
    return Turning(page, height)


def headline_table(summary: Mapping[str, Any]) -> str:
    """The first numbers of a result as a small HTML table; every text is escaped."""
    rows = [
        ("mean P(dormant)", _banded(summary["mean_p_dormant"], percent)),
        ("cells above one half", _banded(summary["fraction_above_half"], percent)),
        ("sensed stiffness", _banded(summary["mean_stiffness_kPa"], _kilopascals)),
    ]
    if summary["apparent_modulus_kPa"]:
        rows.append(("apparent modulus", _banded(summary["apparent_modulus_kPa"], _kilopascals)))
    rows.append(("cells", str(summary["n_sites"])))
    body = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows)
    title = html.escape(f"{summary['name']} (preset {summary['preset']})")
    return f"<table><caption>{title}</caption><tbody>{body}</tbody></table>"


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    active = None if shell is None else shell.get_ipython()
    return getattr(active, "kernel", None) is not None


def require_display() -> None:
    """Refuse a window where there is nothing to open it on.

    Raises
    ------
    SolveError
        With the way out.
    """
    seen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not seen:
        raise SolveError(
            "there is no display to open a window on",
            hint="result.picture().save('view.png') draws without one",
        )


def _banded(number: Mapping[str, float], words: Any) -> str:
    value, low, high = (words(number[end]) for end in ("value", "low", "high"))
    return html.escape(f"{value} (band {low} to {high})")


def _kilopascals(value: float) -> str:
    return quantity(value, "kPa")


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as failed:
        raise SolveError(
            f"{path}: cannot be written: {failed.strerror}",
            hint="name a file in a folder that exists and that you may write to",
        ) from None
