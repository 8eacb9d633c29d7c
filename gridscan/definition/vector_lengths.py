"""Lengths of related vectors, such as the exponents and the breaks of a piecewise power law."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridscan.definition.nodes import Node, Parameter
from gridscan.errors import ModelError, nearest

_SHORTEST = 3


@dataclass(frozen=True)
class Lengths:
    """Number of values of each vector of an input, before padding.

    Attributes
    ----------
    dims
        Dimension along which the vectors are, or none.
    paths
        Path to each vector.
    sources
        Origin of each vector: a record or the default; empty for one that was given.
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
        """Return the lengths of vectors, given by the user unless sources are named.

        Parameters
        ----------
        dims
            Dimension along which the vectors are, or none.
        vectors
            The vectors.
        paths
            Path to each vector.
        sources
            Record of each vector; none by default.

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
            Length of one vector.
        """
        return cls.of((), [vector], [()], ["default"])


def length_faults(
    name: str, own: Lengths, other: str, others: Lengths, more: int
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the faults of vectors whose length is not that of another vector plus an offset.

    Vectors along a common dimension are compared row by row, others in every combination.

    Parameters
    ----------
    name, own
        Name and lengths of the vectors.
    other, others
        Name and lengths of the other vectors.
    more
        The offset: how many values more the vectors have.

    Yields
    ------
    path : tuple
        Path to the vector that was given, if the other one is from a record or a default.
    message : str
        The message.
    """
    pairs: Iterable[tuple[int, int]]
    if own.dims == others.dims:
        pairs = zip(range(len(own.counts)), range(len(others.counts)), strict=True)
    else:
        # One vector of each length represents all.
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
    """Yield the faults of vectors whose length differs from the first along the axis, so that they would be padded.

    Parameters
    ----------
    name, own
        Name and lengths of the vectors.

    Yields
    ------
    path : tuple
        Path to the vector.
    message : str
        The message.
    """
    first, source = own.counts[0], _from(own.sources[0])
    for found, path, other in zip(own.counts, own.paths, own.sources, strict=True):
        if found != first:
            what = f"{name!r}{_from(other)} has {found} {'value' if found == 1 else 'values'}"
            beside = f"expected {first} as the first along the axis{source}"
            yield path, f"{what}, {beside}: lists of different lengths need padded=True in the model"


def _from(source: str) -> str:
    return f" ({source})" if source else ""


def _relation(more: int) -> str:
    return f"{abs(more)} {'more' if more > 0 else 'fewer'} than" if more else "as many as"


def example_lengths(parameters: Iterable[Parameter]) -> dict[str, int]:
    """Return consistent lengths of all vectors: that of the default, if there is one.

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
    # Long enough that no vector becomes empty.
    long = _SHORTEST + sum(abs(more) for *_, more in links) // 2
    for name in [None, *vectors]:
        if name is not None:
            lengths.setdefault(name, long)
        for _ in links:
            lengths = {one: lengths[other] + more for one, other, more in links if other in lengths} | lengths
    return lengths


def check_lengths(parameter: Parameter, declared: Mapping[str, Node]) -> None:
    """Refuse a length compared with that of something other than a vector, and defaults whose lengths do not match.

    Parameters
    ----------
    parameter
        The parameter that is declared.
    declared
        Nodes declared so far, by name.

    Raises
    ------
    ModelError
        If a length is wrong; the message names the nearest vector.
    """
    name = parameter.name
    if (parameter.length_offsets or parameter.padded) and parameter.vector is None:
        raise ModelError(f"parameter {name!r} is not a list; name its inner dimension with vector=…")
    relations = parameter.length_offsets
    if not isinstance(relations, Mapping) or not all(isinstance(more, int) for more in relations.values()):
        raise ModelError(f"length_offsets of {name!r} takes whole numbers by name, found {relations!r}")
    vectors = {key: node for key, node in declared.items() if isinstance(node, Parameter) and node.vector is not None}
    for other, more in parameter.length_offsets.items():
        if other not in vectors:
            raise ModelError(
                f"the length of {name!r} is compared with that of {other!r}, which is not a vector declared before it"
                f"{nearest(other, vectors)}"
            )
        default, other_default = parameter.default, vectors[other].default
        if isinstance(default, tuple) and isinstance(other_default, tuple):
            own, others = Lengths.of_default(default), Lengths.of_default(other_default)
            for _, message in length_faults(name, own, other, others, more):
                raise ModelError(message)


def faults_of_lengths(parameters: Iterable[Parameter], lengths: Mapping[str, Lengths]) -> Iterator[tuple[Any, str]]:
    """Return the path to each vector whose length does not match, and what is wrong, at most three for each relation.

    Parameters
    ----------
    parameters
        All that may have a length.
    lengths
        Those of vectors that were given, by name.

    Yields
    ------
    tuple
        Path and message.
    """
    for parameter in parameters:
        name = parameter.name
        if name not in lengths:
            continue
        faults = [
            length_faults(name, lengths[name], other, lengths[other], more)
            for other, more in parameter.length_offsets.items()
            if other in lengths
        ]
        if not parameter.padded:
            faults.append(padding_faults(name, lengths[name]))
        yield from dict.fromkeys(fault for some in faults for fault in itertools.islice(some, 3))
