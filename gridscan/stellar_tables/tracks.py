"""Evolutionary tracks of stars in the format of PARSEC v2.0, and the ages of the phases found in them."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gridscan.errors import CatalogueError, GridscanWarning
from gridscan.numerics.double_double import log10, power_of_ten
from gridscan.stellar_tables.table_files import opened
from gridscan.stellar_tables.text_columns import Columns, read_columns
from gridscan.units import convert, parse_unit, unit_attributes, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FloatArray = NDArray[np.floating[Any]]

#: The thresholds of `phase_windows`.
MAXIMUM_TEMPERATURE = 4000.0
MINIMUM_LOG_LUMINOSITY = 4.5
MINIMUM_CARBON_LUMINOSITY = 1e-3

TRACK_COLUMNS = {name: (name,) for name in ("AGE", "LOG_TE", "LOG_L", "LC")}

# Rounding error of 10**x and log10 for a value that lies exactly on a threshold.
_ROUNDING = 1e-12
# The share of a phase that may lie outside the interval in which the model places it.
_MISPLACED_SHARE = 0.01
_YEARS_PER_MYR = 1e6


def variable(values: FloatArray, unit: str, long_name: str, **attributes: Any) -> xr.Variable:
    """Return numbers along the dimension ``point`` with the attributes of gridscan's datasets.

    Parameters
    ----------
    values
        Shape (points,).
    unit
        Unit of the values.
    long_name
        What they are.
    **attributes
        Further attributes.

    Returns
    -------
    xarray.Variable
        With ``units`` and ``long_name``.
    """
    return xr.Variable("point", values, {**unit_attributes(parse_unit(unit)), "long_name": long_name, **attributes})


def refuse_outside(columns: Columns, limits: Mapping[str, tuple[float, float]]) -> None:
    """Refuse numbers that are impossible for a star, column by column.

    Parameters
    ----------
    columns
        The columns of the table.
    limits
        Smallest and largest number allowed, by column.

    Raises
    ------
    CatalogueError
        If a number is outside; it gives the name of the table and the line.
    """
    for name, (lowest, highest) in limits.items():
        values = columns.values[name]
        columns.refuse((values < lowest) | (values > highest), name, f"a number from {lowest:g} to {highest:g}")


def read_track(file: str | Path | BinaryIO, name: str | None = None) -> xr.Dataset:
    r"""Read the evolution of one star from a whitespace-separated table.

    Parameters
    ----------
    file
        A path, or a binary stream, such as `TrackArchive.open` gives for a member of a ZIP.
    name
        Name of the track in messages and in the title; the name of the file by default.

    Returns
    -------
    xarray.Dataset
        Along the dimension ``point``, in the order of age: ``age`` [yr], ``effective_temperature`` [K], ``luminosity``
        [Lsun] and ``carbon_luminosity`` [1], the luminosity of carbon burning over that of the star. They are the
        columns AGE, LOG_TE, LOG_L and LC; all others are skipped.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CatalogueError
        If a column is missing, a cell is not a finite number, ages run backwards, a row is cut off, a number is one
        that no star has, or there are fewer than two rows; it gives name and line.

    Examples
    --------
    >>> import io
    >>> from gridscan.stellar_tables.tracks import read_track
    >>> track = read_track(io.BytesIO(b"AGE LOG_TE LOG_L LC\n0 4.5 4.4 0\n1.2e7 3.5 4.9 0.01\n"), "12 Msun")
    >>> track["age"].values, track["age"].attrs["units"]
    (array([       0., 12000000.]), 'yr')
    """
    if isinstance(file, str | Path):
        with opened(Path(file)) as stream:
            columns = read_columns(stream, name or str(file), TRACK_COLUMNS)
        title = name or Path(file).name
    else:
        title = name or "track"
        columns = read_columns(file, title, TRACK_COLUMNS, ended=False)
    _check(columns)
    values = columns.values
    return xr.Dataset(
        {
            "age": variable(values["AGE"], "yr", "age"),
            "effective_temperature": variable(power_of_ten(values["LOG_TE"]), "K", "effective temperature"),
            "luminosity": variable(power_of_ten(values["LOG_L"]), "Lsun", "luminosity"),
            "carbon_luminosity": variable(values["LC"], "1", "luminosity of carbon burning over that of the star"),
        },
        attrs={"title": title, "kind": "track"},
    )


def _check(columns: Columns) -> None:
    refuse_outside(columns, {"AGE": (0.0, 1e15), "LOG_TE": (0.0, 10.0), "LOG_L": (-20.0, 20.0)})
    age = columns.values["AGE"]
    if len(age) < 2:
        raise CatalogueError(f"{columns.name}:{columns.lines[0]}: the track has one row; expected two or more")
    backwards = np.flatnonzero(np.diff(age) < 0.0)
    if backwards.size:
        row = int(backwards[0])
        raise CatalogueError(
            f"{columns.name}:{columns.lines[row + 1]}: ages run backwards, from {float(age[row])!r} to "
            f"{float(age[row + 1])!r} yr"
        )


@dataclass(frozen=True)
class PhaseWindows:
    """Ages and durations of the phases of one star, as `phase_windows` finds them.

    Attributes
    ----------
    lifetime
        Last age of the track [Myr].
    carbon_start, carbon_end
        First and last age of carbon burning [Myr].
    carbon_duration, rsg_duration, carbon_rsg_duration
        Total time in which the star burns carbon, is a red supergiant, and both at once [Myr].
    """

    lifetime: float
    carbon_start: float
    carbon_end: float
    carbon_duration: float
    rsg_duration: float
    carbon_rsg_duration: float


def phase_windows(
    track: xr.Dataset,
    maximum_temperature: float = MAXIMUM_TEMPERATURE,
    minimum_log_luminosity: float = MINIMUM_LOG_LUMINOSITY,
    minimum_carbon_luminosity: float = MINIMUM_CARBON_LUMINOSITY,
) -> PhaseWindows:
    """Find when a star is a red supergiant, when it burns carbon, and when both.

    A red supergiant has T_eff <= `maximum_temperature` and log10(L/Lsun) >= `minimum_log_luminosity`; a star burns
    carbon where its carbon luminosity is at least `minimum_carbon_luminosity`. Between two points of the track, log
    T_eff, log L and the carbon luminosity are linear in age; so a phase begins and ends where these lines meet its
    thresholds, and at the very age of a point that lies on one.

    Durations are the total time in which the conditions hold, however often they are interrupted. `carbon_start` and
    `carbon_end` are the first and the last age of carbon burning, and `lifetime` is the last age of the track. A star
    that never burns carbon is given an empty interval at the end of its life.

    Parameters
    ----------
    track
        As `read_track` returns it.
    maximum_temperature
        Effective temperature up to which a star is a red supergiant [K].
    minimum_log_luminosity
        log10(L/Lsun) from which on it is one, dimensionless.
    minimum_carbon_luminosity
        Luminosity of carbon burning over that of the star from which on carbon burns, dimensionless, above zero.

    Returns
    -------
    PhaseWindows
        Ages and durations [Myr].

    Raises
    ------
    CatalogueError
        If a threshold is out of range, or the track is invalid: a number is not finite, ages decrease or end at zero.

    Warns
    -----
    GridscanWarning
        Where more than a per cent of the red supergiant phase is not the last `rsg_duration` of the life, or more than
        a per cent of the interval of carbon burning is without it (the model assumes both), and where carbon never
        burns.

    Notes
    -----
    In a step from one point to the next let s run from 0 to 1. A condition is m(s) >= 0 for a margin m that is linear
    in s, so it holds on an interval of s, and so do several at once, on the intersection of their intervals.

    Examples
    --------
    A star of luminosity 10^5 Lsun that is cooler than 4000 K for its last 2 of 12 Myr, and burns carbon for the last of
    them:

    >>> import xarray as xr
    >>> from gridscan.stellar_tables.tracks import phase_windows
    >>> points = {
    ...     "age": ("point", [0.0, 1e7, 1.1e7, 1.2e7], {"units": "yr"}),
    ...     "effective_temperature": ("point", [3e4, 4e3, 3.5e3, 3.5e3], {"units": "K"}),
    ...     "luminosity": ("point", [1e5] * 4, {"units": "Lsun"}),
    ...     "carbon_luminosity": ("point", [0.0, 0.0, 1e-3, 1e-2], {"units": "1"}),
    ... }
    >>> windows = phase_windows(xr.Dataset(points))
    >>> windows.rsg_duration, windows.carbon_start, windows.carbon_duration
    (2.0, 11.0, 1.0)
    """
    _check_thresholds(maximum_temperature, minimum_log_luminosity, minimum_carbon_luminosity)
    name = track.attrs.get("title", "track")
    age, temperature, luminosity, carbon_luminosity = _values_of(track, name)
    cool = _steps_above(log10(maximum_temperature) - log10(temperature))
    bright = _steps_above(log10(luminosity) - minimum_log_luminosity)
    carbon = _steps_above(carbon_luminosity / minimum_carbon_luminosity - 1.0)
    red = _both(cool, bright)
    red_stretches, carbon_stretches = _in_age(age, red), _in_age(age, carbon)
    lifetime = float(age[-1])
    burns = carbon_stretches.start.size > 0
    windows = PhaseWindows(
        lifetime=lifetime / _YEARS_PER_MYR,
        carbon_start=(float(carbon_stretches.start[0]) if burns else lifetime) / _YEARS_PER_MYR,
        carbon_end=(float(carbon_stretches.end[-1]) if burns else lifetime) / _YEARS_PER_MYR,
        carbon_duration=_duration(age, carbon) / _YEARS_PER_MYR,
        rsg_duration=_duration(age, red) / _YEARS_PER_MYR,
        carbon_rsg_duration=_duration(age, _both(red, carbon)) / _YEARS_PER_MYR,
    )
    _warn(name, windows, red_stretches, burns, minimum_carbon_luminosity)
    return windows


class _Stretches(NamedTuple):
    """Intervals [start, end]; of steps they are shares of each step, empty where start > end."""

    start: FloatArray
    end: FloatArray


def _check_thresholds(temperature: float, log_luminosity: float, carbon_luminosity: float) -> None:
    if not 0.0 < temperature < np.inf:
        raise CatalogueError(f"the maximum temperature is {temperature:g} K; expected a finite one above zero")
    if not np.isfinite(log_luminosity):
        raise CatalogueError(f"the minimum log luminosity is {log_luminosity:g}; expected a finite number")
    if not 0.0 < carbon_luminosity < np.inf:
        raise CatalogueError(f"the minimum carbon luminosity is {carbon_luminosity:g}; expected a number above zero")


def _values_of(track: xr.Dataset, name: str) -> list[FloatArray]:
    """Return ages [yr], temperatures [K], luminosities [Lsun] and carbon luminosities of a track."""
    wanted = {"age": "yr", "effective_temperature": "K", "luminosity": "Lsun", "carbon_luminosity": "1"}
    values = []
    for variable_name, unit in wanted.items():
        if variable_name not in track:
            raise CatalogueError(f"{name}: has no {variable_name!r}; expected what read_track returns")
        item = track[variable_name]
        values.append(np.asarray(convert(item.values, unit_of(item), parse_unit(unit)), dtype=float))
        usable = np.isfinite(values[-1])
        if variable_name in ("effective_temperature", "luminosity"):
            usable &= values[-1] > 0.0
        if not usable.all():
            point = int(np.argmin(usable))
            raise CatalogueError(f"{name}: {variable_name} is {values[-1][point]:g} {unit} at point {point}")
    age = values[0]
    if age.size < 2 or (np.diff(age) < 0.0).any() or age[-1] <= 0.0:
        raise CatalogueError(f"{name}: expected two points or more whose ages never decrease and end above zero")
    return values


def _steps_above(margin: FloatArray) -> _Stretches:
    """Return in what part of each step a margin, linear within it, is not negative."""
    margin = np.where(np.abs(margin) < _ROUNDING, 0.0, margin)
    before, after = margin[:-1], margin[1:]
    change = after - before
    meeting = -before / np.where(change == 0.0, 1.0, change)
    start = np.where(before >= 0.0, 0.0, np.where(after >= 0.0, meeting, 1.0))
    end = np.where(after >= 0.0, 1.0, np.where(before >= 0.0, meeting, 0.0))
    return _Stretches(start, end)


def _both(first: _Stretches, second: _Stretches) -> _Stretches:
    return _Stretches(np.maximum(first.start, second.start), np.minimum(first.end, second.end))


def _in_age(age: FloatArray, steps: _Stretches) -> _Stretches:
    """Return the ages between which a condition holds, one interval for each step in which it does."""
    (holds,) = np.nonzero(steps.start <= steps.end)
    before, after = age[holds], age[holds + 1]

    def at(share: FloatArray) -> FloatArray:
        # Rounding must not move the end of a step.
        return np.where(share == 1.0, after, np.minimum(before + share * (after - before), after))

    return _Stretches(at(steps.start[holds]), at(steps.end[holds]))


def _duration(age: FloatArray, steps: _Stretches) -> float:
    return float(np.sum(np.maximum(steps.end - steps.start, 0.0) * np.diff(age)))


def _warn(name: str, windows: PhaseWindows, red: _Stretches, burns: bool, minimum_carbon_luminosity: float) -> None:
    warn = functools.partial(warnings.warn, category=GridscanWarning, stacklevel=3)
    red_since = (windows.lifetime - windows.rsg_duration) * _YEARS_PER_MYR
    earlier = float(np.sum(np.maximum(np.minimum(red.end, red_since) - red.start, 0.0))) / _YEARS_PER_MYR
    if earlier > _MISPLACED_SHARE * windows.rsg_duration:
        warn(
            f"{name}: is a red supergiant for {windows.rsg_duration:.6g} Myr, but {earlier:.3g} Myr of that lie before "
            f"the last {windows.rsg_duration:.6g} Myr of its life of {windows.lifetime:.6g} Myr, where the model "
            "places all of it"
        )
    interval = windows.carbon_end - windows.carbon_start
    if interval - windows.carbon_duration > _MISPLACED_SHARE * windows.carbon_duration:
        warn(
            f"{name}: burns carbon for {1e3 * windows.carbon_duration:.6g} kyr, with interruptions, in an interval of "
            f"{1e3 * interval:.6g} kyr, all of which the model counts as carbon burning"
        )
    if not burns:
        warn(
            f"{name}: its carbon luminosity never reaches {minimum_carbon_luminosity:g}; it is given no time of carbon "
            "burning"
        )
