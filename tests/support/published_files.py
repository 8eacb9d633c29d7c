"""Small files in the formats in which models of neutrinos before collapse are published, of spectra that are known."""

from __future__ import annotations

from math import lgamma
from typing import NamedTuple

import numpy as np

MEV = 1.602176634e-6  # erg


class Star(NamedTuple):
    """Times before collapse [s] from early to late, rates [1/s], mean energies [MeV] and pinchings."""

    time: np.ndarray
    rate: np.ndarray
    mean: np.ndarray
    alpha: np.ndarray


STAR = Star(
    np.array([7200.0, 3600.0, 360.0, 36.0]),
    np.array([1e50, 3e50, 2e51, 9e51]),
    np.array([1.1, 1.3, 1.6, 1.9]),
    np.array([4.5, 3.75, 3.25, 3.0]),
)
ENERGY = np.linspace(0.0, 25.0, 401)


def spectrum(energy, rate, mean, alpha):
    b = (alpha + 1.0) / mean
    with np.errstate(divide="ignore"):
        return rate * np.exp((alpha + 1.0) * np.log(b) - lgamma(alpha + 1.0) + alpha * np.log(energy) - b * energy)


def write_odrzywolek(path, star=STAR, edit=lambda row: row):
    lines = ["# step timeBC Q R Eavg Sigma a alpha b"]
    for step, (time, rate, mean, alpha) in enumerate(zip(*star, strict=True)):
        sigma = mean / np.sqrt(1.0 + alpha)
        row = [step, time, rate * mean * MEV, rate, mean, sigma, 1.0, alpha, (alpha + 1.0) / mean]
        lines.append(" ".join(f"{number:.10g}" for number in edit(row)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_patton(path, star=STAR, line_at=None, energy=ENERGY):
    """Write all flavours: nu_e twice as many as their antineutrinos, each nu_x a fifth of nu_e."""
    lines = ["tau E L_nue L_nuebar L_nux L_nuxbar"]
    for time, rate, mean, alpha in zip(*star, strict=True):
        flux = spectrum(energy, rate, mean, alpha)
        if line_at is not None:
            # A line of weak processes with 0.3 % of the neutrinos.
            flux = flux + 0.003 * rate * np.exp(-0.5 * ((energy - line_at) / 0.4) ** 2) / (0.4 * np.sqrt(2.0 * np.pi))
        for e, f in zip(energy, flux, strict=True):
            cells = (time / 3600.0, e, 2.0 * f, f, 0.4 * f, 0.4 * f)
            lines.append(" ".join(f"{number:.10e}" for number in cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_kato(folder, star=STAR, sign=1.0):
    """Write a light curve and a file for each step; return their paths."""
    steps = [100 + 7 * index for index in range(len(star.time))]
    curve = folder / "lightcurve_nueb.dat"
    rows = zip(steps, *star[:3], strict=True)
    curve.write_text("".join(f"{sign * t:.9e} {r:.9e} {r * e:.9e} {s}\n" for s, t, r, e in rows), encoding="utf-8")
    paths = [curve]
    for step, (_, rate, mean, alpha) in zip(steps, zip(*star, strict=True), strict=True):
        paths.append(folder / f"spectrum_nueb_{step:05d}.dat")
        flux = spectrum(ENERGY, rate, mean, alpha)
        text = "".join(f"{e:.9e} {f:.9e}\n" for e, f in zip(ENERGY, flux, strict=True))
        paths[-1].write_text(text, encoding="utf-8")
    return paths
