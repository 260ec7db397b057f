"""``dormatrix rule sbml``: the signalling network for any SBML simulator."""

from __future__ import annotations

from pathlib import Path

from cases.rule.output import require_writable
from cases.units import QuantityError, parse_quantity
from meshes.errors import InputError


def export(
    output: Path,
    stiffness: str,
    *,
    overwrite: bool = False,
) -> str:
    """Write the network at one stiffness, read it back, and say what was written.

    Parameters
    ----------
    output
        File to write.
    stiffness
        What the cell senses, a quantity.
    overwrite
        Replace the file.

    Raises
    ------
    InputError
        If an option or the file cannot be used.
    """
    from solver.coupling.network import conditions, load_network, read_sbml, write_sbml

    require_writable(output, overwrite, ".xml")
    try:
        E = parse_quantity(stiffness, "pressure")
    except QuantityError as error:
        raise InputError(f"--stiffness: {error}", hint=error.mend) from None
    if not 1e-3 <= E <= 1e6:
        raise InputError(
            f"--stiffness: expected 0.001 to 1e6 kPa, found {E:g}", hint="check the unit"
        )
    network = load_network()
    at = conditions(network, E)
    write_sbml(network, output, at)
    read_sbml(output)
    return (
        f"written: {output} ({len(network.nodes)} nodes, {len(network.inputs)} inputs, "
        f"{len(network.reactions)} reactions; at {E:g} kPa, ligand 1, nothing given: change the "
        "constant parameters for other conditions; read back without errors)"
    )
