"""Which points of two axes are the same: labels by their text, numbers to the last digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from gridscan.errors import UnitError, listed
from gridscan.numerics.spacing import tolerances
from gridscan.sensitivity.derived import single_settings
from gridscan.units import convert, readable, unit_attributes, unit_of

_MOST_NAMED = 5


@dataclass(frozen=True)
class Alignment:
    """The points that two axes share.

    Attributes
    ----------
    first, second
        Positions on either axis, of the same points.
    notes
        What differs between the axes, in words; points that one of them lacks among it.
    differ
        Whether one has a point that the other lacks, or none can be compared.
    """

    first: np.ndarray
    second: np.ndarray
    notes: tuple[str, ...] = ()
    differ: bool = False


def align(dim: str, first: xr.Dataset, second: xr.Dataset) -> Alignment:
    """Find the points that an axis of two Datasets shares.

    Parameters
    ----------
    dim
        A dimension of one, which the other has too or holds at one value.
    first, second
        The Datasets, ``A`` and ``B`` in the notes.

    Returns
    -------
    Alignment
        In the order of the first.
    """
    first, second = _with_axis(first, dim), _with_axis(second, dim)
    if dim not in first.variables or dim not in second.variables:
        sizes = first.sizes[dim], second.sizes[dim]
        shared = np.arange(min(sizes))
        if sizes[0] == sizes[1]:
            return Alignment(shared, shared)
        return Alignment(shared, shared, (f"{dim!r} has {sizes[0]:,} points in A and {sizes[1]:,} in B",), differ=True)
    a, b = first[dim], second[dim]
    if "f" in a.dtype.kind + b.dtype.kind and set(a.dtype.kind + b.dtype.kind) <= set("iuf"):
        return _of_numbers(dim, a, b)
    return _matched(dim, a.values.astype(str), b.values.astype(str), ())


def with_held(dataset: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """Return a result with the values at which it holds the axes of another one, where it records them.

    Parameters
    ----------
    dataset
        The result.
    other
        With axes that it may not have.

    Returns
    -------
    xarray.Dataset
        With coordinates without dimensions.
    """
    settings = single_settings(dataset)
    held = {
        str(dim): xr.Variable((), settings[str(dim)][0], unit_attributes(settings[str(dim)][1]))
        for dim in other.sizes
        if dim in settings and dim not in dataset.variables and dim not in dataset.sizes
    }
    return dataset.assign_coords(held)


def shared_axes(first: xr.Dataset, second: xr.Dataset) -> list[str]:
    """Return the dimensions of two Datasets that can be compared: both have them, or one holds them at a value.

    Parameters
    ----------
    first, second
        The Datasets.

    Returns
    -------
    list of str
        Those of the first come first.
    """
    every = dict.fromkeys(map(str, [*first.sizes, *second.sizes]))
    return [dim for dim in every if all(dim in each.sizes or dim in each.variables for each in (first, second))]


def _with_axis(dataset: xr.Dataset, dim: str) -> xr.Dataset:
    return dataset if dim in dataset.sizes else dataset[[]].assign_coords({dim: dataset[dim]}).expand_dims(dim)


def _of_numbers(dim: str, a: xr.DataArray, b: xr.DataArray) -> Alignment:
    x, y = np.asarray(a.values, dtype=float), np.asarray(b.values, dtype=float)
    notes: tuple[str, ...] = ()
    try:
        units = unit_of(a), unit_of(b)
        if units[0] != units[1]:
            y = np.asarray(convert(y, units[1], units[0]))
            notes = (f"{dim!r} is in {readable(units[0])!r} in A and in {readable(units[1])!r} in B",)
    except UnitError as error:
        return Alignment(np.arange(0), np.arange(0), (f"{dim!r}: {error}",), differ=True)
    if x.size == 0 or y.size == 0 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return _matched(dim, x, y, notes)
    order = np.argsort(y, kind="stable")
    place = np.clip(np.searchsorted(y[order], x), 1, max(y.size - 1, 1))
    below, above = order[np.minimum(place, y.size) - 1], order[np.minimum(place, y.size - 1)]
    near = np.where(np.abs(y[below] - x) <= np.abs(y[above] - x), below, above)
    same = np.abs(y[near] - x) <= tolerances(x)
    close = int((same & (y[near] != x)).sum())
    if close:
        what = f"{close:,} of {x.size:,} values of {dim!r} agree" if x.size > 1 else f"the value of {dim!r} agrees"
        notes = (*notes, f"{what} to the last digits, but not in bits")
    firsts, seconds = np.flatnonzero(same), near[same]
    notes, differ = _lacking(dim, x, y, firsts, seconds, notes)
    return Alignment(firsts, seconds, notes, differ)


def _matched(dim: str, x: np.ndarray, y: np.ndarray, notes: tuple[str, ...]) -> Alignment:
    places = {item: position for position, item in reversed(list(enumerate(y.tolist())))}
    firsts = np.array([position for position, item in enumerate(x.tolist()) if item in places], dtype=int)
    seconds = np.array([places[x[position].item()] for position in firsts], dtype=int)
    notes, differ = _lacking(dim, x, y, firsts, seconds, notes)
    return Alignment(firsts, seconds, notes, differ)


def _lacking(
    dim: str, x: np.ndarray, y: np.ndarray, firsts: np.ndarray, seconds: np.ndarray, notes: tuple[str, ...]
) -> tuple[tuple[str, ...], bool]:
    only = {"A": np.delete(x, firsts), "B": np.delete(y, seconds)}
    said = [f"only {side} has {dim} {_in_words(values)}" for side, values in only.items() if values.size]
    return (*notes, *said), bool(said)


def _in_words(values: np.ndarray) -> str:
    shown: list[Any] = [f"{value:.6g}" if isinstance(value, float) else str(value) for value in values.tolist()]
    return listed(shown, _MOST_NAMED)
