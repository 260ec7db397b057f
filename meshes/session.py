"""Gmsh with its global state under control."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# One thread and fixed seeds: the same case gives the same mesh, bit for bit.
_OPTIONS = {
    "General.Terminal": 0,
    "General.NumThreads": 1,
    "Geometry.OCCParallel": 0,
    "Mesh.MaxNumThreads1D": 1,
    "Mesh.MaxNumThreads2D": 1,
    "Mesh.MaxNumThreads3D": 1,
    "Mesh.RandomSeed": 1,
    "Mesh.ElementOrder": 1,
    "Mesh.Algorithm3D": 10,  # HXT: some 8 times faster than Delaunay on large meshes
    "Mesh.Optimize": 1,
    "Mesh.MeshSizeFromPoints": 0,
    "Mesh.MeshSizeFromCurvature": 0,
    "Mesh.MeshSizeExtendFromBoundary": 1,
}
# Set for each mesh, and restored like the others.
_PER_MESH = ("Mesh.Algorithm", "Mesh.MeshSizeMin", "Mesh.MeshSizeMax")


@contextmanager
def gmsh_model(name: str) -> Iterator[Any]:
    """Give a fresh, empty Gmsh model and leave Gmsh afterwards as it was found.

    If somebody else has initialised Gmsh in this process, their options and current model come back
    and Gmsh stays initialised; otherwise it is finalised, also after an error.

    Parameters
    ----------
    name
        Name of the model.

    Yields
    ------
    The `gmsh` module, with the new model current.
    """
    import gmsh

    foreign = bool(gmsh.isInitialized())
    if not foreign:
        # interruptible=True would replace Python's handler: Ctrl-C would kill without clean-up.
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    before = {key: gmsh.option.getNumber(key) for key in (*_OPTIONS, *_PER_MESH)}
    caller = gmsh.model.getCurrent() if foreign and gmsh.model.list() else None
    try:
        for key, value in _OPTIONS.items():
            gmsh.option.setNumber(key, value)
        gmsh.model.add(name)
        try:
            yield gmsh
        finally:
            gmsh.model.setCurrent(name)
            gmsh.model.remove()
    finally:
        if not foreign:
            gmsh.finalize()
        else:
            for key, value in before.items():
                gmsh.option.setNumber(key, value)
            if caller is not None:
                gmsh.model.setCurrent(caller)


def try_generate(gmsh: Any) -> str:
    """Mesh the current model in three dimensions; returns Gmsh's errors, empty if there were none.

    An exception out of Gmsh's mesher leaves it locked: it would silently refuse every further mesh
    in this process. So errors are collected from the log, not raised.
    """
    aborts = gmsh.option.getNumber("General.AbortOnError")
    gmsh.option.setNumber("General.AbortOnError", 0)
    gmsh.logger.start()
    try:
        with _quiet_stdout():
            gmsh.model.mesh.generate(3)
        lines = gmsh.logger.get()
    finally:
        gmsh.logger.stop()
        gmsh.option.setNumber("General.AbortOnError", aborts)
    return "; ".join(line.split(":", 1)[1].strip() for line in lines if line.startswith("Error"))


@contextmanager
def _quiet_stdout() -> Iterator[None]:
    """Keep C code off standard output: HXT prints there whatever General.Terminal says.

    Standard output may be a pipe that expects JSON. Progress bars on standard error go on.
    """
    flush = ctypes.CDLL(None).fflush if os.name == "posix" else lambda _: None
    sys.stdout.flush()
    flush(None)
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        flush(None)  # what C has buffered must go before standard output is back
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)
