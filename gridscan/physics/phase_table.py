"""The table of the phases of massive stars: at what ages they burn carbon, are red supergiants, and die."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridscan import units
from gridscan.errors import CatalogueError, EvaluationError, UnitError, nearest
from gridscan.resources import data_path

FloatArray = NDArray[np.floating[Any]]

PHASES = ("alive", "red_supergiant", "carbon_burning", "carbon_burning_rsg")
_COLUMN_UNITS = {"metallicity": "1", "mass": "Msun"}
_AGE_UNIT = "Myr"


@dataclass(frozen=True, eq=False)
class PhaseTable:
    """Age windows of stars on a grid of metallicities (first axis) and initial masses (second axis).

    Attributes
    ----------
    metallicity
        Shape (z,), increasing: mass fraction Z of metals.
    mass
        Shape (m,) [Msun], increasing: initial mass.
    lifetime, carbon_start, carbon_end
        Shape (z, m) [Myr]: ages at death and at the ends of carbon burning.
    carbon_duration, rsg_duration, carbon_rsg_duration
        Shape (z, m) [Myr]: how long the star burns carbon, is a red supergiant, and both at once, as tabulated.
    """

    metallicity: FloatArray
    mass: FloatArray
    lifetime: FloatArray
    carbon_start: FloatArray
    carbon_end: FloatArray
    carbon_duration: FloatArray
    rsg_duration: FloatArray
    carbon_rsg_duration: FloatArray

    @functools.cached_property
    def bin_edges(self) -> FloatArray:
        """Edges of the mass bins, shape (m + 1,) [Msun]: half way between masses, end bins symmetric about theirs."""
        middle = 0.5 * (self.mass[1:] + self.mass[:-1])
        return np.concatenate([[2 * self.mass[0] - middle[0]], middle, [2 * self.mass[-1] - middle[-1]]])

    def window(self, phase: str) -> tuple[FloatArray, FloatArray]:
        """Return the end and the duration of a phase, each of shape (z, m) [Myr].

        A red supergiant is one in its last `rsg_duration`; carbon burns from `carbon_start` to `carbon_end`; both at
        once is the time that these two intervals share. (The tabulated durations of carbon burning are rounded more
        coarsely than the ages, and are not used.)

        Raises
        ------
        EvaluationError
            If there is no such phase.
        """
        rsg_start = self.lifetime - self.rsg_duration
        windows = {
            "alive": (np.zeros_like(self.lifetime), self.lifetime),
            "red_supergiant": (rsg_start, self.lifetime),
            "carbon_burning": (self.carbon_start, self.carbon_end),
            "carbon_burning_rsg": (
                np.maximum(self.carbon_start, rsg_start),
                np.minimum(self.carbon_end, self.lifetime),
            ),
        }
        if phase not in windows:
            raise EvaluationError(f"unknown phase {phase!r}{nearest(phase, PHASES)}; known are {', '.join(PHASES)}")
        start, end = windows[phase]
        return end, np.maximum(end - start, 0.0)


@functools.cache
def phase_table() -> PhaseTable:
    """Return the shipped table: PARSEC v2.0 VMS tracks of 12 to 35 Msun at Z = 0.014 and 0.017 (Costa et al. 2025)."""
    return read_phase_table(data_path("stellar_phases.csv"))


def read_phase_table(path: str | Path) -> PhaseTable:
    """Read a table of phases from comma-separated text.

    Lines that begin with ``#`` are comments, but for ``# units: column unit; column unit; ...``. Then follow a line of
    column names, in any order, and one line for each metallicity and mass, both increasing.

    Raises
    ------
    CatalogueError
        With file and line, if a column or its unit is missing or unknown, a number is negative or not finite, or the
        rows are not the full product of sorted metallicities and masses.
    """
    path = Path(path)
    lines = [(number, line) for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line]
    comments = [(number, line) for number, line in lines if line.startswith("#")]
    rows = [(number, next(csv.reader([line]))) for number, line in lines if not line.startswith("#")]
    if len(rows) < 2:
        raise CatalogueError(f"{path}: no line of column names followed by rows")
    header_line, header = rows[0][0], [name.strip() for name in rows[0][1]]
    factors = _column_factors(path, comments, header_line, header)
    values = np.array([_numbers(path, number, header, row) for number, row in rows[1:]])
    columns = {name: units.convert(values[:, header.index(name)], *pair) for name, pair in factors.items()}
    numbers = [number for number, _ in rows[1:]]
    return _gridded(path, numbers, columns)


def _column_factors(
    path: Path, comments: list[tuple[int, str]], header_line: int, header: list[str]
) -> dict[str, tuple[units.Unit, units.Unit]]:
    """Return, for each column, the unit in which it is given and that in which it is used."""
    found = [(number, line.partition("units:")[2]) for number, line in comments if line.startswith("# units:")]
    if not found:
        raise CatalogueError(f"{path}:1: no line '# units: column unit; ...' before the column names")
    number, text = found[0]
    given = dict(entry.split(maxsplit=1) for entry in text.split(";") if len(entry.split()) >= 2)
    pairs: dict[str, tuple[units.Unit, units.Unit]] = {}
    for name in (field.name for field in fields(PhaseTable)):
        if name not in header:
            raise CatalogueError(f"{path}:{header_line}: no column {name!r}{nearest(name, header)}")
        if name not in given:
            raise CatalogueError(f"{path}:{number}: no unit for column {name!r}")
        to = units.parse_unit(_COLUMN_UNITS.get(name, _AGE_UNIT))
        try:
            pairs[name] = (units.parse_unit(given[name]), to)
            units.convert(1.0, *pairs[name])
        except UnitError as error:
            raise CatalogueError(f"{path}:{number}: column {name!r}: {error}") from None
    return pairs


def _numbers(path: Path, number: int, header: list[str], row: list[str]) -> list[float]:
    if len(row) != len(header):
        raise CatalogueError(f"{path}:{number}: {len(row)} values for {len(header)} columns")
    values = []
    for name, text in zip(header, row, strict=True):
        try:
            values.append(float(text))
        except ValueError:
            raise CatalogueError(f"{path}:{number}: {name} is {text.strip()!r}, which is no number") from None
        if not 0.0 <= values[-1] < np.inf:
            raise CatalogueError(f"{path}:{number}: {name} is {text.strip()}; it has to be finite and not negative")
    return values


def _gridded(path: Path, numbers: list[int], columns: dict[str, FloatArray]) -> PhaseTable:
    metallicity, mass = np.unique(columns["metallicity"]), np.unique(columns["mass"])
    expected = [(z, m) for z in metallicity for m in mass]
    found = zip(columns["metallicity"], columns["mass"], strict=True)
    for number, pair, right in zip(numbers, found, expected, strict=False):
        if pair != right:
            raise CatalogueError(
                f"{path}:{number}: found metallicity {pair[0]:g} and mass {pair[1]:g} where {right[0]:g} and "
                f"{right[1]:g} belong; rows are the full product of metallicities and masses, both increasing"
            )
    if len(numbers) != len(expected):
        raise CatalogueError(
            f"{path}:{numbers[-1]}: {len(numbers)} rows for {len(metallicity)} metallicities and {len(mass)} masses"
        )
    if len(mass) < 2 or metallicity[0] == 0.0 or 3 * mass[0] <= mass[1]:
        raise CatalogueError(
            f"{path}:{numbers[0]}: a table needs a positive metallicity and two masses or more, the first bin of which "
            "lies above zero"
        )
    if (columns["lifetime"] == 0.0).any() or (columns["carbon_end"] == 0.0).any():
        number = numbers[int(np.argmax((columns["lifetime"] == 0.0) | (columns["carbon_end"] == 0.0)))]
        raise CatalogueError(f"{path}:{number}: lifetime and carbon_end have to be above zero")
    grids = {name: columns[name].reshape(len(metallicity), len(mass)) for name in columns}
    return PhaseTable(**{**grids, "metallicity": metallicity, "mass": mass})
