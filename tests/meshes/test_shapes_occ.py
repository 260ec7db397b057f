from __future__ import annotations

import numpy as np
import pytest

from meshes import occ
from meshes.occ import mesh_scaffold
from meshes.occ_shapes import shape_bodies
from meshes.quality import quality
from meshes.session import gmsh_model
from meshes.shapes import (
    TPMS,
    ChannelBlock,
    CoreShellWoodpile,
    Disc,
    Droplet,
    LayeredSlab,
    Ring,
    SpheroidInGel,
    Spiral,
)
from meshes.tetmesh import SurfaceTag
from meshes.volumes import ink_volumes
from meshes.woodpile import Woodpile

# Bodies with a coarse edge length, µm.
COARSE = [
    (Disc(300.0, 100.0), 50.0),
    (Droplet(300.0, 40.0), 25.0),
    (Droplet(300.0, 130.0), 60.0),
    (Ring(700.0, 300.0, 240.0, 2), 90.0),
    (Ring(700.0, 300.0, 240.0, 2, ("a", "b")), 90.0),
    (CoreShellWoodpile(400.0, 200.0, 1000.0, 320.0, 2, (0.0, 90.0), (600.0, 600.0)), 100.0),
    (CoreShellWoodpile(400.0, 340.0, 1000.0, 320.0, 2, (0.0, 90.0), (600.0, 600.0)), 60.0),
    (SpheroidInGel((400.0, 400.0, 300.0), 200.0), 60.0),
    (ChannelBlock((500.0, 300.0, 200.0), 100.0, "x", count=2), 50.0),
    (ChannelBlock((300.0, 300.0, 200.0), 100.0, "y", channel_height=80.0), 50.0),
    (LayeredSlab((300.0, 200.0), (50.0, 60.0, 50.0), ("a", "b", "a")), 50.0),
    (Woodpile(400.0, 1000.0, 320.0, 3, (0.0, 90.0), (1400.0, 1400.0), ("a", "b"), 0.4), 130.0),
]


@pytest.mark.parametrize(
    ("body", "size"), COARSE, ids=[f"{type(body).__name__}-{len(body.inks)}" for body, _ in COARSE]
)
def test_bodies_match_closed_forms_and_mesh_well(body, size):
    mesh = mesh_scaffold(body, size)
    exact = body.volume()
    assert mesh.inks == body.inks
    np.testing.assert_allclose(mesh.exact_volumes, list(exact.values()), rtol=1e-4)
    measured = quality(mesh)
    assert measured.min_scaled_jacobian >= 0.1
    assert measured.n_components == 1
    # Cells lie in the body and in their ink, but for chords across curved faces: those of a
    # radius r stay within h²/8r, a tenth of the edge on the tightest of these.
    centroids = mesh.centroids()
    assert (body.signed_distance(centroids) < 0.1 * size).all()
    assert (body.ink(centroids) == mesh.cell_ink).mean() > 0.93
    bottom = mesh.points[mesh.facets[mesh.facet_tag == SurfaceTag.BOTTOM], 2]
    assert len(bottom)
    np.testing.assert_allclose(bottom, 0.0, atol=1e-9)


def test_bodies_with_oblique_strands_match_the_lattice_estimate():
    body = CoreShellWoodpile(400.0, 280.0, 1000.0, 320.0, 2, (0.0, 60.0), (900.0, 900.0))
    with gmsh_model("oblique") as gmsh:
        bodies = shape_bodies(gmsh, body)
        found = [sum(gmsh.model.occ.getMass(*v) for v in volumes) for volumes in bodies]

    np.testing.assert_allclose(found, ink_volumes(body, samples=1 << 19), rtol=2e-3)


def test_shapes_without_an_exact_route_say_so():
    spiral = Spiral(1900.0, 300.0, 500.0, 240.0, 1)
    network = TPMS("gyroid", 100.0, 0.4, (100.0, 100.0, 100.0))
    with gmsh_model("none") as gmsh:
        assert shape_bodies(gmsh, spiral) is None
        assert shape_bodies(gmsh, network) is None
        gmsh.model.occ.synchronize()
        assert gmsh.model.getEntities(3) == []


def test_no_volume_is_sampled_for_a_route_that_is_not_there(monkeypatch):
    """A million points of a print file take seconds; the implicit route needs them once."""

    def sampled(scaffold):
        raise AssertionError("volumes were asked for")

    monkeypatch.setattr(occ, "ink_volumes", sampled)
    with pytest.raises(occ.NoExactRoute):
        occ.mesh_scaffold(TPMS("gyroid", 100.0, 0.4, (100.0, 100.0, 100.0)), 20.0)
