"""Fingerprint of a run: what determines its numbers, by content (inputs, code, declarations, versions).

Where it is equal, an earlier run has computed the numbers that this one would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.graph import Graph
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.identity import code_of, code_of_module
from gridscan.fingerprint.input_keys import Keys, content_keys
from gridscan.inputs.sampling import REALISATION
from gridscan.storage.record import FORMAT
from gridscan.units import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xarray as xr

    from gridscan.definition.nodes import Quantity
    from gridscan.engine.partition import BlockPlan
    from gridscan.evaluation.layout import Layout
    from gridscan.scenario.schema import Storage

#: With what it imports, all the code of gridscan between a formula and a stored number.
CORE = "gridscan.engine.compute"
_SEED = "sampling_seed"

#: By quantity, the identity of the code behind it.
Code = dict[str, dict[str, str]]


def keys_of(layout: Layout) -> Keys:
    """Return exact keys of the values of each input: its dimensions and 64-bit integers."""
    inputs = layout.resolved.inputs
    keys: dict[str, tuple[Sequence[str], np.ndarray]] = {
        name: (inputs[name].dims, content_keys(inputs[name])) for name in inputs if name in layout.graph.inputs
    }
    if layout.sampling is not None and layout.drawn:
        numbers = np.arange(layout.sampling.realisations, dtype=np.uint64)
        keys |= {_SEED: ((), np.array(layout.sampling.seed, dtype=np.uint64)), REALISATION: ((REALISATION,), numbers)}
    return keys


def record_of(block_plan: BlockPlan, keys: Keys, behind: Code, places: Mapping[str, int]) -> dict[str, Any]:
    """Return, as plain data, what determines the variables of a block plan besides the values of the inputs.

    Parameters
    ----------
    places
        Where in the file the checksums of each variable begin.
    """
    layout = block_plan.layout
    core = code_of_module(CORE)
    code = dict(core)
    blocks = {key: group.block for group in block_plan.groups for key in group.stored}
    variables = {}
    for key, item in block_plan.stored.items():
        own = behind[item.quantity]
        code |= own
        inputs = sorted(layout.graph.inputs_of(item.quantity))
        variables[key] = {
            "dims": item.dims,
            "shape": item.shape,
            "type": item.dtype.name,
            "unit": item.unit_text,
            "in_base_units": not item.is_output,
            "inputs": [*inputs, *([_SEED, REALISATION] if item.drawn else [])],
            "code": sorted(own),
            "block": blocks[key],
            "checksums": places[key],
        }
    laid: dict[str, dict[str, Any]] = {}
    start = 0
    for name in sorted(keys):
        dims, values = keys[name]
        laid[name] = {"dims": list(dims), "shape": list(values.shape), "keys": start}
        start += values.size
    return {"format": FORMAT, "core": sorted(core), "code": code, "variables": variables, "inputs": laid}


def code_behind(layout: Layout, names: Iterable[str]) -> Code:
    """Return the identity of the code and the declarations behind quantities, by quantity."""
    known: dict[str, dict[str, str]] = {}
    found: Code = {}
    for name in dict.fromkeys(names):
        found[name] = {}
        for node in Graph.of(layout.resolved.model, [name], layout.resolved.cut).formulas:
            if node.name not in known:
                declaration = {f"the declaration of {node.name}": digest(_declared(node)).hex()}
                known[node.name] = code_of(*node.callables, called=node.name) | declaration
            found[name] |= known[node.name]
        inputs = set(layout.graph.inputs_of(name))
        for item in layout.resolved.model.requirements:
            if set(item.takes) <= inputs:
                found[name] |= code_of(item.holds, called=item.text) | {
                    f"what must be so: {item.text}": digest(repr(item.units)).hex()
                }
    return found


def _declared(node: Quantity) -> str:
    """Return what a model declares of a function besides its code, as far as numbers depend on it."""
    units = {name: None if unit is None else readable(unit) for name, unit in node.argument_units.items()}
    what = [
        node.kind,
        readable(node.unit),
        node.takes,
        node.arguments,
        units,
        node.integral,
        node.gives_error,
        node.error_of,
    ]
    return repr([*what, node.missing is None, node.unbounded is None, sorted(node.functions.items())])


def identity_of(layout: Layout, behind: Code | None = None) -> str:
    """Return an identity that two evaluations share exactly if everything that determines their numbers is the same."""
    code = dict(code_of_module(CORE))
    targets = layout.graph.targets
    behind = code_behind(layout, targets) if behind is None else behind
    for name in targets:
        code |= behind[name]
    sampling = None if layout.sampling is None else layout.sampling.model_dump()
    return digest([targets, code, sampling], *_parts(keys_of(layout)), size=32).hex()


def run_identity(record: Mapping[str, Any], keys: Keys, header: xr.Dataset, storage: Storage) -> str:
    """Return an identity that two runs share exactly if they give the same file."""
    said = {str(name): [item.dims, item.shape, sorted(item.attrs.items())] for name, item in header.variables.items()}
    parts = [record, header.attrs, [storage.format, storage.compression], said]
    # Of no cell, but of the file.
    weights = [header.variables[name].values for name in sorted(said) if "measure" in header.variables[name].attrs]
    return digest(parts, *_parts(keys), *weights, size=16).hex()


def _parts(keys: Keys) -> list[Any]:
    """Return the keys of inputs in an order that does not depend on that of the axes."""
    return [item for name in sorted(keys) for item in (name, list(keys[name][0]), np.asarray(keys[name][1], np.uint64))]
