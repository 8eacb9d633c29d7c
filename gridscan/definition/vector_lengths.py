"""Lengths of vectors that belong together, such as those of the exponents and the breaks of a piecewise power law."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np

from gridscan.definition.nodes import Node, Parameter
from gridscan.errors import ModelError, nearest

_SHORTEST = 3


@dataclass(frozen=True)
class Lengths:
    """How many values each vector of an input has, before they are padded.

    Attributes
    ----------
    dims
        The dimension that the vectors run along, or none.
    paths
        Where each vector stands.
    sources
        For each vector, the record that it is of, or that it is a default; empty for one that was given.
    """

    dims: tuple[str, ...]
    counts: list[int]
    paths: list[tuple[str | int, ...]]
    sources: list[str]

    @classmethod
    def of(
        cls,
        dims: tuple[str, ...],
        vectors: Sequence[Sized],
        paths: list[tuple[str | int, ...]],
        sources: list[str] | None = None,
    ) -> Lengths:
        """Return the lengths of vectors, which the user has given where no sources are named.

        Parameters
        ----------
        dims
            The dimension that the vectors run along, or none.
        vectors
            The vectors.
        paths
            Where each vector stands.
        sources
            For each vector, the record that it is of; none by default.

        Returns
        -------
        Lengths
            One length for each vector.
        """
        return cls(dims, [len(vector) for vector in vectors], paths, sources or [""] * len(vectors))

    @classmethod
    def of_default(cls, vector: Sized) -> Lengths:
        """Return the length of a default.

        Parameters
        ----------
        vector
            The default.

        Returns
        -------
        Lengths
            Of one vector.
        """
        return cls.of((), [vector], [()], ["default"])


def length_faults(
    name: str, own: Lengths, other: str, others: Lengths, more: int
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Say where a vector does not have a certain number of values more than another one.

    Vectors along a common dimension are compared row by row, others in every combination.

    Parameters
    ----------
    name, own
        Name and lengths of the one.
    other, others
        Name and lengths of the other.
    more
        How many values more the one has.

    Yields
    ------
    path : tuple
        That of the vector that was given, where the other one is of a record or a default.
    message : str
        What is wrong.
    """
    pairs: Iterable[tuple[int, int]]
    if own.dims == others.dims:
        pairs = zip(range(len(own.counts)), range(len(others.counts)), strict=True)
    else:
        # One vector of each length stands for all.
        pairs = itertools.product(*(np.unique(item.counts, return_index=True)[1].tolist() for item in (own, others)))
    for at, beside in pairs:
        found, length = own.counts[at], others.counts[beside]
        if found != length + more:
            source, other_source = own.sources[at], others.sources[beside]
            is_others = bool(source and not other_source) or not own.paths[at]
            path = others.paths[beside] if is_others else own.paths[at]
            what = f"{name!r}{_from(source)} has {found} {'value' if found == 1 else 'values'}"
            beside_what = f"{other!r}{_from(other_source) if other_source != source else ''}"
            yield path, f"{what}, expected {length + more}: {_relation(more)} {beside_what}, which has {length}"


def padding_faults(name: str, own: Lengths) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Say where a vector is of another length than the first along its axis, and would be padded.

    Parameters
    ----------
    name, own
        Name and lengths of the vectors.

    Yields
    ------
    path : tuple
        That of the vector.
    message : str
        What is wrong.
    """
    first, source = own.counts[0], _from(own.sources[0])
    for found, path, other in zip(own.counts, own.paths, own.sources, strict=True):
        if found != first:
            what = f"{name!r}{_from(other)} has {found} {'value' if found == 1 else 'values'}"
            beside = f"expected {first} as the first along the axis{source}"
            yield path, f"{what}, {beside}: lists of several lengths need padded=True in the model"


def _from(source: str) -> str:
    return f" ({source})" if source else ""


def _relation(more: int) -> str:
    return f"{abs(more)} {'more' if more > 0 else 'fewer'} than" if more else "as many as"


def example_lengths(parameters: Iterable[Parameter]) -> dict[str, int]:
    """Return a length for each vector, all of which belong together: that of its default, if it has one.

    Parameters
    ----------
    parameters
        The parameters of a model.

    Returns
    -------
    dict of str to int
        Length by parameter.
    """
    vectors = {item.name: item for item in parameters if item.vector is not None}
    lengths = {name: len(item.default) for name, item in vectors.items() if isinstance(item.default, tuple)}
    links = [(name, other, more) for name, item in vectors.items() for other, more in item.length_offsets.items()]
    links += [(other, name, -more) for name, other, more in links]
    # So long that none comes out empty.
    long = _SHORTEST + sum(abs(more) for *_, more in links) // 2
    for name in [None, *vectors]:
        if name is not None:
            lengths.setdefault(name, long)
        for _ in links:
            lengths = {one: lengths[other] + more for one, other, more in links if other in lengths} | lengths
    return lengths


def check_lengths(parameter: Parameter, declared: Mapping[str, Node]) -> None:
    """Refuse a length that is compared with that of no vector, and defaults of lengths that do not belong together.

    Parameters
    ----------
    parameter
        The parameter that is declared.
    declared
        What the model has so far, by name.

    Raises
    ------
    ModelError
        If there is such a length; the message names the nearest vector.
    """
    name = parameter.name
    if (parameter.length_offsets or parameter.padded) and parameter.vector is None:
        raise ModelError(f"parameter {name!r} is no list: name its inner dimension with vector=…")
    relations = parameter.length_offsets
    if not isinstance(relations, Mapping) or not all(isinstance(more, int) for more in relations.values()):
        raise ModelError(f"length_offsets of {name!r} takes whole numbers by name, found {relations!r}")
    vectors = {key: node for key, node in declared.items() if isinstance(node, Parameter) and node.vector is not None}
    for other, more in parameter.length_offsets.items():
        if other not in vectors:
            raise ModelError(
                f"the length of {name!r} is compared with that of {other!r}, which is no vector declared before it"
                f"{nearest(other, vectors)}"
            )
        default, other_default = parameter.default, vectors[other].default
        if isinstance(default, tuple) and isinstance(other_default, tuple):
            own, others = Lengths.of_default(default), Lengths.of_default(other_default)
            for _, message in length_faults(name, own, other, others, more):
                raise ModelError(message)
