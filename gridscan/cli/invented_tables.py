"""Invented stellar tables in the formats of published ones, for the Hertzsprung-Russell diagrams of the gallery."""

from __future__ import annotations

import numpy as np

from gridscan.numerics.double_double import log10, power_of_ten
from gridscan.numerics.spacing import geometric


def invented_isochrone() -> str:
    """Return an isochrone of 10 Myr in the format of CMD 3.9: a main sequence, then a crossing to cool stars.

    Not a stellar model: luminosity M^3.5 and temperature M^0.53 on the main sequence, then straight lines.
    """
    mass = geometric(0.1, 16.0, 160)
    log_mass = log10(mass)
    sequence = np.stack([mass, 3.5 * log_mass + 0.2, 3.76 + 0.53 * log_mass - 0.06 * log_mass * log_mass])
    along = np.linspace(0.0, 1.0, 60)
    crossing = np.stack([16.0 + 0.3 * along, 4.42 + 0.28 * along, 4.31 - 0.74 * along])
    tip = np.stack([16.3 + 0.2 * along, 4.70 + 0.35 * along, 3.57 - 0.03 * along])
    rows = np.concatenate([sequence, crossing[:, 1:], tip[:, 1:]], axis=1).T
    phase = [1] * 160 + [2] * 59 + [4] * 59
    head = ["# An invented isochrone in the format of CMD 3.9, no stellar model", "# Zini logAge Mini logL logTe label"]
    lines = [
        f"0.0140 7.00000 {m:.6f} {light:.4f} {heat:.4f} {label}"
        for (m, light, heat), label in zip(rows, phase, strict=True)
    ]
    return "\n".join([*head, *lines, ""])


def invented_track(mass: float = 15.0) -> str:
    """Return the track of a star in the format of PARSEC v2.0, made of straight lines.

    Not a stellar model: that of 15 solar masses, with times that go with M^-1.2 and luminosities with M.

    Parameters
    ----------
    mass
        Initial mass [Msun].
    """
    slower, brighter = (15.0 / mass) ** 1.2, float(log10(np.array([mass / 15.0]))[0])
    corners = np.array(
        [  # age [yr], log T_eff [K], log L [Lsun], log of the share of carbon burning
            [0.0, 4.48, 4.30, -12.0],
            [11.2e6, 4.40, 4.62, -12.0],
            [11.9e6, 4.45, 4.72, -12.0],
            [12.0e6, 3.59, 4.60, -12.0],
            [12.1e6, 3.56, 4.78, -10.0],
            [12.995e6, 3.57, 4.86, -4.0],
            [12.996e6, 3.55, 4.97, -3.0],
            [13.0e6, 3.54, 5.02, -0.3],
        ]
    )
    fine = np.unique(np.concatenate([np.linspace(i, i + 1, 31) for i in range(len(corners) - 1)]))
    age, temperature, luminosity, carbon = (np.interp(fine, np.arange(len(corners)), column) for column in corners.T)
    lines = [
        f"{slower * years:.4f} {mass} {heat:.5f} {light + brighter:.5f} {share:.6e}"
        for years, heat, light, share in zip(age, temperature, luminosity, power_of_ten(carbon), strict=True)
    ]
    return "\n".join(["AGE MASS LOG_TE LOG_L LC", *lines, ""])
