"""The tutorial is run as it is written, and its pictures are looked at."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"

nbformat = pytest.importorskip("nbformat")


def read() -> Any:
    return nbformat.read(TUTORIAL, as_version=4)


def shown(cell: Any, kind: str) -> list[str]:
    """What a cell shows of one media type."""
    return [output["data"][kind] for output in cell.outputs if kind in output.get("data", {})]


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def pixels(cell: Any) -> np.ndarray:
    """The picture of a cell, ``(h, w, 3)``."""
    from PIL import Image

    (data,) = shown(cell, "image/png")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=int)


def coloured(image: np.ndarray) -> float:
    """Share of the pixels that are no grey."""
    return float((np.ptp(image, axis=2) > 40).mean())


def test_it_is_kept_without_what_it_shows() -> None:
    notebook = read()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Cells of code by the first line that is no import, run from the first to the last."""
    nbclient = pytest.importorskip("nbclient")
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    home = tmp_path_factory.mktemp("tutorial")
    notebook = read()
    kernel = manager.AsyncKernelManager(kernel_name="python3")
    kernel.kernel_spec.argv[0] = sys.executable
    environment = dict(os.environ)
    environment |= {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "DISPLAY": "",
    }
    client = nbclient.NotebookClient(
        notebook, km=kernel, timeout=300, resources={"metadata": {"path": str(home)}}
    )
    client.execute(env=environment)
    return {cell.source: cell for cell in notebook.cells if cell.cell_type == "code"}


def the(cells: dict[str, Any], text: str) -> Any:
    """The one cell that holds a text."""
    (found,) = [cell for source, cell in cells.items() if text in source]
    return found


pytestmark = [pytest.mark.slow]


@pytest.mark.dolfinx
def test_no_cell_complains(cells: dict[str, Any]) -> None:
    for source, cell in cells.items():
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", f"{source}: {output.text}"


@pytest.mark.dolfinx
def test_numbers_come_with_bands(cells: dict[str, Any]) -> None:
    (table,) = shown(the(cells, "open_result(home"), "text/html")
    assert "pressed-block" in table
    assert re.search(r"mean P\(dormant\)</th><td>\d+\s%\s\(band", table)
    (described,) = shown(the(cells, "describe()"), "text/html")
    assert "p_dormant" in described


@pytest.mark.dolfinx
def test_pictures_show_something(cells: dict[str, Any]) -> None:
    for text in ('field="stiffness"', 'field="stress"', "add_mesh"):
        image = pixels(the(cells, text))
        assert min(image.shape[:2]) > 300
        assert 0.05 < coloured(image) < 0.9, text
    assert shown(the(cells, "plt.subplots"), "image/png")


@pytest.mark.dolfinx
def test_the_scene_is_one_page_in_a_frame(cells: dict[str, Any]) -> None:
    (frame,) = shown(the(cells, "turn()"), "text/html")
    assert frame.startswith('<iframe sandbox="allow-scripts" srcdoc="')
    page = html.unescape(frame.split('srcdoc="')[1].split('"')[0])
    assert "default-src 'none'" in page
    assert "pressed-block" in page
    assert page.rstrip().endswith("</html>")


@pytest.mark.dolfinx
def test_the_load_has_steps(cells: dict[str, Any]) -> None:
    text = printed(the(cells, "load_factors"))
    factors = [float(number) for number in re.findall(r"\d+\.\d*", text)]
    assert factors[0] == 0.0
    assert factors[-1] == 1.0
    assert len(factors) >= 4
    assert re.search(r"\d+% of the gel", printed(the(cells, "stretched")))
