from __future__ import annotations

import numpy as np
import pytest

from meshes.cad import MeshBody, read_any_mesh, read_step
from meshes.errors import InputError
from meshes.io import write_mesh
from meshes.mesher import mesh_body
from meshes.occ import mesh_scaffold
from meshes.scaffold import Scaffold
from meshes.sites import seed_cells
from meshes.slab import Slab
from meshes.tetmesh import SurfaceTag, TetMesh
from meshes.woodpile import Woodpile

# Six positive tetrahedra of the unit cube around its diagonal 0-7 (Kuhn); corner = x + 2y + 4z.
KUHN = np.array(
    [(0, 1, 3, 7), (0, 3, 2, 7), (0, 2, 6, 7), (0, 6, 4, 7), (0, 4, 5, 7), (0, 5, 1, 7)]
)
UNIT = np.array([(x, y, z) for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=float)


def grid(counts, size=100.0):
    """Points of a lattice of cubes and its Kuhn tetrahedra, cube by cube."""
    nx, ny, nz = (n + 1 for n in counts)
    z, y, x = np.meshgrid(np.arange(nz), np.arange(ny), np.arange(nx), indexing="ij")
    points = size * np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    first = np.array(
        [(k * ny + j) * nx + i for k in range(nz - 1) for j in range(ny - 1) for i in range(nx - 1)]
    )
    steps = np.array([dx + nx * dy + nx * ny * dz for dx, dy, dz in UNIT.astype(int)])
    cubes = first[:, None] + steps
    return points, cubes, cubes[:, KUHN].reshape(-1, 4)


def written(tmp_path, points, cells, *, name="x.vtu", **parts):
    """A mesh as another program might write it, through meshio."""
    import meshio

    path = tmp_path / name
    body = meshio.Mesh(points, cells, **parts)
    if path.suffix == ".msh":
        meshio.gmsh.write(path, body, "2.2", binary=False)
    else:
        meshio.write(path, body)
    return path


@pytest.fixture(scope="module")
def pile_mesh() -> TetMesh:
    return mesh_scaffold(
        Woodpile(400, 900, 320, 2, (0, 90), (900, 900), ("niche", "carrier")), 150.0
    )


def test_a_box_of_tetrahedra_answers_as_the_slab_does():
    slab = Slab((300, 200, 100))
    body = MeshBody(mesh_scaffold(slab, 60.0))
    assert isinstance(body, Scaffold)
    axis = np.linspace(-100, 400, 21)
    lattice = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    x = np.concatenate([lattice, np.random.default_rng(7).uniform(-200, 500, (5000, 3))])
    np.testing.assert_allclose(body.signed_distance(x), slab.signed_distance(x), atol=1e-9)
    np.testing.assert_allclose(
        body.free_surface_distance(x), slab.free_surface_distance(x), atol=1e-9
    )
    assert body.volume() == pytest.approx(slab.volume(), rel=1e-12)
    assert body.footprint_area == pytest.approx(6e4, rel=1e-12)
    assert (body.height, body.substrate_height) == (100.0, 0.0)


def test_sign_and_ink_are_those_of_the_cells(pile_mesh):
    """Points known by construction: convex combinations of the corners of a cell lie in it."""
    body = MeshBody(pile_mesh)
    weight = np.random.default_rng(1).dirichlet((1, 1, 1, 1), len(pile_mesh.cells))
    x = np.einsum("ij,ijk->ik", weight, pile_mesh.points[pile_mesh.cells])
    assert (body.signed_distance(x) < 0.0).all()
    np.testing.assert_array_equal(body.ink(x), pile_mesh.cell_ink)
    # Just beyond each outer face: outside, and of the ink of the cell behind it.
    corner = pile_mesh.points[pile_mesh.facets]
    middle = corner.mean(axis=1)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    outside = middle + 1e-3 * normal
    outside = np.where(
        (body.signed_distance(outside) > 0)[:, None], outside, middle - 1e-3 * normal
    )
    assert body.signed_distance(outside) == pytest.approx(np.full(len(outside), 1e-3), rel=1e-6)
    inside = 2.0 * middle - outside
    np.testing.assert_array_equal(body.ink(outside), body.ink(inside))


def test_cells_are_seeded_and_the_body_is_solved_on_its_own_mesh(pile_mesh):
    body = MeshBody(pile_mesh, direction=(0, 3, 4))
    seeding = seed_cells(body, radius=8.0, seed=1, count=40, inks=("carrier",))
    assert (seeding.ink == 1).all()
    assert (body.signed_distance(seeding.points) <= -8.0).all()
    np.testing.assert_allclose(body.print_direction(seeding.points)[0], (0, 0.6, 0.8))
    assert mesh_body(body, cache=None).mesh is pile_mesh


def test_a_mesh_that_does_not_stand_on_the_glass_is_no_body(pile_mesh):
    lifted = TetMesh(
        pile_mesh.points + 5.0,
        *(getattr(pile_mesh, n) for n in ("cells", "cell_ink", "facets", "facet_tag", "inks")),
        pile_mesh.exact_volumes,
    )
    with pytest.raises(InputError, match=r"lowest vertex lies at z = 5 µm(?s:.*)by -5 µm"):
        MeshBody(lifted)


def test_region_ids_become_inks(tmp_path):
    """Two cubes of 100 µm on each other, in mm, lifted by 0.25 mm."""
    points, _, cells = grid((1, 1, 2))
    path = written(
        tmp_path,
        points * 1e-3 + np.array([0, 0, 0.25]),
        [("tetra", cells)],
        cell_data={"RegionId": [np.repeat([7, 3], 6)], "quality": [np.arange(12.0)]},
    )
    read = read_any_mesh(path, "mm")
    assert read.mesh.inks == ("region 3", "region 7")
    assert read.mesh.ink_volumes() == pytest.approx([1e6, 1e6])
    assert read.mesh.points.max() == pytest.approx(200.0)
    assert np.bincount(read.mesh.facet_tag, minlength=4).tolist() == [0, 2, 2, 16]
    assert "moved by -250 µm in z" in " ".join(read.notes)
    body = read_any_mesh(path, "mm", {3: "niche", "region 7": "carrier"}).body()
    assert [body.inks[i] for i in body.ink([(50, 50, 30), (50, 50, 170)])] == ["carrier", "niche"]
    half = read_any_mesh(path, "mm", {3: "niche", 7: None})
    assert half.mesh.ink_volumes() == pytest.approx([1e6])
    assert half.mesh.points[:, 2].max() == pytest.approx(100.0)
    one = read_any_mesh(path, "mm", {3: "gel", 7: "gel"})
    assert one.mesh.inks == ("gel",)
    with pytest.raises(InputError, match=r"region 'region 7' \(region 7\) has no ink"):
        read_any_mesh(path, "mm", {3: "niche"})
    with pytest.raises(InputError, match=r"no region 'lid'(?s:.*)'region 3'"):
        read_any_mesh(path, "mm", {"lid": "niche"})
    with pytest.raises(InputError, match=r"no cell data 'mat'(?s:.*)'RegionId'"):
        read_any_mesh(path, "mm", region_data="mat")
    data = {"ink": [np.full(12, 0.5)]}
    halves = written(tmp_path, points, [("tetra", cells)], name="halves.vtu", cell_data=data)
    with pytest.raises(InputError, match="not whole"):
        read_any_mesh(halves, "um")
    with pytest.raises(InputError, match=r"smaller than a cell(?s:.*)unit: mm"):
        read_any_mesh(path, "um")


@pytest.mark.parametrize("version", [2.2, 4.1])
def test_gmsh_files_with_and_without_physical_groups(tmp_path, version):
    import gmsh

    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.MshFileVersion", version)
        gmsh.option.setNumber("Mesh.MeshSizeMin", 0.1)
        occ = gmsh.model.occ
        boxes = [(3, occ.addBox(0, 0, 0, 0.2, 0.2, 0.1)), (3, occ.addBox(0, 0, 0.1, 0.2, 0.2, 0.2))]
        occ.fragment(boxes, [])
        occ.synchronize()
        gmsh.model.mesh.generate(3)
        paths = {}
        for groups in ("none", "one", "both", "twice"):
            gmsh.model.removePhysicalGroups()
            if groups != "none":
                gmsh.model.addPhysicalGroup(3, [1], 5, "niche")
            if groups == "twice":
                gmsh.model.addPhysicalGroup(3, [1, 2], 9, "all of it")
            elif groups == "both":
                gmsh.model.addPhysicalGroup(3, [2], 6)
                top = gmsh.model.getEntitiesInBoundingBox(-1, -1, 0.29, 1, 1, 0.31, 2)
                gmsh.model.addPhysicalGroup(2, [tag for _, tag in top], 2, "Free")
            gmsh.option.setNumber("Mesh.SaveAll", groups == "one")
            paths[groups] = tmp_path / f"{groups}.msh"
            gmsh.write(str(paths[groups]))
    finally:
        gmsh.finalize()
    read = read_any_mesh(paths["both"], "mm")
    assert read.mesh.inks == ("niche", "region 6")
    assert read.mesh.ink_volumes() == pytest.approx([4e6, 8e6])
    # The physical surface says that the top is bathed; the bottom goes by its plane.
    assert set(read.mesh.facet_tag.tolist()) == {SurfaceTag.BOTTOM, SurfaceTag.FREE}
    with pytest.raises(InputError, match="physical groups are missing: 2 volumes"):
        read_any_mesh(paths["none"], "mm")
    mapped = read_any_mesh(paths["none"], "mm", {"volume 1": "niche", 2: "carrier"})
    assert mapped.mesh.ink_volumes() == pytest.approx([4e6, 8e6])
    assert "no physical groups" in " ".join(mapped.notes)
    with pytest.raises(InputError, match="cells are tagged twice"):
        read_any_mesh(paths["twice"], "mm")
    same = read_any_mesh(paths["twice"], "mm", {"niche": "gel", "all of it": "gel"})
    assert same.mesh.ink_volumes() == pytest.approx([12e6])
    if version == 4.1:  # the older format leaves all groups out when all is saved
        with pytest.raises(InputError, match=r"of \d+ cells lie in no physical group"):
            read_any_mesh(paths["one"], "mm")


def test_cells_of_an_old_gmsh_file_without_a_group_are_refused(tmp_path):
    points, _, cells = grid((1, 1, 1))
    tags = {"gmsh:physical": [np.array([5, 5, 5, 0, 0, 5])], "gmsh:geometrical": [np.ones(6, int)]}
    path = written(
        tmp_path,
        points,
        [("tetra", cells)],
        name="x.msh",
        cell_data=tags,
        field_data={"niche": np.array([5, 3])},
    )
    with pytest.raises(InputError, match=r"2 of 6 cells lie in no physical group .* at \("):
        read_any_mesh(path, "um")


def test_a_mesh_written_here_comes_back(tmp_path, pile_mesh):
    for suffix in ("msh", "vtu"):
        read = read_any_mesh(write_mesh(tmp_path / f"pile.{suffix}", pile_mesh), "um")
        assert read.mesh.ink_volumes() == pytest.approx(pile_mesh.ink_volumes())
        np.testing.assert_array_equal(
            np.bincount(read.mesh.facet_tag), np.bincount(pile_mesh.facet_tag)
        )


def test_cells_with_corners_in_the_other_sense_are_turned(tmp_path):
    points, _, cells = grid((2, 1, 1))
    some = cells.copy()
    some[3:5] = some[3:5][:, [1, 0, 2, 3]]
    for faulty, said in (
        (some, "2 cells with corners in the other"),
        (cells[:, ::-1][:, [1, 0, 2, 3]], ""),
    ):
        read = read_any_mesh(written(tmp_path, points, [("tetra", faulty)]), "um")
        assert read.mesh.volumes().sum() == pytest.approx(2e6)
        assert said in " ".join(read.notes)
    mirrored = written(tmp_path, points * np.array([-1, 1, 1]), [("tetra", cells)])
    assert "all cells were inverted" in " ".join(read_any_mesh(mirrored, "um").notes)


def test_tangled_flat_and_overlapping_cells_are_refused_with_their_place(tmp_path):
    points, _, cells = grid((2, 2, 2))
    tangled = points.copy()
    tangled[13] += 150.0  # the middle point of the lattice, pulled through its neighbours
    with pytest.raises(InputError, match=r"cells are inverted .* the first at \(.*\) µm"):
        read_any_mesh(written(tmp_path, tangled, [("tetra", cells)]), "um")
    flat = np.concatenate([cells, [[0, 1, 3, 4]]])
    flat[-1] = [0, 1, 2, 1]
    with pytest.raises(InputError, match="1 of 49 cells are degenerate"):
        read_any_mesh(written(tmp_path, points, [("tetra", flat)]), "um")
    # A second mesh of the first cube, cut the other way round: its faces meet two others.
    thrice = np.concatenate([cells, [[0, 1, 3, 13], [0, 1, 3, 12]]])
    with pytest.raises(InputError, match=r"cells overlap|overlap their neighbours"):
        read_any_mesh(written(tmp_path, points, [("tetra", thrice)]), "um")


def test_doubly_tagged_and_doubled_cells(tmp_path):
    points, _, cells = grid((1, 1, 1))
    again = np.concatenate([cells, cells[2:4]])
    same = written(
        tmp_path, points, [("tetra", again)], cell_data={"ink": [np.zeros(8, dtype=int)]}
    )
    read = read_any_mesh(same, "um")
    assert len(read.mesh.cells) == 6
    assert "2 cells were given twice" in " ".join(read.notes)
    tags = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    other = written(tmp_path, points, [("tetra", again)], cell_data={"ink": [tags]})
    with pytest.raises(InputError, match=r"2 cells are tagged twice.* at \("):
        read_any_mesh(other, "um")


def test_parts_that_were_exported_one_by_one_are_joined(tmp_path):
    points, _, cells = grid((1, 1, 1))
    both = np.concatenate([points, points + np.array([100, 0, 0])])
    blocks = [("tetra", np.concatenate([cells, cells + 8]))]
    read = read_any_mesh(written(tmp_path, both, blocks), "um")
    assert len(read.mesh.points) == 12
    assert "4 points at the place of another were joined" in " ".join(read.notes)
    apart = np.concatenate([points, points + np.array([101, 0, 0])])
    read = read_any_mesh(written(tmp_path, apart, blocks), "um")
    assert "2 pieces share no vertex" in " ".join(read.notes)


def test_second_order_cells_are_taken_by_their_corners(tmp_path):
    points, _, cells = grid((1, 1, 1))
    edges = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)]
    middles = np.concatenate([0.5 * (points[cells[:, a]] + points[cells[:, b]]) for a, b in edges])
    numbers = 8 + np.arange(36).reshape(6, 6).T
    path = written(
        tmp_path, np.concatenate([points, middles]), [("tetra10", np.hstack([cells, numbers]))]
    )
    read = read_any_mesh(path, "um")
    assert (len(read.mesh.cells), len(read.mesh.points)) == (6, 8)
    assert read.mesh.volumes().sum() == pytest.approx(1e6)
    assert "6 second-order cells are taken by their corners" in " ".join(read.notes)


def test_other_cells_are_cut_into_tetrahedra_that_conform(tmp_path):
    """Hexahedra, wedges and a pyramid, some in common faces: the volume, and one closed surface."""
    points, cubes, _ = grid((4, 1, 1))
    vtk = cubes[:, [0, 1, 3, 2, 4, 5, 7, 6]]
    rng = np.random.default_rng(4)
    points = points + rng.uniform(-9, 9, points.shape) * (points[:, 2] > 0)[:, None]
    wedges = np.concatenate([vtk[2:3][:, [0, 1, 2, 4, 5, 6]], vtk[2:3][:, [0, 2, 3, 4, 6, 7]]])
    pyramid = np.concatenate([vtk[3:4][:, [0, 4, 7, 3]], [[9]]], axis=1)
    path = written(
        tmp_path, points, [("hexahedron", vtk[:2]), ("wedge", wedges), ("pyramid", pyramid)]
    )
    read = read_any_mesh(path, "um")
    assert len(read.mesh.cells) == 2 * 12 + 2 * 8 + 6
    assert "2 cells (hexahedron) were cut into 12 tetrahedra each" in read.notes
    facets = read.mesh.facets
    edges = np.sort(facets[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, times = np.unique(edges, axis=0, return_counts=True)
    assert (times == 2).all()
    # Outer quadrilaterals: of the hexahedra's 12 two are common and one is a wedge's; of the
    # wedges' 6 two are common, one is a hexahedron's and one the pyramid's base.
    quads = (12 - 2 - 1) + (6 - 2 - 1 - 1)
    triangles = 2 * 2 + 4  # of the wedges' ends, and of the pyramid
    assert len(facets) == 2 * quads + triangles


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.vtu", b"\x00\xff no mesh", "not a readable .vtu"),
        ("x.msh", b"$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n9999999 1 2", r"\.msh"),
        ("x.msh", b"noise", "not a readable .msh"),
        ("x.stl", b"solid", "holds a surface"),
        ("x.txt", b"", "unknown mesh format '.txt'"),
        ("x.vtk", b"", "the file is empty"),
        (
            "x.xdmf",
            b"<Xdmf><DataItem>/etc/passwd.h5:/data0</DataItem></Xdmf>",
            "outside its folder",
        ),
    ],
)
def test_files_that_are_no_meshes_are_refused(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_any_mesh(path, "um")
    assert str(path) in str(caught.value)


def test_meshes_without_volume_or_with_wild_numbers_are_refused(tmp_path):
    points, _, cells = grid((1, 1, 1))
    with pytest.raises(InputError, match=r"no volume cells, only triangle"):
        read_any_mesh(written(tmp_path, points, [("triangle", cells[:, :3])]), "um")
    with pytest.raises(InputError, match="there is no mesh file"):
        read_any_mesh(tmp_path / "none.msh", "um")
    wild = points.copy()
    wild[7, 1] = np.nan
    with pytest.raises(InputError, match="1 points have coordinates that are not finite"):
        read_any_mesh(written(tmp_path, wild, [("tetra", cells)]), "um")


def test_too_little_time_or_memory_ends_in_a_message(tmp_path):
    points, _, cells = grid((1, 1, 1))
    path = written(tmp_path, points, [("tetra", cells)])
    with pytest.raises(InputError, match=r"not done within 0\.01 s"):
        read_any_mesh(path, "um", seconds=0.01)
    with pytest.raises(InputError, match=r"x\.vtu"):
        read_any_mesh(path, "um", memory=32 << 20)


@pytest.fixture(scope="module")
def step_file(tmp_path_factory):
    """A box of 0.4 x 0.4 x 0.2 mm with a cylinder (r = h = 0.1 mm) on it; the second has a name."""
    import gmsh

    path = tmp_path_factory.mktemp("cad") / "two.step"
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.model.occ.addBox(0, 0, 0.3, 0.4, 0.4, 0.2)
        gmsh.model.occ.addCylinder(0.2, 0.2, 0.5, 0, 0, 0.1, 0.1)
        gmsh.model.occ.synchronize()
        gmsh.write(str(path))
    finally:
        gmsh.finalize()
    text = path.read_text()
    last = max(line for line in text.split("'") if line.startswith("Open CASCADE STEP translator"))
    path.write_text(text.replace(last, "Pillar (niche)"))
    return path


def test_solids_of_a_step_file_become_inks(step_file):
    read = read_step(step_file, size=50.0)
    assert read.mesh.inks == ("solid 1", "Pillar (niche)")
    exact = np.array([400 * 400 * 200, np.pi * 100**3])
    assert read.mesh.exact_volumes == pytest.approx(exact, rel=1e-9)
    assert read.mesh.ink_volumes()[0] == pytest.approx(exact[0], rel=1e-9)
    assert 0.95 < read.mesh.ink_volumes()[1] / exact[1] < 1.0  # chords lie within the circle
    body = read.body()
    assert body.height == pytest.approx(300.0)
    assert body.ink([(200, 200, 250), (200, 200, 150), (20, 20, 199)]).tolist() == [1, 0, 0]
    assert body.signed_distance([(20, 200, 100), (200, 200, 340)]) == pytest.approx([-20.0, 40.0])
    # The interface conforms: one piece, and no face of it is on the outside.
    assert not any("share no vertex" in note for note in read.notes)
    middle = read.mesh.points[read.mesh.facets].mean(axis=1)
    assert not ((np.hypot(*(middle[:, :2] - 200).T) < 80) & (abs(middle[:, 2] - 200) < 1)).any()
    assert (read.mesh.facet_tag == SurfaceTag.TOP).any()


def test_step_inks_can_be_mapped_and_left_out(step_file):
    only = read_step(step_file, size=100.0, inks={1: "carrier", "Pillar (niche)": None})
    assert only.mesh.inks == ("carrier",)
    assert only.mesh.exact_volumes == pytest.approx([32e6])
    with pytest.raises(InputError, match=r"no region 'solid 3'(?s:.*)'Pillar \(niche\)'"):
        read_step(step_file, size=100.0, inks={"solid 3": "x"})


def test_step_files_that_are_wrong_are_refused(tmp_path, step_file):
    with pytest.raises(InputError, match=r"smaller than a cell(?s:.*)unit: mm"):
        read_step(step_file, "um")
    with pytest.raises(InputError, match=r"would make some .* tetrahedra(?s:.*)or more"):
        read_step(step_file, size=0.5)
    broken = tmp_path / "broken.step"
    broken.write_text(step_file.read_text()[:2000])
    with pytest.raises(InputError, match=r"broken\.step"):
        read_step(broken)
    broken.write_bytes(b"\x00" * 1000)
    with pytest.raises(InputError, match=r"broken\.step"):
        read_step(broken)
    with pytest.raises(InputError, match=r"expected a file named \.step or \.stp"):
        read_step(tmp_path / "x.iges")
    with pytest.raises(InputError, match="there is no STEP file"):
        read_step(tmp_path / "none.stp")


@pytest.fixture
def drawn(tmp_path):
    """Write a STEP file of what a function draws with OpenCASCADE."""
    import gmsh

    def write(draw):
        path = tmp_path / "drawn.stp"
        gmsh.initialize(interruptible=False)
        try:
            gmsh.option.setNumber("General.Terminal", 0)
            draw(gmsh.model.occ)
            gmsh.model.occ.synchronize()
            gmsh.write(str(path.with_suffix(".step")))
        finally:
            gmsh.finalize()
        return path.with_suffix(".step").rename(path)

    return write


def test_a_pierced_plate_keeps_its_hole(drawn):
    """A box less a cylinder and half a ball: 10·10·2 - π·2²·2 - 2π/3 mm³.

    OpenCASCADE's healing takes the seam off the hole, or fills it; so it is no first choice.
    """

    def draw(occ):
        hole = [(3, occ.addCylinder(5, 5, -1, 0, 0, 4, 2)), (3, occ.addSphere(2, 2, 2, 1))]
        occ.cut([(3, occ.addBox(0, 0, 0, 10, 10, 2))], hole)

    read = read_step(drawn(draw), size=800.0)
    exact = (200.0 - 8.0 * np.pi - 2.0 * np.pi / 3.0) * 1e9
    assert read.mesh.exact_volumes == pytest.approx([exact], rel=1e-6)
    assert abs(read.mesh.ink_volumes()[0] / exact - 1.0) < 0.02
    assert read.body().signed_distance([(5000, 5000, 1000)])[0] > 1800.0


def test_solids_in_solids_are_inclusions_and_overlaps_go_to_the_earlier(drawn):
    def inclusion(occ):
        occ.addBox(0, 0, 0, 1, 1, 1)
        occ.addBox(0.25, 0.25, 0.25, 0.5, 0.5, 0.5)

    read = read_step(drawn(inclusion), size=400.0)
    assert read.mesh.exact_volumes == pytest.approx([0.875e9, 0.125e9])
    assert read.body().ink([(500, 500, 500), (100, 500, 500)]).tolist() == [1, 0]
    assert "solid 2 lies in an earlier one" in " ".join(read.notes)

    def overlap(occ):
        occ.addBox(0, 0, 0, 1, 1, 1)
        occ.addBox(0.5, 0, 0, 1, 1, 1)

    read = read_step(drawn(overlap), size=400.0)
    assert read.mesh.exact_volumes == pytest.approx([1e9, 0.5e9])
    assert "solids overlap (25 % of their volume)" in " ".join(read.notes)


def test_faces_without_a_solid_are_sewn_or_refused(drawn):
    def shell(occ):
        occ.addBox(0, 0, 0, 1, 1, 1)
        occ.synchronize()
        occ.remove([(3, 1)])

    read = read_step(drawn(shell), size=400.0)
    assert read.mesh.exact_volumes == pytest.approx([1e9])
    assert "sewn" in " ".join(read.notes)
    with pytest.raises(InputError, match="there is no solid in it"):
        read_step(drawn(lambda occ: occ.addRectangle(0, 0, 0, 1, 1)))


def test_a_file_that_unpacks_to_gigabytes_ends_in_a_message(tmp_path):
    """Blocks of zeros: 1.5 GB out of some 2 MB, with 1 GB allowed."""
    import base64
    import zlib

    block, count = zlib.compress(bytes(10_000_000), 9), 150
    head = np.array([count, 10_000_000, 0, *[len(block)] * count], dtype="<u8").tobytes()
    numbers = base64.b64encode(head) + base64.b64encode(block * count)
    path = tmp_path / "bomb.vtu"
    path.write_bytes(
        b'<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian" '
        b'header_type="UInt64" compressor="vtkZLibDataCompressor"><UnstructuredGrid>'
        b'<Piece NumberOfPoints="62500000" NumberOfCells="1"><Points><DataArray type="Float64" '
        b'NumberOfComponents="3" format="binary">' + numbers + b"</DataArray></Points>"
        b"<Cells></Cells></Piece></UnstructuredGrid></VTKFile>"
    )
    with pytest.raises(InputError, match=r"bomb\.vtu.* memory"):
        read_any_mesh(path, "um", memory=1 << 30)


def test_a_body_from_stl_is_meshed(tmp_path):
    """A cube of 1 mm through the common entry: all of its volume, flat faces tagged."""
    from meshes.cad import SurfaceBody

    corners = UNIT * 1000.0
    triangles = np.array(
        [
            *((0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4)),
            *((2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)),
        ]
    )
    made = mesh_body(SurfaceBody(corners, triangles), size=250.0, cache=None)
    assert made.mesh.ink_volumes() == pytest.approx([1e9], rel=0.03)
    assert {SurfaceTag.BOTTOM, SurfaceTag.TOP} < set(made.mesh.facet_tag.tolist())
