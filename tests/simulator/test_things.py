"""Meshes of things: sound, as high and wide as stated, and the same from afar as from near."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree

from pipeline.errors import ConfigError
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh, Model
from pipeline.simulator.things.beings import Animal, Person
from pipeline.simulator.things.building_site import BareWalls, Foundation
from pipeline.simulator.things.house import House, damage_class
from pipeline.simulator.things.posts import Bunker, MarkedLane, RoadBlock, SandbagPost
from pipeline.simulator.things.power_line import SAG, PowerLine
from pipeline.simulator.things.rubble import Boulder, Crates, Rubble
from pipeline.simulator.things.shelters import Net, Shed, Tarpaulin, Tent
from pipeline.simulator.things.tree import Bush, Tree
from pipeline.simulator.things.vehicle import SIZES_M, Vehicle
from pipeline.simulator.things.wall import Fence, HayBale, Wall

FORMS = (("broad", 9.0, 6.0), ("poplar", 18.0, 3.5), ("conifer", 14.0, 5.0), ("fruit", 4.0, 4.0))
LEAFY = [Tree(form, high, wide, leaves, 3) for form, high, wide in FORMS for leaves in ("spring", "summer", "autumn")]
BARE = [Tree(form, high, wide, leaves, 3) for form, high, wide in FORMS for leaves in ("bare", "snow")]
HOUSES = [
    House(roof=roof, damage=d, seed=2) for roof in ("gable", "hip", "flat", "shed") for d in (0, 0.1, 0.4, 0.7, 1)
]
VEHICLES = [
    Vehicle(form, cargo=load, seed=1) for form in SIZES_M for load in ("none", "box", "tarpaulin", "tank", "open")
]
OTHERS: list[Model] = [
    Bush(), Bush(foliage="bare"), Wall(), Wall(form="concrete"), Wall(form="brick"), Fence(), Fence(form="board"),
    HayBale(), HayBale("square", 2.2), PowerLine(), PowerLine("pylon", 200.0, 5.0, 28.0), PowerLine(span_m=0.0),
    Rubble(), Boulder(), Crates(), Crates(3), Person(), Person(0.6), Person(phase=1, pack=True), Animal(),
    Animal("cow", grazing=True), Animal("dog", phase=1), Shed(), Tent(), Tarpaulin(), Net(), Net(season="snow"),
    SandbagPost(), SandbagPost(roof=False), Bunker(), RoadBlock(), RoadBlock(closed=False), MarkedLane(), Foundation(),
    BareWalls(),
]  # fmt: skip
MODELS: list[Model] = [*LEAFY, *BARE, *HOUSES, *VEHICLES, *OTHERS]
DETAILS = (0.02, 0.1, 0.3, 0.6, 2.0)
THIN = ("power_line", "fence", "bush")  # rays from above hit too little of them; and of bushes in winter
OVERHANG_M = {"house": 2.3, "shed": 0.25, "power_line": 0.2, "rubble": 1.2, "tree": 0.6, "bush": 0.5}
"""Eaves, thrown rubble and branches reach beyond what a thing covers on the ground; all else stays within 10 cm."""


def areas(mesh: Mesh):
    a, b, c = (mesh.vertices_m[mesh.triangles[:, k]].astype(float) for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_meshes_are_sound_and_as_large_as_stated(model):
    low, high = model.outline_m.min(axis=0), model.outline_m.max(axis=0)
    overhang = OVERHANG_M.get(model.kind, 0.1)
    for detail_m in DETAILS:
        mesh = model.mesh(detail_m)
        used = mesh.vertices_m[mesh.triangles].reshape(-1, 3)

        assert np.isfinite(mesh.vertices_m).all()
        assert areas(mesh).min() > 1e-7
        assert used[:, 2].max() == pytest.approx(model.height_m, rel=0.05)
        assert used[:, 2].min() > -0.3
        assert (used[:, :2].min(axis=0) >= low - overhang).all()
        assert (used[:, :2].max(axis=0) <= high + overhang).all()
        assert mesh.colour.min() > 0
        assert mesh.colour.max() < 1
        assert len(mesh.triangles) <= 9000


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_simplifying_never_adds_triangles(model):
    counts = [len(model.mesh(detail_m).triangles) for detail_m in DETAILS]

    assert all(coarse <= max(fine, 150) for fine, coarse in pairwise(counts))
    assert counts[-1] <= 420


@pytest.mark.parametrize(
    "model", [*LEAFY, *HOUSES, *VEHICLES, Bush(), *(m for m in OTHERS if m.kind not in THIN)], ids=repr
)
def test_simplified_forms_keep_the_mean_colour_seen_from_above(model):
    fine, coarse = seen_from_above(model.mesh(0.1)), seen_from_above(model.mesh(2.0))

    assert coarse == pytest.approx(fine, rel=0.35)


def seen_from_above(mesh: Mesh):
    """Mean colour of the uppermost triangle over each cell of a raster: an independent, slow orthophoto."""
    corners = mesh.vertices_m[mesh.triangles].astype(float)
    low, high = corners[..., :2].min(axis=(0, 1)), corners[..., :2].max(axis=(0, 1))
    grid = 40
    top, colour = np.full((grid, grid), -np.inf), np.full((grid, grid, 3), np.nan)
    xs, ys = (np.linspace(low[k], high[k], 2 * grid + 1)[1::2] for k in range(2))
    for triangle, rgb in zip(corners, mesh.colour, strict=True):
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = triangle
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        i0, i1 = np.searchsorted(xs, [min(ax, bx, cx), max(ax, bx, cx)])
        j0, j1 = np.searchsorted(ys, [min(ay, by, cy), max(ay, by, cy)])
        if i0 == i1 or j0 == j1:
            continue
        x, y = np.meshgrid(xs[i0:i1], ys[j0:j1])
        v = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        w = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        z = az + v * (bz - az) + w * (cz - az)
        over = (v >= 0) & (w >= 0) & (v + w <= 1) & (z > top[j0:j1, i0:i1])
        top[j0:j1, i0:i1][over] = z[over]
        colour[j0:j1, i0:i1][over] = rgb
    return np.nanmean(colour.reshape(-1, 3), axis=0)


@pytest.mark.parametrize("model", [LEAFY[0], BARE[0], HOUSES[7], VEHICLES[16], SandbagPost(), Net()], ids=repr)
def test_the_same_model_always_has_the_same_mesh(model):
    first, second = model.mesh(0.05), model.mesh(0.05)

    assert first.vertices_m.tobytes() == second.vertices_m.tobytes()
    assert first.colour.tobytes() == second.colour.tobytes()
    assert hash(model) == hash(type(model)(**{name: getattr(model, name) for name in model.__slots__}))


def test_damage_takes_the_roof_away_class_by_class():
    covers = [
        float(areas(roof)[roof.material == 12].sum()) for roof in (House(damage=d).mesh(0.05) for d in (0, 0.4, 0.7))
    ]

    assert covers[0] > 1.05 * covers[1] > 1.6 * covers[2]
    assert [damage_class(d) for d in (0, 0.1, 0.4, 0.7, 1)] == ["none", "possible", "moderate", "severe", "destroyed"]
    assert House(damage=1.0).height_m < 0.6 * House().height_m


def test_wires_sag_and_meet_the_next_mast():
    span, rise = 50.0, 3.0
    wires = PowerLine(span_m=span, rise_m=rise).mesh(0.05)
    at = wires.vertices_m[wires.triangles[wires.material == 30]].reshape(-1, 3)
    near, far, middle = at[at[:, 0] < 0.5], at[at[:, 0] > span - 0.5], at[np.abs(at[:, 0] - span / 2) < 0.5]

    assert far[:, 2].max() - near[:, 2].max() == pytest.approx(rise, abs=0.03)
    assert (near[:, 2].max() + far[:, 2].max()) / 2 - middle[:, 2].max() == pytest.approx(SAG * span, abs=0.05)


def test_lamps_glow_only_when_lit():
    assert Vehicle(lamps=False).mesh(0.05).glow is None
    lit = Vehicle(lamps=True).mesh(0.05)
    assert lit.glow is not None
    assert (lit.glow.max(axis=1) > 0).sum() == (lit.material == 29).sum() == 8


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tree(form="palm"),
        lambda: Tree(height_m=0.0),
        lambda: House(roof="dome"),
        lambda: House(damage=1.5),
        lambda: Vehicle("boat"),
        lambda: Person(3.0),
        lambda: Wall(form="hedge"),
        lambda: Net(season="pink"),
        lambda: Animal("lion"),
    ],
)
def test_forms_that_do_not_exist_are_refused(make):
    with pytest.raises(ConfigError):
        make()


def test_leaves_of_a_coarser_crown_are_some_of_a_finer_ones():
    tree = Tree("broad", 12.0, 9.0, seed=4)
    fine, coarse = (tree.mesh(detail) for detail in (0.03, 0.2))

    def middles(mesh):
        leaf = mesh.material == Material.LEAF
        return mesh.vertices_m[mesh.triangles[leaf]].mean(axis=1)

    near, _ = cKDTree(middles(fine)).query(middles(coarse))

    assert len(middles(coarse)) < len(middles(fine))
    assert np.quantile(near, 0.9) < 0.15  # a third of a leaf's edge
