from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.io import read_mesh, write_mesh
from meshes.occ import mesh_scaffold
from meshes.tetmesh import TetMesh
from meshes.woodpile import Woodpile

ARRAYS = ("points", "cells", "cell_ink", "facets", "facet_tag", "exact_volumes")
FORMATS = [
    "msh",
    "vtu",
    pytest.param(
        "xdmf",
        marks=pytest.mark.skipif(not importlib.util.find_spec("h5py"), reason="needs h5py"),
    ),
]


@pytest.fixture(scope="module")
def mesh() -> TetMesh:
    # Names that mesh files find hard: spaces, letters beyond ASCII, and that of a surface.
    inks = ("collagen I/III, wavy", "Trägergel µ", "TOP")
    return mesh_scaffold(Woodpile(400, 900, 320, 3, (0, 90), (400, 400), inks), 200.0)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_mesh_comes_back_bit_by_bit(mesh, tmp_path, suffix):
    path = write_mesh(tmp_path / f"pile.{suffix}", mesh)
    back = read_mesh(path)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(back, name), getattr(mesh, name), err_msg=name)
    assert back.inks == mesh.inks


def test_gmsh_finds_inks_and_surfaces_by_name(mesh, tmp_path):
    import gmsh

    path = write_mesh(tmp_path / "pile.msh", mesh)
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(path))
        groups = {
            gmsh.model.getPhysicalName(dim, tag): (dim, tag)
            for dim, tag in gmsh.model.getPhysicalGroups()
        }
        gmsh.write(str(tmp_path / "again.msh"))  # as 4.1
    finally:
        gmsh.finalize()
    assert {name for name, (dim, _) in groups.items() if dim == 2} == {"BOTTOM", "TOP", "FREE"}
    assert {name for name, (dim, _) in groups.items() if dim == 3} == {
        *mesh.inks[:2],
        "ink TOP",
    }
    back = read_mesh(tmp_path / "again.msh")
    assert back.inks == (*mesh.inks[:2], "ink TOP")
    np.testing.assert_allclose(back.ink_volumes(), mesh.ink_volumes())
    np.testing.assert_array_equal(np.bincount(back.facet_tag), np.bincount(mesh.facet_tag))
    # Gmsh does not keep the exact volumes: then the mesh is the body.
    np.testing.assert_allclose(back.exact_volumes, mesh.ink_volumes())


def foreign(tmp_path, *, name="foreign.msh", **change):
    """One tetrahedron as another program might write it, through meshio."""
    import meshio

    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (7, 7, 7)], dtype=float)
    parts = {
        "cells": [("tetra", [[0, 1, 2, 3]]), ("triangle", [[0, 1, 2]])],
        "cell_data": {"gmsh:physical": [[5], [2]], "gmsh:geometrical": [[1], [1]]},
        "field_data": {"niche": np.array([5, 3]), "bottom": np.array([2, 2])},
    } | change
    parts["cell_data"] = {
        key: [np.array(v, dtype=np.int32) for v in values]
        for key, values in parts["cell_data"].items()
    }
    path = tmp_path / name
    body = meshio.Mesh(points, **parts)
    if path.suffix == ".msh":
        meshio.gmsh.write(path, body, "2.2", binary=False)
    else:
        meshio.write(path, body)
    return path


def test_a_foreign_mesh_is_read_by_its_physical_groups(tmp_path):
    mesh = read_mesh(foreign(tmp_path))
    assert mesh.inks == ("niche",)
    assert mesh.facet_tag.tolist() == [1]  # BOTTOM, whatever its number was
    assert len(mesh.points) == 4  # the vertex that belongs to no cell is gone
    assert mesh.exact_volumes == pytest.approx([1.0 / 6.0])


def test_a_foreign_vtu_is_read_by_its_cell_data(tmp_path):
    data = {"ink": [[0], [-1]], "surface_tag": [[0], [3]]}
    mesh = read_mesh(foreign(tmp_path, name="foreign.vtu", cell_data=data, field_data={}))
    assert mesh.inks == ("ink 0",)
    assert mesh.facet_tag.tolist() == [3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": [("triangle", [[0, 1, 2]])], "cell_data": {}}, "there are no tetrahedra"),
        ({"cells": [("tetra", [[0, 2, 1, 3]]), ("triangle", [[0, 1, 2]])]}, "inverted"),
        ({"cells": [("tetra", [[0, 1, 2, 3]]), ("triangle", [[0, 1, 4]])]}, "no tetrahedron"),
        ({"field_data": {"lid": np.array([2, 2])}}, "1 triangles lie in no physical surface"),
        ({"name": "x.vtu", "cell_data": {}}, "not tagged.*(?s:.*)'ink' and 'surface_tag'"),
        (
            {"cells": [("tetra", [[0, 1, 2, 3]])], "cell_data": {"gmsh:physical": [[5]]}},
            "not tagged.*(?s:.*)BOTTOM, TOP, FREE",
        ),
    ],
)
def test_meshes_that_lack_something_are_refused_with_the_file_named(tmp_path, change, message):
    path = foreign(tmp_path, **change)
    with pytest.raises(InputError, match=message) as caught:
        read_mesh(path)
    assert str(path) in str(caught.value)


def test_files_that_are_no_meshes_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no mesh file"):
        read_mesh(tmp_path / "none.msh")
    for name in ("noise.msh", "noise.vtu"):
        (tmp_path / name).write_bytes(b"\x00\xff not a mesh $")
        with pytest.raises(InputError, match="is not a readable"):
            read_mesh(tmp_path / name)
    with pytest.raises(InputError, match=r"unknown mesh format '\.stl'.*(?s:.*)\.msh, \.vtu"):
        read_mesh(tmp_path / "pile.stl")


def test_writing_needs_a_known_format_and_a_folder(mesh, tmp_path):
    with pytest.raises(InputError, match="unknown mesh format"):
        write_mesh(tmp_path / "pile.obj", mesh)
    with pytest.raises(InputError, match="there is no folder"):
        write_mesh(tmp_path / "none" / "pile.msh", mesh)


def test_xdmf_without_h5py_says_so(mesh, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"needs h5py.*(?s:.*)use \.vtu"):
        write_mesh(tmp_path / "pile.xdmf", mesh)
