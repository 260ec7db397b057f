"""The network as SBML: consistent, read back, the same equations and the same rest."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from solver.coupling.network import (
    Network,
    conditions,
    load_network,
    read_sbml,
    steady_state,
    write_sbml,
)
from tests.solver.logic_networks import at, input_, node, reaction

libsbml = pytest.importorskip("libsbml")


@pytest.fixture(scope="module")
def given():
    return conditions(
        load_network(),
        np.array([1.0, 9.0]),
        doses={"TGFb2": 0.2, "collagen_I": 0.4, "hypoxia": 0.1},
        blocks={"FAK": 0.2},
        upar=0.9,
    )


@pytest.fixture(scope="module")
def written(given, tmp_path_factory):
    path = tmp_path_factory.mktemp("sbml") / "network.xml"
    write_sbml(load_network(), path, given, 1, start="awake")
    return path


def test_the_file_is_consistent_core_level_3_version_2(written):
    document = libsbml.readSBMLFromFile(str(written))
    document.checkConsistency()
    assert document.getNumErrors() == 0  # not even warnings
    assert (document.getLevel(), document.getVersion()) == (3, 2)
    model = document.getModel()
    assert model.getNumRules() == len(load_network().nodes)
    assert model.getParameter("stiffness").getConstant()
    assert not model.getParameter("ERK").getConstant()
    # Standing and source travel with the file.
    assert "10.1083/jcb.147.1.89" in model.getParameter("ERK").getNotesString()
    assert "published" in model.getParameter("w_1").getNotesString()


def test_what_is_read_back_has_the_same_rates_and_the_same_start(written, given):
    network, rng = load_network(), np.random.default_rng(3)
    model = read_sbml(written)
    assert model.variables == network.node_names
    assert model.initial == pytest.approx(network.extreme("awake", given.ymax)[1])
    for _ in range(20):
        y = rng.uniform(size=len(network.nodes))
        ours = network.rhs(y[None], given.inputs[1:], given.ymax[1:])[0]
        assert model.rhs(y) == pytest.approx(ours, abs=1e-13)


def test_what_is_read_back_comes_to_rest_in_the_same_state(written, given):
    from scipy.integrate import solve_ivp
    from scipy.optimize import root

    model = read_sbml(written)
    end = solve_ivp(lambda _, y: model.rhs(y), (0.0, 40.0), model.initial).y[:, -1]
    rest = root(model.rhs, end, tol=1e-12)
    assert rest.success
    assert rest.x == pytest.approx(end, abs=0.01)
    ours = steady_state(load_network(), given, "awake").activity[1]
    assert rest.x == pytest.approx(ours, abs=1e-8)


def test_names_that_sbml_knows_as_numbers_stay_names(tmp_path):
    network = Network((input_("pi"), node("time")), (reaction("pi => time"),))
    write_sbml(network, tmp_path / "x.xml", at(network, (1.0,)))
    # f(1) − 0.25, not f(3.14) or a clock
    assert read_sbml(tmp_path / "x.xml").rhs(np.array([0.25])) == pytest.approx(0.75)


def test_files_that_are_not_of_this_kind_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_sbml(tmp_path / "none.xml")
    (tmp_path / "text.xml").write_text("not xml", encoding="utf-8")
    with pytest.raises(InputError, match="not a consistent SBML model"):
        read_sbml(tmp_path / "text.xml")
    document = libsbml.SBMLDocument(3, 2)
    compartment = document.createModel().createCompartment()
    compartment.setId("c")
    compartment.setConstant(True)
    species = document.getModel().createSpecies()
    species.setId("S")
    species.setCompartment("c")
    for flag in (species.setHasOnlySubstanceUnits, species.setBoundaryCondition):
        flag(False)
    species.setConstant(False)
    libsbml.writeSBMLToFile(document, str(tmp_path / "species.xml"))
    with pytest.raises(InputError, match="parameters and rate rules only"):
        read_sbml(tmp_path / "species.xml")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    network = load_network()
    with pytest.raises(InputError, match="cannot be written"):
        write_sbml(network, tmp_path / "none" / "x.xml", conditions(network, 1.0))
