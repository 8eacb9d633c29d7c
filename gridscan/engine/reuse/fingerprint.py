"""What makes the numbers of a run, by content: values of inputs, code, declarations, versions.

Where it is equal, numbers of an earlier run are those that this one would compute.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.definition.graph import Graph
from gridscan.fingerprint import code_of, code_of_module
from gridscan.inputs.sampling import REALISATION
from gridscan.units import readable

if TYPE_CHECKING:
    from gridscan.definition.nodes import Quantity
    from gridscan.engine.partition import BlockPlan
    from gridscan.evaluation.layout import Layout
    from gridscan.inputs.arrays import Input

#: What it imports is all that numbers go through on their way from a formula to a file.
CORE = "gridscan.engine.compute"
_SEED = "sampling_seed"

Keys = dict[str, tuple[tuple[str, ...], np.ndarray]]


def keys_of(block_plan: BlockPlan) -> Keys:
    """Return what tells the values of each input apart, exactly, by input: its dimensions and integers of 64 bits."""
    layout = block_plan.layout
    keys = {
        name: (item.dims, _keys(item)) for name, item in layout.resolved.inputs.items() if name in layout.graph.inputs
    }
    if layout.sampling is not None and layout.drawn:
        numbers = np.arange(layout.sampling.realisations, dtype=np.uint64)
        keys |= {_SEED: ((), np.array(layout.sampling.seed, dtype=np.uint64)), REALISATION: ((REALISATION,), numbers)}
    return keys


def _keys(item: Input) -> np.ndarray:
    data = item.data
    if item.vector:
        found = [_digest(vector.tobytes()) for vector in item.vectors]
    elif data.dtype.kind == "U":
        found = [_digest(str(text).encode()) for text in data.ravel()]
    else:
        return np.asarray(data, dtype=float).view(np.uint64)
    return np.array(found, dtype=np.uint64).reshape(data.shape[: data.ndim - item.vector])


def _digest(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def record_of(block_plan: BlockPlan) -> dict[str, Any]:
    """Return, as plain data, what made the variables of a program beside the values of the inputs."""
    layout = block_plan.layout
    core = code_of_module(CORE)
    code = dict(core)
    variables = {}
    for key, item in block_plan.stored.items():
        own = _code_behind(layout, item.quantity)
        code |= own
        inputs = sorted(layout.graph.inputs_of(item.quantity))
        variables[key] = {
            "dims": item.dims,
            "shape": item.shape,
            "type": item.dtype.name,
            "unit": readable(layout.step(item.quantity).node.unit),
            "in_base_units": not item.is_output,
            "inputs": [*inputs, *([_SEED, REALISATION] if item.drawn else [])],
            "code": sorted(own),
        }
    for group in block_plan.groups:
        for key in group.stored:
            variables[key]["block"] = group.block
    dims = {name: dims for name, (dims, _) in keys_of(block_plan).items()}
    return {"core": sorted(core), "code": code, "variables": variables, "dims": dims}


def _code_behind(layout: Layout, name: str) -> dict[str, str]:
    code: dict[str, str] = {}
    for node in Graph.of(layout.resolved.model, [name], layout.resolved.cut).formulas:
        code |= code_of(*node.callables)
        code[f"the declaration of {node.name}"] = f"{_digest(_declared(node).encode()):016x}"
    return code


def _declared(node: Quantity) -> str:
    """Return what a model says of a function beside its code, as far as numbers depend on it."""
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
    return repr([*what, node.missing is None, sorted(node.functions.items())])


def identity_of(layout: Layout) -> str:
    """Return what is the same for two evaluations exactly if nothing that makes their numbers is different."""
    code = dict(code_of_module(CORE))
    for name in layout.graph.targets:
        code |= _code_behind(layout, name)
    digest = hashlib.sha256(json.dumps([layout.graph.targets, code], sort_keys=True).encode())
    for name in sorted(layout.graph.inputs):
        item = layout.resolved.inputs[name]
        digest.update(f"{name} {item.dims} {item.data.shape}".encode() + _keys(item).tobytes())
    if layout.sampling is not None:
        digest.update(layout.sampling.model_dump_json().encode())
    return digest.hexdigest()
