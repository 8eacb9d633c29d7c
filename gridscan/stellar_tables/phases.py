"""Tables of the phases of massive stars as comma-separated files: the shipped one and a user's."""

from __future__ import annotations

import functools
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import CatalogueError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.stellar.phase_table import PhaseTable
from gridscan.stellar_tables.unit_columns import UnitColumns

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray = NDArray[np.floating[Any]]

#: The table that ships: PARSEC v2.0 VMS tracks of 12 to 35 Msun at Z = 0.014 and 0.017 (Costa et al. 2025).
SHIPPED = "stellar_phases.csv"

_COLUMNS = UnitColumns(
    {**{field.name: "Myr" for field in fields(PhaseTable)}, "metallicity": "1", "mass": "Msun"},
    optional={},
    others=True,
    must_be=lambda _, value: None if 0.0 <= value < np.inf else "finite and not negative",
)
# Allowance for the rounding of each age in a table.
_ROUNDED = 1e-5


@functools.lru_cache(maxsize=64)
def read_phase_table(text: str, name: str = "table of stellar phases") -> PhaseTable:
    """Read a table of phases from comma-separated text.

    Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line of
    column names, in any order, and one line for each metallicity and mass, both increasing.

    Parameters
    ----------
    text
        The content of the file.
    name
        Name of the table in messages.

    Returns
    -------
    PhaseTable
        Ages and durations [Myr] by metallicity and mass.

    Raises
    ------
    CatalogueError
        If a column or its unit is missing or unknown, a number is negative or not finite, the ages contradict each
        other, or the rows are not the full product of sorted metallicities and masses; it gives name and line.
    """
    columns, numbers = _COLUMNS.read(text, name)
    return _gridded(name, numbers, columns)


def shipped_phase_table() -> PhaseTable:
    """Return the shipped table of phases.

    Returns
    -------
    PhaseTable
        From PARSEC v2.0 tracks of 12 to 35 Msun at Z = 0.014 and 0.017 (Costa et al. 2025).

    Examples
    --------
    >>> from gridscan.stellar_tables.phases import shipped_phase_table
    >>> shipped_phase_table().mass[[0, -1]]
    array([12., 35.])
    """
    return read_phase_table(data_path(SHIPPED).read_text(encoding="utf-8"), SHIPPED)


def for_each_table(function: Callable[..., Any], contents: ArrayLike, *arrays: ArrayLike) -> Any:
    """Evaluate a function of a table and arrays for an array of contents of files.

    Parameters
    ----------
    function
        ``function(table, *arrays)``.
    contents
        Texts, varying along one axis at most.
    *arrays
        Of the same leading axes, of length one where they do not vary.

    Returns
    -------
    array
        What the function returns, joined along the axis on which the texts vary.
    """
    texts = np.asarray(contents)
    if texts.size == 1:
        return function(read_phase_table(str(texts.flat[0])), *arrays)
    axis = texts.shape.index(texts.size)
    parts = []
    for index, text in enumerate(texts.flat):
        own = [_at(np.asarray(array), axis, index) for array in arrays]
        parts.append(function(read_phase_table(str(text)), *own))
    return np.concatenate(parts, axis)


def _at(array: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    return np.take(array, [index], axis) if array.ndim > axis and array.shape[axis] > 1 else array


def _gridded(name: str, numbers: list[int], columns: dict[str, FloatArray]) -> PhaseTable:
    metallicity, mass = np.unique(columns["metallicity"]), np.unique(columns["mass"])
    expected = [(z, m) for z in metallicity for m in mass]
    found = zip(columns["metallicity"], columns["mass"], strict=True)
    for number, pair, right in zip(numbers, found, expected, strict=False):
        if pair != right:
            raise CatalogueError(
                f"{name}:{number}: found metallicity {pair[0]:g} and mass {pair[1]:g} where {right[0]:g} and "
                f"{right[1]:g} belong; rows are the full product of metallicities and masses, both increasing"
            )
    if len(numbers) != len(expected):
        raise CatalogueError(
            f"{name}:{numbers[-1]}: {len(numbers)} rows for {len(metallicity)} metallicities and {len(mass)} masses"
        )
    if len(mass) < 2 or metallicity[0] == 0.0 or 3 * mass[0] <= mass[1]:
        raise CatalogueError(
            f"{name}:{numbers[0]}: a table needs a positive metallicity and two masses or more, the first bin of which "
            "lies above zero"
        )
    _refuse_contradictions(name, numbers, columns)
    grids = {column: values.reshape(len(metallicity), len(mass)) for column, values in columns.items()}
    return PhaseTable(**{**grids, "metallicity": metallicity, "mass": mass})


def _refuse_contradictions(name: str, numbers: list[int], columns: dict[str, FloatArray]) -> None:
    life = columns["lifetime"]
    limit = life * (1.0 + _ROUNDED)
    rounding = _ROUNDED * life
    burning = columns["carbon_end"] - columns["carbon_start"] + rounding
    both = np.minimum(columns["carbon_duration"], columns["rsg_duration"]) + rounding
    faults = {
        "lifetime and carbon_end must be above zero": (life == 0.0) | (columns["carbon_end"] == 0.0),
        "carbon_end is before carbon_start": columns["carbon_end"] < columns["carbon_start"],
        "carbon_end is after the end of the lifetime": columns["carbon_end"] > limit,
        "rsg_duration is longer than the lifetime": columns["rsg_duration"] > limit,
        "carbon_duration is longer than from carbon_start to carbon_end": columns["carbon_duration"] > burning,
        "carbon_rsg_duration is longer than carbon_duration or rsg_duration": columns["carbon_rsg_duration"] > both,
    }
    for message, wrong in faults.items():
        if wrong.any():
            raise CatalogueError(f"{name}:{numbers[int(np.argmax(wrong))]}: {message}")
