"""Combinations of parameters that a model rules out: their cells are left out, each requirement with one message."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridscan.evaluation.positions import taken
from gridscan.inputs.requirements import fulfilled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

    from gridscan.definition.graph import Graph
    from gridscan.inputs.resolved import Resolved

#: Attribute of a quantity of which cells are left out.
LEFT_OUT = "left_out"
# Of more points, functions refuse those that they cannot compute, each with a message of its own.
_MOST_POINTS = 20_000_000


@dataclass(frozen=True)
class Impossible:
    """Where a requirement is broken.

    Attributes
    ----------
    text
        What must be so.
    dims
        Dimensions of the parameters.
    mask
        True where it is not so.
    """

    text: str
    dims: tuple[str, ...]
    mask: np.ndarray

    def at(self, positions: Mapping[str, slice | np.ndarray]) -> Impossible:
        """Return the same for a region.

        Parameters
        ----------
        positions
            Of the region along its dimensions.

        Returns
        -------
        Impossible
            With a part of the mask.
        """
        return replace(self, mask=taken(self.mask, [positions[dim] for dim in self.dims]))


def impossible_cells(resolved: Resolved, graph: Graph, sizes: Mapping[str, int]) -> dict[str, tuple[Impossible, ...]]:
    """Return the cells that a model rules out, by the steps that depend on all parameters of a requirement.

    Parameters
    ----------
    resolved
        The inputs of the model.
    graph
        The steps.
    sizes
        Dimensions in their order.

    Returns
    -------
    dict of str to tuple of Impossible
        By name of the step; those without are left out.
    """
    known = []
    for requirement in resolved.model.requirements:
        if not set(requirement.takes) <= set(graph.inputs):
            continue
        own = {dim for name in requirement.takes for dim in resolved.inputs[name].dims}
        dims = tuple(dim for dim in sizes if dim in own)
        if math.prod(sizes[dim] for dim in dims) <= _MOST_POINTS:
            mask = ~fulfilled(resolved, requirement, dims)
            if mask.any():
                known.append((set(requirement.takes), Impossible(requirement.text, dims, mask)))
    found = {}
    for step in graph.steps if known else ():
        inputs = set(graph.inputs_of(step.name))
        if mine := tuple(item for takes, item in known if takes <= inputs):
            found[step.name] = mine
    return found


def left_out(items: Iterable[Impossible], dims: Sequence[str], sizes: Mapping[str, int]) -> str:
    """Say how many cells of a quantity are left out, and why.

    Parameters
    ----------
    items
        Of the quantity.
    dims
        Its dimensions.
    sizes
        Of all dimensions.

    Returns
    -------
    str
        For an attribute.
    """
    total = math.prod(sizes[dim] for dim in dims)
    parts = []
    for item in items:
        many = int(item.mask.sum()) * total // max(item.mask.size, 1)
        parts.append(f"{many:,} of {total:,} cells are left out: {item.text}")
    return "; ".join(parts)
