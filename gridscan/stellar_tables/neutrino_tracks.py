"""Tables of the neutrinos of massive stars before collapse as comma-separated files: the shipped one and a user's."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import CatalogueError
from gridscan.inputs.shipped_files import data_path
from gridscan.physics.presupernova.luminosity_table import LuminosityTable, NeutrinoTrack
from gridscan.stellar_tables.unit_columns import UnitColumns

FloatArray = NDArray[np.floating[Any]]

#: The table that ships: a fit to KEPLER models of 15 and 25 Msun (Odrzywolek & Heger 2010).
SHIPPED = "neutrino_tracks.csv"

_OPTIONAL = {"nux_to_nue": "1", "nue_to_antinue": "1", "nux_hardness": "1"}


def _must_be(column: str, value: float) -> str | None:
    """Say what a number must be that has no logarithm, or is of no recoil spectrum."""
    if not np.isfinite(value):
        return "finite"
    if column in _OPTIONAL and column != "nux_hardness":
        return "0 or more" if value < 0.0 else None
    if column == "pinching":
        return "above 1" if value <= 1.0 else None
    if value > 0.0:
        return None
    since = ", since it follows a power law between rows (it is zero after the last time of a mass)"
    return f"above 0{since if column == 'luminosity' else ''}"


_COLUMNS = UnitColumns(
    {"mass": "Msun", "time_before_collapse": "s", "luminosity": "MeV/s", "mean_energy": "MeV", "pinching": "1"},
    optional=_OPTIONAL,
    others=False,
    must_be=_must_be,
)


@functools.lru_cache(maxsize=64)
def read_luminosity_table(text: str, name: str = "table of neutrino luminosities") -> LuminosityTable:
    """Read a table of neutrinos before collapse from comma-separated text.

    Lines that begin with ``#`` are comments, except ``# units: column unit; column unit; ...``. Then follow a line of
    column names, in any order, and one line for each mass and time, sorted by mass and then by time:
    ``mass``, ``time_before_collapse``, ``luminosity`` and ``mean_energy`` of electron antineutrinos alone,
    ``pinching``, and, if given, ``nux_to_nue`` (each of nu_mu and nu_tau over nu_e), ``nue_to_antinue`` and
    ``nux_hardness`` (mean energy of nu_mu and nu_tau over that of nu_e-bar).

    Parameters
    ----------
    text
        The content of the file.
    name
        Name of the table in messages.

    Returns
    -------
    LuminosityTable
        In MeV and seconds.

    Raises
    ------
    CatalogueError
        If a column or its unit is missing or unknown, a number is not finite or outside its range (a luminosity, a mean
        energy or a time of zero or less, a pinching of 1 or less, a negative ratio), rows are not sorted, or a mass has
        a single time; it gives name and line.
    """
    columns, numbers = _COLUMNS.read(text.lstrip("\ufeff"), name)
    return _tracks(name, numbers, columns)


def shipped_luminosity_table() -> LuminosityTable:
    """Return the shipped table, ``kepler``.

    Returns
    -------
    LuminosityTable
        Stars of 15 and 25 Msun from 6000 years to five minutes before collapse.

    Examples
    --------
    >>> from gridscan.stellar_tables.neutrino_tracks import shipped_luminosity_table
    >>> shipped_luminosity_table().mass
    array([15., 25.])
    """
    return read_luminosity_table(data_path(SHIPPED).read_text(encoding="utf-8"), SHIPPED)


def _tracks(name: str, numbers: list[int], columns: dict[str, FloatArray]) -> LuminosityTable:
    mass, time = columns["mass"], columns["time_before_collapse"]
    same = mass[1:] == mass[:-1]
    for wrong, what in (
        (mass[1:] < mass[:-1], "rows are not sorted by mass"),
        (same & (time[1:] <= time[:-1]), "time_before_collapse does not increase within its mass"),
    ):
        if wrong.any():
            raise CatalogueError(f"{name}:{numbers[int(np.argmax(wrong)) + 1]}: {what}")
    masses, first, count = np.unique(mass, return_index=True, return_counts=True)
    if (count < 2).any():
        few = int(np.argmax(count < 2))
        raise CatalogueError(
            f"{name}:{numbers[first[few]]}: the star of {masses[few]:g} Msun has one time; two or more are needed"
        )
    tracks = []
    for begin, size in zip(first, count, strict=True):
        own = {column: values[begin : begin + size] for column, values in columns.items() if column != "mass"}
        tracks.append(NeutrinoTrack(time=own.pop("time_before_collapse"), **own))
    return LuminosityTable(masses, tuple(tracks))
