"""Export as SBML core (Level 3 Version 2, rate rules), and reading such a file back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError
from solver.coupling.collagen_doses import FloatArray

from .conditions import Conditions
from .hill import hill_constants
from .model import Network
from .tables import Reaction, Species

# A number without a unit keeps a reader from checking the units of the whole equation.
_ONE, _ZERO = "1 dimensionless", "0 dimensionless"

Formula = Callable[[Mapping[str, float]], float]


def _term(name: str, n: str, B: str, Kn: str) -> str:
    # A solver's step may carry a resting node a little below 0, where the power has no value.
    power = f"max({name}, {_ZERO})^{n}"
    return f"({B} * {power} / ({Kn} + {power}))"


def _reaction_formula(number: int, reaction: Reaction) -> str:
    n, B, Kn = (f"{symbol}_{number}" for symbol in ("n", "B", "Kn"))
    factors = [f"w_{number}"]
    factors += [_term(name, n, B, Kn) for name in reaction.activators]
    factors += [f"({_ONE} - {_term(name, n, B, Kn)})" for name in reaction.inhibitors]
    return " * ".join(factors)


def _notes(*lines: str) -> str:
    from html import escape

    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f'<body xmlns="http://www.w3.org/1999/xhtml">{body}</body>'


def _described(what: str, one: Species | Reaction) -> str:
    return _notes(what, f"Standing: {one.standing}.", f"Source: {one.source or 'none'}.", one.note)


def _done(code: int, what: str) -> None:
    """libsbml reports by return code, never by an exception."""
    if code != 0:
        raise InputError(f"SBML: {what} was refused by libsbml (code {code})")


def _parameter(model: Any, name: str, value: float, notes: str = "", constant: bool = True) -> None:
    parameter = model.createParameter()
    _done(parameter.setId(name), name)
    parameter.setConstant(constant)
    parameter.setValue(float(value))
    parameter.setUnits("dimensionless")
    if notes:
        _done(parameter.setNotes(notes), f"the note of {name}")


def _errors(document: Any) -> list[str]:
    import libsbml

    document.checkConsistency()
    return [
        f"line {error.getLine()}: {error.getMessage().strip()}"
        for error in (document.getError(i) for i in range(document.getNumErrors()))
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR
    ]


def write_sbml(
    network: Network, path: str | PathLike[str], at: Conditions, row: int = 0, start: str = "asleep"
) -> None:
    """Write the network under one condition as SBML core, Level 3 Version 2.

    Nodes are variable parameters with a rate rule each; inputs, largest activities, τ, weights, n,
    B and K^n are constant parameters, so that any SBML simulator can change them. Activities have
    no unit. Standing and source of every species and reaction stand in its notes.

    Parameters
    ----------
    network
        The wiring.
    path
        Where to.
    at
        Conditions, of which one is written.
    row
        Which one, 0 to k − 1.
    start
        ``asleep`` or ``awake``: the initial state, see `Network.extreme`.

    Raises
    ------
    InputError
        If libsbml finds the model inconsistent, or the file cannot be written.
    """
    import libsbml

    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    _done(model.setId("dormatrix_network"), "the model's name")
    model.setTimeUnits("dimensionless")
    model.setNotes(
        _notes(
            "Normalised-Hill logic network of tumour dormancy (form: Kraeutler 2010, "
            "10.1186/1752-0509-4-157). Weights, n and EC50 are borrowed, not measured. "
            "Time is in units of tau."
        )
    )
    for one, value in zip(network.inputs, at.inputs[row], strict=True):
        _parameter(model, one.species, value, _described("Input.", one))
    initial = network.extreme(start, at.ymax)[row]
    for one, value, top in zip(network.nodes, initial, at.ymax[row], strict=True):
        _parameter(model, one.species, value, _described("Node.", one), constant=False)
        _parameter(model, f"ymax_{one.species}", top)
        _parameter(model, f"tau_{one.species}", one.tau)
    for number, reaction in enumerate(network.reactions, start=1):
        B, Kn = hill_constants(np.array(reaction.n), np.array(reaction.ec50))
        _parameter(model, f"w_{number}", reaction.weight, _described(reaction.rule, reaction))
        for symbol, constant in (("n", reaction.n), ("B", B), ("Kn", Kn)):
            _parameter(model, f"{symbol}_{number}", float(constant))
    for one in network.nodes:
        joined = " * ".join(
            f"({_ONE} - {_reaction_formula(number, reaction)})"
            for number, reaction in enumerate(network.reactions, start=1)
            if reaction.product == one.species
        )
        name = one.species
        rule = model.createRateRule()
        _done(rule.setVariable(name), name)
        formula = f"(({_ONE} - {joined}) * ymax_{name} - {name}) / tau_{name}"
        _done(
            rule.setMath(libsbml.parseL3FormulaWithModel(formula, model)), f"the equation of {name}"
        )
    wrong = _errors(document)
    if wrong:
        raise InputError(f"SBML: the model is inconsistent: {wrong[0]}")
    if not libsbml.writeSBMLToFile(document, str(path)):
        raise InputError(f"{path}: cannot be written")


@dataclass(frozen=True)
class SbmlModel:
    """A model of rate rules, read from SBML.

    Attributes
    ----------
    variables : tuple of str
        What has a rate rule.
    initial : ndarray, shape (s,)
        Its initial value.
    constants : mapping of str to float
        All other parameters.
    formulas : tuple of callable
        Rate of each variable from a mapping of all names to values.
    """

    variables: tuple[str, ...]
    initial: FloatArray
    constants: Mapping[str, float]
    formulas: tuple[Formula, ...]

    def rhs(self, y: FloatArray) -> FloatArray:
        """Rates of the variables.

        Parameters
        ----------
        y
            Their values, shape (s,).

        Returns
        -------
        ndarray, shape (s,)
            Per unit of the model's time.
        """
        values = {**self.constants, **dict(zip(self.variables, map(float, y), strict=True))}
        return np.array([formula(values) for formula in self.formulas])


def _compiled(node: Any) -> Formula:
    """A function of named values from a MathML tree of + − · / ^ max, numbers and names."""
    import math

    import libsbml

    kind = node.getType()
    if node.isNumber():
        number = float(node.getValue())
        return lambda values: number
    if node.isName():
        name = node.getName()
        return lambda values: values[name]
    parts = [_compiled(node.getChild(i)) for i in range(node.getNumChildren())]
    if kind == libsbml.AST_PLUS:
        return lambda values: math.fsum(part(values) for part in parts)
    if kind == libsbml.AST_TIMES:
        return lambda values: math.prod(part(values) for part in parts)
    if kind == libsbml.AST_MINUS and len(parts) == 1:
        return lambda values: -parts[0](values)
    if kind == libsbml.AST_MINUS:
        return lambda values: parts[0](values) - parts[1](values)
    if kind == libsbml.AST_DIVIDE:
        return lambda values: parts[0](values) / parts[1](values)
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return lambda values: parts[0](values) ** parts[1](values)
    if kind == libsbml.AST_FUNCTION_MAX:
        return lambda values: max(part(values) for part in parts)
    raise InputError(
        f"SBML: the operation {node.getName() or kind!r} is not one that this reader knows",
        hint="it reads + - * / ^ max of numbers and parameters, as write_sbml writes them",
    )


def read_sbml(path: str | PathLike[str]) -> SbmlModel:
    """Read a model of parameters and rate rules from SBML.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SbmlModel

    Raises
    ------
    InputError
        If there is no such file, it is inconsistent, or it holds more than parameters and rate
        rules.
    """
    import libsbml

    if not Path(path).is_file():
        raise InputError(f"{path}: there is no such file")
    document = libsbml.readSBMLFromFile(str(path))
    wrong = _errors(document)
    model = document.getModel()
    if wrong or model is None:
        raise InputError(f"{path}: not a consistent SBML model: {(wrong or ['it is empty'])[0]}")
    others = (
        model.getNumSpecies()
        + model.getNumReactions()
        + model.getNumEvents()
        + model.getNumInitialAssignments()
        + model.getNumFunctionDefinitions()
    )
    rules = [model.getRule(i) for i in range(model.getNumRules())]
    if others or not all(rule.isRate() for rule in rules):
        raise InputError(f"{path}: expected parameters and rate rules only")
    parameters = [model.getParameter(i) for i in range(model.getNumParameters())]
    values = {parameter.getId(): float(parameter.getValue()) for parameter in parameters}
    variables = tuple(rule.getVariable() for rule in rules)
    return SbmlModel(
        variables=variables,
        initial=np.array([values[name] for name in variables]),
        constants={name: value for name, value in values.items() if name not in set(variables)},
        formulas=tuple(_compiled(rule.getMath()) for rule in rules),
    )
