"""The network's tables, classes of sites, and the comparison with the rule."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling.network import disagreements, load_network, network_answer, site_classes
from solver.coupling.network.page import reaction_table


@pytest.fixture
def folder(tmp_path):
    for name in ("species.csv", "reactions.csv"):
        text = files("solver.coupling.network").joinpath(name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def edit(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_of_ones_own_is_read_and_acts(folder):
    assert load_network(folder) == load_network()
    edit(folder, "reactions.csv", "!ERK => p38,0.5", "!ERK => p38,0")
    edit(folder, "species.csv", "YAP,node,awake,1,1", "YAP,node,awake,1,2")
    mine = load_network(folder)
    assert mine.tau.max() == 2.0
    assert network_answer(4.5, network=mine).of("p38") < network_answer(4.5).of("p38")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("reactions.csv", "FAK => Src,1", "FAK -> Src,1", "line .*, column rule: expected 'A & !B"),
        ("reactions.csv", "FAK => Src,1", "FAC => Src,1", "column rule: .*'FAC' is none"),
        ("reactions.csv", "FAK => Src,1", "FAK => ligand,1", "expected a node right of the arrow"),
        ("reactions.csv", "FAK => Src,1", "FAK & !FAK => Src,1", "each species once"),
        ("reactions.csv", "FAK => Src,1", "FAK => Src,1.5", "column weight: expected a number"),
        ("reactions.csv", "FAK => Src,1,1.4,0.5", "FAK => Src,1,1.4,0.7", "2 ec50.n < 1"),
        ("reactions.csv", "FAK => Src,1,1.4", "FAK => Src,1,0.5", "column n: .* from 1 to 20"),
        ("reactions.csv", "FAK => Src,1", "FAK => FAK,1", "Src"),
        ("species.csv", "Src,node,awake", "Src,cue,none", "a node right of the arrow"),
        ("species.csv", "Src,node,awake", "Src,node,none", "column side"),
        ("species.csv", "Src,node,awake", "FAK,node,awake", "no earlier line"),
        ("species.csv", "ligand,condition", "ligant,condition", "column kind"),
        ("species.csv", "1,1,3.25,", "1,1,,", "column half_kPa"),
        ("species.csv", "Src,node,awake,1,1", "Src,node,awake,1,nan", "column tau"),
    ],
)
def test_a_wrong_cell_is_named(folder, name, old, new, words):
    edit(folder, name, old, new)
    with pytest.raises(InputError, match=words) as error:
        load_network(folder)
    assert ".csv, line" in str(error.value)


def test_missing_tables_and_read_outs_are_named(folder):
    edit(folder, "species.csv", "RhoA,node", "RhoB,node")
    edit(folder, "reactions.csv", "integrin_b1 => RhoA", "integrin_b1 => RhoB")
    edit(folder, "reactions.csv", "RhoA => ROCK", "RhoB => ROCK")
    with pytest.raises(InputError, match="RhoA is missing"):
        load_network(folder)
    (folder / "reactions.csv").unlink()
    with pytest.raises(InputError, match=r"reactions.csv: the network's table cannot be read"):
        load_network(folder)


def test_few_values_are_classes_of_their_own():
    E = np.array([3.0, 1.0, 3.0, 2.0, 1.0])
    classes = site_classes(E, [0, 0, 1, 1, 0])
    assert classes.geometric_mean(E) == pytest.approx([1.0, 3.0, 2.0, 3.0])  # by ink, then by E
    assert classes.count.tolist() == [2, 1, 1, 1]
    assert classes.spread(classes.geometric_mean(E)) == pytest.approx(E)
    assert classes.mean(2.0) == pytest.approx(2.0)


def test_many_sites_become_few_classes_of_like_size():
    rng = np.random.default_rng(4)
    E, ink = np.exp(rng.normal(size=20_000)), rng.integers(0, 3, 20_000)
    classes = site_classes(E, ink, most=64)
    assert 60 <= len(classes.count) <= 64
    assert classes.count.sum() == len(E)
    assert classes.count.max() < 1.2 * classes.count.min()
    # A class lies within one ink, and no two classes of an ink overlap.
    for one in range(3):
        order = classes.index[ink == one][np.argsort(E[ink == one])]
        assert (np.diff(order) >= 0).all()
    assert len(set(zip(classes.index, ink, strict=True))) == len(classes.count)


def test_more_ties_than_classes_leave_no_class_empty():
    E = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], [1000, 1, 1, 1, 1])
    classes = site_classes(E, most=3)
    assert (classes.count > 0).all()
    assert len(classes.count) <= 3


@pytest.mark.parametrize(
    ("E", "ink", "words"),
    [
        ([], None, "found 0"),
        ([1.0, 2.0], [0], "2 stiffnesses but 1 inks"),
        (np.ones(65), np.arange(65), "1 to 64 inks"),
    ],
)
def test_classes_that_cannot_be_made_are_refused(E, ink, words):
    with pytest.raises(InputError, match=words):
        site_classes(E, ink)


def test_disagreements_are_said_in_words():
    E = np.array([0.5, 2.0, 8.0])
    rule, network = np.array([0.9, 0.5, 0.1]), np.array([0.9, 0.9, 0.95])
    said = " ".join(
        disagreements(E, rule, network, rule_low=rule - 0.2, rule_high=rule + 0.2, left_out=["X"])
    )
    assert "at 8 kPa the rule has 0.10 asleep, the network 0.95" in said
    assert "on average the network is +0.42 off" in said  # (0 + 0.4 + 0.85)/3
    assert "outside the rule's band at 67% of the sites" in said
    assert "rule says 'stiffer is more awake', the network 'stiffer is more asleep'" in said
    assert "no node for X" in said
    same = disagreements(E, rule, rule)
    assert len(same) == 1
    assert "Direction" not in disagreements([2.0, 2.0], [0.3, 0.3], [0.4, 0.2])[0]
    with pytest.raises(InputError, match="finite arrays of one length"):
        disagreements(E, rule, network[:2])


def test_the_page_shows_the_arrows_that_are_used():
    page = (Path(__file__).parents[2] / "docs" / "network.md").read_text(encoding="utf-8")
    assert reaction_table(load_network()) in page
