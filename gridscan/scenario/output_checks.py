"""What is wrong with the part of a scenario that says what to write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.errors import listed
from gridscan.inputs.faults import Fault, hint

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from gridscan.model import Model


def check_output(model: Model, content: Mapping[str, Any], given: Container[str], faults: list[Fault]) -> None:
    """Check the quantities of a scenario, and where they go.

    Parameters
    ----------
    model
        The model.
    content
        The scenario.
    given
        Names that were given a value.
    faults
        Takes one for each thing that is wrong.
    """
    output = content.get("output")
    wanted = output.get("quantities") if isinstance(output, dict) else None
    if not isinstance(output, dict) or not isinstance(wanted, list):
        return
    _check_quantities(model, wanted, given, faults, _derived(output))
    counts = [name for name, node in model.quantities.items() if node.count]
    if "sampling" in content and not set(counts) & {name for name in wanted if isinstance(name, str)}:
        message = f"none of the requested quantities is a count to draw; the counts are {listed(counts, 20)}"
        faults.append(Fault(("sampling",), message, at_key=True))
    file = output.get("path")
    kind, suffix = ("zarr folder", ".zarr") if output.get("format") == "zarr" else ("netCDF file", ".nc")
    if isinstance(file, str) and (Path(file).suffix != suffix or "\0" in file):
        faults.append(Fault(("output", "path"), f"{file!r} does not end in {suffix}; the output is a {kind}"))
    types = output.get("types")
    for name in types if isinstance(types, dict) else []:
        if name not in wanted and name not in _derived(output):
            known = [item for item in wanted if isinstance(item, str)]
            message = f"{name!r} is not among the requested quantities{hint(name, known, faults)}"
            faults.append(Fault(("output", "types", name), message, at_key=True))


def _derived(output: Mapping[str, Any]) -> dict[str, Any]:
    derived = output.get("derived")
    return derived if isinstance(derived, dict) else {}


def _check_quantities(
    model: Model, wanted: list[Any], given: Container[str], faults: list[Fault], derived: Container[str]
) -> None:
    path = ("output", "quantities")
    if not wanted and not derived:
        faults.append(Fault(path, f"no quantity is requested; the model has {listed(model.quantities, 60)}"))
    for index, name in enumerate(wanted):
        if not isinstance(name, str):
            continue
        if name not in model.quantities:
            near = model.why_not(name) or hint(name, model.quantities, faults)
            near = near or f"; it has {listed(model.quantities, 60)}"
            faults.append(Fault((*path, index), f"model {model.name!r} has no quantity {name!r}{near}"))
        elif name in given:
            message = f"{name!r} is given a value, so there is nothing to compute for it"
            faults.append(Fault((*path, index), message))
        elif name in wanted[:index]:
            faults.append(Fault((*path, index), f"{name!r} is requested twice"))
