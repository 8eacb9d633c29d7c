"""Public files of neutrinos of stars before collapse, in three formats, read by the moments of their spectra.

The format follows from the number of columns:

- 9, Odrzywolek & Heger 2010: step, time before collapse [s], Q [erg/s], R [1/s], <E> and sigma [MeV], a, alpha, b;
- 6, Patton et al. 2017: time before collapse [h], energy [MeV], and the spectra [1/MeV/s] of nu_e, its antineutrino,
  each nu_x and each of their antineutrinos, all energies of a time one after another;
- 2, Kato et al. 2017: energy [MeV] and the spectrum [1/MeV/s] of antineutrinos at one step, whose number ends the name
  of the file, together with a file of 4 columns: time before collapse [s], rate [1/s], luminosity [MeV/s], step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid

from gridscan.errors import CatalogueError
from gridscan.physics.neutrinos import inverse_beta
from gridscan.physics.neutrinos.spectra import pinched_spectrum, pinching_of
from gridscan.stellar_tables.text_columns import not_a_number
from gridscan.units import convert, parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

FloatArray = NDArray[np.floating[Any]]

#: Names of the formats, by the number of columns of their files.
FORMATS = {
    9: "Odrzywolek & Heger 2010",
    6: "Patton et al. 2017",
    4: "the light curve of Kato et al. 2017",
    2: "a spectrum of Kato et al. 2017",
}
_MOMENTS_AGREE, _COLUMNS_AGREE, _RATES_AGREE = 1e-5, 0.01, 0.05
_HOUR = 3600.0


class Rows(NamedTuple):
    """Numbers of a file.

    Attributes
    ----------
    name
        Name of the file in messages.
    values
        Shape (rows, columns), finite.
    lines
        The line of each row, from 1.
    """

    name: str
    values: FloatArray
    lines: list[int]

    def refuse(self, wrong: NDArray[np.bool_], message: Callable[[int], str]) -> None:
        """Refuse the first row that is wrong.

        Parameters
        ----------
        wrong
            Shape (rows,): whether a row is wrong.
        message
            Returns what is wrong with the row of an index.

        Raises
        ------
        CatalogueError
            If a row is wrong; it gives file and line.
        """
        if wrong.any():
            row = int(np.argmax(wrong))
            raise CatalogueError(f"{self.name}:{self.lines[row]}: {message(row)}")


@dataclass(frozen=True, eq=False)
class PublishedTrack:
    """Neutrinos of one star as the files tell them; every array has the shape (times,).

    Attributes
    ----------
    format
        One of `FORMATS`.
    time
        Before collapse [s], increasing.
    rate
        Of electron antineutrinos [1/s].
    mean_energy, mean_square_energy
        [MeV], [MeV^2].
    ratios
        ``nux_to_nue``, ``nue_to_antinue`` and ``nux_hardness`` where the files have all flavours.
    error
        Largest relative error of an integral over energies.
    inverse_beta_share
        Inverse beta decays of the pinched spectrum of the same moments over those of the spectrum; 1 without spectra.
    """

    format: str
    time: FloatArray
    rate: FloatArray
    mean_energy: FloatArray
    mean_square_energy: FloatArray
    ratios: Mapping[str, FloatArray]
    error: float
    inverse_beta_share: FloatArray

    @property
    def pinching(self) -> FloatArray:
        """Alpha of the spectrum with the same two moments."""
        return pinching_of(self.mean_energy, self.mean_square_energy)


def read_published(paths: Sequence[Path]) -> PublishedTrack:
    """Read the files of one star in a format that their columns tell.

    Parameters
    ----------
    paths
        One file of Odrzywolek or of Patton, or a light curve and spectra of Kato.

    Returns
    -------
    PublishedTrack
        In the order of time before collapse.

    Raises
    ------
    CatalogueError
        If a file cannot be read or has another number of columns, files of several formats or stars are mixed, or
        numbers contradict each other; it gives file and line.
    """
    files = [_rows(path) for path in paths]
    by_columns: dict[int, list[Rows]] = {}
    for rows in files:
        columns = rows.values.shape[1]
        if columns not in FORMATS:
            known = ", ".join(f"{count} ({name})" for count, name in FORMATS.items())
            raise CatalogueError(f"{rows.name}:{rows.lines[0]}: {columns} columns; the known formats have {known}")
        by_columns.setdefault(columns, []).append(rows)
    if set(by_columns) == {2, 4}:
        (curve, *others), spectra = by_columns[4], by_columns[2]
        if others:
            raise CatalogueError(f"{others[0].name}: a second light curve beside {curve.name}; give those of one star")
        return _kato(curve, spectra)
    if set(by_columns) <= {2, 4}:
        what = "a file of spectra needs its light curve" if 2 in by_columns else "a light curve needs its spectra"
        raise CatalogueError(f"{files[0].name}: is {FORMATS[min(by_columns)]}; {what}, 'FILE FILE ...'")
    if len(files) > 1:
        first, second = (f"{rows.name} is {FORMATS[rows.values.shape[1]]}" for rows in files[:2])
        raise CatalogueError(f"{first}, and {second}; give one file of one star, or a light curve and spectra of Kato")
    return _odrzywolek(files[0]) if 9 in by_columns else _patton(files[0])


def _rows(path: Path) -> Rows:
    """Return the numbers of a file; lines in front of the first row of numbers, and those with #, are comments."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: not UTF-8 text (byte {error.start}); expected columns of numbers") from None
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error.strerror}") from None
    values: list[list[float]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.replace(",", " ").split()
        if not cells or cells[0].startswith("#"):
            continue
        try:
            row = [float(cell) for cell in cells]
        except ValueError:
            if not values:
                continue
            wrong = next(cell for cell in cells if not _is_number(cell))[:40]
            raise CatalogueError(f"{path}:{number}: {wrong!r} is {not_a_number(wrong)}") from None
        if values and len(row) != len(values[0]):
            raise CatalogueError(f"{path}:{number}: {len(row)} columns where {len(values[0])} belong")
        if not np.isfinite(row).all():
            raise CatalogueError(f"{path}:{number}: a number is not finite")
        values.append(row)
        lines.append(number)
    if not values:
        first = next((line.strip() for line in text.split("\n") if line.strip()), "")
        found = f"its first line is {first[:40]!r}" if first else "it is empty"
        known = ", ".join(str(count) for count in FORMATS)
        raise CatalogueError(f"{path}: holds no row of numbers: {found}; expected {known} columns parted by blanks")
    return Rows(str(path), np.array(values), lines)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _odrzywolek(rows: Rows) -> PublishedTrack:
    _, time, power, rate, mean, sigma, _, alpha, _ = rows.values.T
    _refuse_negative(rows, "time before collapse", time, "s")
    rows.refuse(_again(time), lambda row: f"the time {time[row]:g} s comes again; each has one row")
    rows.refuse((rate <= 0.0) | (mean <= 0.0) | (sigma <= 0.0), lambda _: "R, Eavg and Sigma must be above 0")
    pinching = (mean / sigma) ** 2 - 1.0
    rows.refuse(
        np.abs(pinching - alpha) > _MOMENTS_AGREE * (1.0 + np.abs(pinching)),
        lambda row: f"alpha is {alpha[row]:.8g}, but (Eavg/Sigma)^2 - 1 is {pinching[row]:.8g}: not {FORMATS[9]}",
    )
    expected = convert(rate * mean, parse_unit("MeV/s"), parse_unit("erg/s"))
    rows.refuse(
        np.abs(power - expected) > _COLUMNS_AGREE * expected,
        lambda row: f"Q is {power[row]:.6g} erg/s, but R Eavg is {expected[row]:.6g} erg/s: not {FORMATS[9]}",
    )
    order = np.argsort(time)
    rate = convert(power, parse_unit("erg/s"), parse_unit("MeV/s")) / mean
    time, rate, mean, square = (column[order] for column in (time, rate, mean, mean**2 + sigma**2))
    return PublishedTrack(FORMATS[9], time, rate, mean, square, {}, 0.0, np.ones(len(time)))


def _patton(rows: Rows) -> PublishedTrack:
    hours, energy = rows.values[:, 0], rows.values[:, 1]
    starts = np.flatnonzero(np.r_[True, hours[1:] != hours[:-1]])
    blocks = [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(hours)], strict=True)]
    again = np.zeros(len(hours), dtype=bool)
    again[starts] = _again(hours[starts])
    _refuse_negative(rows, "time before collapse", hours, "h")
    for column, flavour in ((2, "nu_e"), (4, "nu_x"), (5, "nu_x-bar")):
        _refuse_negative(rows, f"spectrum of {flavour}", rows.values[:, column], "/MeV/s")
    rows.refuse(again, lambda row: f"the time {hours[row]:g} h comes again; all energies of a time stand together")
    moments = [_moments(rows, block, energy[block], rows.values[block, 3]) for block in blocks]
    numbers = [[trapezoid(rows.values[block, column], energy[block]) for column in (2, 4)] for block in blocks]
    carried = [trapezoid(energy[block] * rows.values[block, 4], energy[block]) for block in blocks]
    nue, nux = np.array(numbers).T
    for block, number in zip(blocks, nue, strict=True):
        if not number > 0.0:
            where = f"{rows.name}:{rows.lines[block.start]}"
            raise CatalogueError(f"{where}: no nu_e at {hours[block.start]:g} h; a spectrum needs neutrinos")
    order = np.argsort(hours[starts])
    rate, mean, square, error, share = np.array(moments)[order].T
    others = np.divide(carried, nux, out=np.ones(len(nux)), where=nux > 0.0)[order]
    ratios = {"nux_to_nue": nux[order] / nue[order], "nue_to_antinue": nue[order] / rate}
    # Without any there is nothing whose hardness could matter.
    ratios["nux_hardness"] = np.where(nux[order] > 0.0, others / mean, 1.0)
    time = _HOUR * hours[starts][order]
    return PublishedTrack(FORMATS[6], time, rate, mean, square, ratios, float(error.max()), share)


def _again(time: FloatArray) -> NDArray[np.bool_]:
    """Return which times were there before, shape (times,)."""
    found = np.ones(len(time), dtype=bool)
    found[np.unique(time, return_index=True)[1]] = False
    return found


def _refuse_negative(rows: Rows, what: str, values: FloatArray, unit: str) -> None:
    rows.refuse(values < 0.0, lambda row: f"the {what} is {values[row]:g} {unit}; it must be 0 or more")


def _kato(curve: Rows, spectra: Sequence[Rows]) -> PublishedTrack:
    time, rates, steps = curve.values[:, 0], curve.values[:, 1], curve.values[:, 3]
    order = np.argsort(steps)
    left = -time if (time <= 0.0).all() else time
    back = np.zeros(len(time), dtype=bool)
    back[order[1:]] = np.diff(left[order]) >= 0.0
    curve.refuse(back, lambda row: f"the time is {time[row]:g} s; that left until collapse falls from step to step")
    found = []
    names = [rows.name for rows in spectra]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CatalogueError(f"{twice}: is given twice; give each spectrum once")
    for rows in spectra:
        digits = re.findall(r"\d+", re.split(r"[\\/]", rows.name)[-1].rpartition(".")[0] or rows.name)
        row = np.flatnonzero(steps == float(digits[-1])) if digits else np.array([], dtype=int)
        if len(row) != 1:
            step = f"step {int(digits[-1])}" if digits else "a step that ends the name of the file"
            raise CatalogueError(f"{rows.name}: {step} is not found once in {curve.name}")
        moments = _moments(rows, slice(None), *rows.values.T)
        expected = rates[row[0]]
        if abs(moments[0] - expected) > _RATES_AGREE * expected:
            raise CatalogueError(
                f"{rows.name}: holds {moments[0]:.4g} neutrinos a second, and line {curve.lines[row[0]]} of "
                f"{curve.name} {expected:.4g}; are they of one flavour and star?"
            )
        found.append((left[row[0]], *moments))
    time, rate, mean, square, error, share = np.array(sorted(found)).T
    return PublishedTrack("Kato et al. 2017", time, rate, mean, square, {}, float(error.max()), share)


def _moments(rows: Rows, block: slice, energy: FloatArray, spectrum: FloatArray) -> tuple[float, ...]:
    """Return rate, <E>, <E²>, the error of the rate, and the share of inverse beta decays that a fit to them has."""
    here = Rows(rows.name, rows.values[block], rows.lines[block])
    here.refuse(spectrum < 0.0, lambda row: f"the spectrum is {spectrum[row]:g}; it must be 0 or more")
    rises = np.r_[True, np.diff(energy) > 0.0] & (energy >= 0.0)
    here.refuse(~rises, lambda row: f"the energy is {energy[row]:g} MeV; those of a time must be 0 or more, and rise")
    rate = trapezoid(spectrum, energy)
    if len(energy) < 5 or not rate > 0.0:
        raise CatalogueError(f"{rows.name}:{here.lines[0]}: a spectrum needs five energies or more, and neutrinos")
    mean = trapezoid(energy * spectrum, energy) / rate
    square = trapezoid(energy**2 * spectrum, energy) / rate
    # The trapezoidal rule errs as the square of the steps: half of the points err by four times as much.
    coarse = trapezoid(spectrum[::2], energy[::2])
    error = abs(coarse - rate) / (3.0 * rate)
    return float(rate), float(mean), float(square), float(error), _inverse_beta_share(energy, spectrum, mean, square)


def _inverse_beta_share(energy: FloatArray, spectrum: FloatArray, mean: float, square: float) -> float:
    """Return inverse beta decays of the fit to two moments over those of the spectrum."""
    sigma = inverse_beta.cross_section(energy)
    counted = trapezoid(sigma * spectrum, energy)
    alpha = float(pinching_of(mean, square))
    # A spectrum so broad that it is refused has no fit to compare with.
    if alpha <= 0.0 or not counted > 0.0:
        return 1.0
    fit = trapezoid(spectrum, energy) * pinched_spectrum(energy, mean, alpha, 0.0, np.inf)
    return float(trapezoid(sigma * fit, energy) / counted)
