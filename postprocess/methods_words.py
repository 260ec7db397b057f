"""Sentences of the methods section, one function per part of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from postprocess.casefile import flatten
from postprocess.labels import cue_label, key_label, percent, plain, quantity, significant
from postprocess.results import SitesResult
from postprocess.style import detailed

if TYPE_CHECKING:
    from postprocess.methods import Sources

Case = Mapping[str, Any]

_MESH_KEYS = ("kind", "inks", "ink", "core", "shell", "spheroid", "mesh_size_um", "mesh_elements",
              "mesh_route")  # fmt: skip
_RULE = "Dormancy rule, "


def listed(items: Iterable[str]) -> str:
    """Words as an enumeration: "a", "a and b", "a, b and c"."""
    *first, last = [*items] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _section(case: Case, key: str) -> Mapping[str, Any]:
    value = case.get(key)
    return value if isinstance(value, Mapping) else {}


def _told(tree: Mapping[str, Any], leave: Iterable[str] = ()) -> str:
    """What a section says, as "layers 4, alginate (calcium 9.8 mM, chain 280 kDa)"."""
    parts = []
    for key, value in tree.items():
        if key in leave or value is False:
            continue
        if isinstance(value, Mapping):
            inner = _told(value, leave)
            parts += [f"{key_label(str(key))} ({inner})"] if inner else []
        else:
            parts += [f"{label} {text}" for label, text in flatten({key: value})]
    return ", ".join(parts)


def scaffold(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """The body and its mesh."""
    shape, mesh = _section(case, "scaffold"), result.summary["mesh"]
    said = []
    if shape:
        about = _told(shape, _MESH_KEYS)
        kind = key_label(str(shape.get("kind", "given body")))
        said.append(f"The scaffold was of the kind “{kind}”{f' ({about})' if about else ''}.")
    size = shape.get("mesh_size_um")
    said.append(
        f"It was meshed with {plain(mesh['cells'])} tetrahedra"
        + (f" of about {plain(size)} µm" if size else "")
        + f" (volume error {significant(100 * mesh['volume_error'], 2)} %); gel filled "
        f"{percent(result.summary['solid_fraction'])} of its bounding box."
    )
    return said


def inks(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """What the inks are made of, and how their stiffness follows."""
    asked = _section(case, "inks")
    said = [_ink(ink, _section(asked, str(ink["name"]))) for ink in result.inks if detailed(ink)]
    if sources.rows("Alginate modulus from"):
        said.append(
            "The modulus of alginate was interpolated between published gels"
            f"{sources.used('Alginate modulus from')}."
        )
    if sources.rows("Shear modulus of a collagen I network"):
        said.append(
            "Collagen adds affine fibres to it, whose effective modulus gives back published "
            "shear moduli of collagen I networks"
            f"{sources.used('Shear modulus of a collagen I network')}."
        )
    ratio = sources.rows("Fibres of collagen III relative")
    if ratio:
        said.append(
            f"Fibres of collagen III were taken to be {ratio[0].value} times as stiff as those of "
            "collagen I (assumption; the literature disagrees)"
            f"{sources.used('Fibres of collagen III relative')}."
        )
    if sources.rows("A wavy fibre is softer"):
        said.append(
            "A wavy fibre was softened by E_eff/E = 1/(1 + (2A²/r²)/(1 + k_f/B)), with A the "
            "amplitude, r the radius, B its bending stiffness and k_f the hold of the gel around "
            f"it{sources.used('A wavy fibre is softer')}."
        )
    if sources.rows("order parameter of the fibres"):
        said.append(
            "Fibres were spread about the direction of printing by a Watson density of the given "
            f"order parameter{sources.used('order parameter of the fibres')}."
        )
    return said


def _ink(ink: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """One ink: recipe as asked, stiffness as found."""
    parts = _told(asked, ("synergy", "orientation", "law", "fibril_radius_um", "gradient"))
    stiff = (
        f"Young’s modulus {quantity(ink['e_isotropic_kPa'], 'kPa')} averaged over directions"
        if ink["e_isotropic_kPa"] is not None
        else "modulus not recorded"
    )
    if ink["e_fibre_kPa"] is not None and ink["e_cross_kPa"] is not None:
        stiff += (
            f", {quantity(ink['e_fibre_kPa'], 'kPa')} along the fibres and "
            f"{quantity(ink['e_cross_kPa'], 'kPa')} across them"
        )
    if ink["band_fold"] is not None:
        stiff += f", known within a factor of {quantity(ink['band_fold'], '', 2)} (90 % band)"
    return f"Ink “{ink['name']}”{f' ({parts})' if parts else ''}: {stiff}."


def mechanics(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """What was done to the scaffold, and how it was solved."""
    load, order = _section(case, "load"), _section(case, "compute").get("element_order")
    dofs, modulus = result.summary["mesh"]["dofs"], result.summary["apparent_modulus_kPa"]
    if not dofs:
        return ["No load was applied to the scaffold."]
    finite = load.get("theory") == "finite"
    said = []
    if load.get("kind") == "compression":
        said.append(
            f"The scaffold was bonded to {load.get('substrate', 'glass')} and compressed by "
            f"{100 * float(load.get('strain', 0)):.3g} % between parallel plates "
            f"({load.get('plate', 'bonded')})."
        )
    if load.get("swelling"):
        said.append(f"The free gel swelled by {100 * float(load['swelling']):.3g} % in length.")
    said.append(
        f"{'Finite' if finite else 'Linear'} elasticity was solved with finite elements"
        + (f" of order {order}" if order else "")
        + f" on the tetrahedra ({plain(dofs)} unknowns)"
        + (
            ", with total Lagrangian kinematics, fibres summed over directions and Newton steps."
            if finite
            else ", by conjugate gradients with algebraic multigrid."
        )
    )
    if finite and sources.rows("fibres of collagen"):
        said.append(f"Fibres followed their law{sources.used('fibres of collagen')}.")
    if modulus:
        said.append(
            "The apparent modulus, from the elastic energy as a compression tester reads it, was "
            f"{quantity(modulus['value'], 'kPa')} ({quantity(modulus['low'])} to "
            f"{quantity(modulus['high'], 'kPa')})."
        )
    return said


def sensed(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """The cells, and the stiffness that each senses."""
    cells, pulled = _section(case, "cells"), result.contraction
    radius, count = cells.get("radius_um"), result.summary["n_sites"]
    mean = result.summary["mean_stiffness_kPa"]
    said = [
        f"Stiffness was probed at {plain(count)} cell site{'s' if count != 1 else ''}: each cell "
        "is a sphere"
        + (f" of radius {plain(radius)} µm" if radius else "")
        + " bonded to the gel that pulls on it; the sensed stiffness in a direction is the "
        "Young’s modulus of the uniform isotropic medium that would answer alike. It was "
        f"{quantity(mean['value'], 'kPa')} on average (90 % of sites between "
        f"{quantity(result.summary['stiffness_percentiles_kPa']['p5'])} and "
        f"{quantity(result.summary['stiffness_percentiles_kPa']['p95'], 'kPa')})."
    ]
    if _section(case, "load").get("prestrain"):
        said.append("Cells felt the gel as the load had strained it.")
    if pulled is not None:
        strain = _section(cells, "contraction").get("strain")
        by = f" by {100 * float(strain):.3g} %" if strain else ""
        said.append(f"{len(pulled)} cells also shortened{by}, for their secant stiffness.")
    return said


def rule(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """The rule from sensed stiffness and cues to P(dormant)."""
    asked = _section(case, "dormancy")
    gate = str(asked.get("gate", "hill"))
    said = [
        "P(dormant), the fraction of a heterogeneous population in G0 arrest, followed the "
        f"dormancy rule with the preset “{result.summary['preset']}”"
        f"{sources.used('Direction of stiffness')}: P = Pmax − (Pmax − Pmin) a R/(1 + R) with "
        "R = m F^e/(1 + (κ/κ50)^q). Here "
        + (
            "m = L (E/E50)^(±n) Π(1 − i)"
            if gate == "hill"
            else "m, from tables of a simulated molecular clutch,"
        )
        + " is the drive of the sensed stiffness E through the adhesive ligand L and the blocked "
        "steps i of the integrin gate, e the sum of the cues in units of ln F, κ = E (1 − "
        "degradability), and a = u0 + (1 − u0) min(uPAR · fibronectin, 1)."
    ]
    numbers = [
        f"{row.what.removeprefix(_RULE).split(':')[0]} {row.value} ({row.standing})"
        f"{sources.cite((row, row.what))}"
        for row in sources.rows(_RULE)
        if row.value
    ]
    if numbers:
        said.append(f"Its parameters, with the ranges that were sampled: {'; '.join(numbers)}.")
    signals = [
        f"{cue_label(row.what.split()[1])}, {row.value} ({row.standing})"
        f"{sources.cite((row, row.what))}"
        for row in sources.rows("Cue ")
        if len(row.what.split()) > 1
    ]
    if signals:
        said.append(f"Cues: {'; '.join(signals)}.")
    for key, verb in (("cues", "Given signals"), ("block", "Blocked"), ("drugs", "Drugs")):
        given = _told(_section(asked, key))
        if given:
            said.append(f"{verb}: {given}.")
    return said


def uncertainty(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """How the bands came about."""
    band = _section(_section(case, "dormancy"), "band")
    mean, above = result.summary["mean_p_dormant"], result.summary["fraction_above_half"]
    said = []
    if band:
        said.append(
            f"Bands hold {percent(float(band['level']))} of {plain(band['samples'])} samples of "
            "the uncertain numbers of recipe and rule within their stated ranges; they are no "
            "confidence intervals of an experiment and do not cover the choice of the preset."
        )
    said.append(
        f"Mean P(dormant) was {quantity(mean['value'])} ({quantity(mean['low'])} to "
        f"{quantity(mean['high'])}); P exceeded 0.5 at {percent(above['value'])} of the sites "
        f"({percent(above['low'])} to {percent(above['high'])})."
    )
    assumed = sum(row.standing == "assumption" for row in result.assumptions)
    if assumed:
        said.append(
            f"Of the {len(result.assumptions)} statements that this rests on, {assumed} are "
            "assumptions that no source fixes; the report lists them."
        )
    return said


def further(result: SitesResult, case: Case, sources: Sources) -> list[str]:
    """Other models that were asked, where they were."""
    tables = result.biology.tables() if result.biology is not None else {}
    said = []
    if "compare" in tables:
        arms = [f"“{name}”" for name in tables["compare"]["arm"][1:]]
        said.append(
            f"Arms {listed(arms)} were compared with the case on the same solved stiffness and "
            "the same samples, so that their differences have bands of their own."
        )
    if "history" in tables:
        said.append("Cells were given a memory of the states that they had been through.")
    if "sensitivity" in tables:
        said.append("Which unknown matters most was ranked by Sobol indices of the mean P.")
    if "network" in tables:
        said.append(
            "The rule was set against a signalling network of normalised-Hill logic equations"
            f"{sources.used('Network')}."
        )
    if "clutch" in tables:
        said.append(f"Traction was set against a molecular clutch{sources.used('Clutch')}.")
    return said
