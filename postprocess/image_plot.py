"""Fibre directions measured in a stack, over the picture that they were measured in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from postprocess.contract import FloatArray
from postprocess.style import DIRECTION_MAP, WIDTH, drawing


def draw_directions(
    image: npt.NDArray[np.float32],
    step: FloatArray,
    points: FloatArray,
    axes: FloatArray,
    order: FloatArray,
    path: Path,
) -> None:
    """Draw the brightest projection along z with a rod per block.

    Parameters
    ----------
    image
        Intensity seen along z, (ny, nx).
    step
        Pixel along x and y, (2,), µm.
    points
        Middles of the blocks from the corner of the image, (m, 3), µm.
    axes
        Unit vectors, (m, 3); drawn by their part in the plane, shorter where they leave it.
    order
        Order parameter of each block, (m,).
    path
        PNG file.
    """
    height, width = image.shape[0] * step[1], image.shape[1] * step[0]
    low, high = np.percentile(image, [1.0, 99.7])
    apart = np.sqrt(width * height / max(len(np.unique(points[:, :2], axis=0)), 1))
    half = 0.42 * apart * axes[:, :2]
    with drawing(WIDTH, 1.0 + WIDTH * 0.82 * height / width) as figure:
        from matplotlib.collections import LineCollection

        plot = figure.subplots()
        plot.imshow(
            image, cmap="gray", vmin=low, vmax=max(high, low + 1e-12), origin="lower",
            extent=(0.0, width, 0.0, height), interpolation="nearest",
        )  # fmt: skip
        rods = LineCollection(
            np.stack([points[:, :2] - half, points[:, :2] + half], axis=1).tolist(),
            array=order,
            cmap=DIRECTION_MAP,
            clim=(0.0, 1.0),
            linewidths=2.2,
        )
        plot.add_collection(rods)
        plot.set(
            xlabel="x (µm)", ylabel="y (µm)", title="Fibre directions, block by block (all depths)"
        )
        figure.colorbar(rods, ax=plot, shrink=0.8).set_label("order parameter within the block")
        figure.savefig(path)
