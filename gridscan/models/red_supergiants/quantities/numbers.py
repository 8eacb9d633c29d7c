"""How many stars of each kind a constant star formation rate keeps alive.

It factors out, so the integral over masses and ages is done once for each mass function, metallicity and time.
"""

from __future__ import annotations

from functools import partial

from gridscan.models.red_supergiants.parameters import model
from gridscan.numerics.poisson import share
from gridscan.physics.stellar import phase_counts as star_counts
from gridscan.stellar_tables import phases


def _time_in(phase, stellar_table, stellar_population):
    return phases.for_each_table(partial(star_counts.time_in_phase, phase), stellar_table, *stellar_population)


@model.kernel("Myr/Msun", long_name="time alive per stellar mass formed")
def time_alive(stellar_table, stellar_population):
    """∫ dM ξ(M) min(lifetime, t). Source: expected number in an age window, for constant star formation."""
    return _time_in("alive", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time as red supergiant per stellar mass formed")
def time_as_red_supergiant(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of the red-supergiant phase. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("red_supergiant", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time burning carbon per stellar mass formed")
def time_burning_carbon(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of core carbon burning. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("carbon_burning", stellar_table, stellar_population)


@model.kernel("Myr/Msun", long_name="time as carbon-burning red supergiant per stellar mass formed")
def time_as_carbon_burning_rsg(stellar_table, stellar_population):
    """∫ dM ξ(M) max(0, min(a1, t) - a0) of both at once. Source: PARSEC v2.0 tracks, Costa et al. 2025."""
    return _time_in("carbon_burning_rsg", stellar_table, stellar_population)


@model.quantity("1", long_name="expected number of massive stars alive", count=True)
def stars_alive(sfr, time_alive):
    """N = SFR ∫ dM ξ(M) min(lifetime, t), over the tabulated (massive) stars. Source: steady star formation."""
    return sfr * time_alive


@model.quantity("1", long_name="expected number of red supergiants", count=True)
def red_supergiants(sfr, time_as_red_supergiant):
    """N = SFR × time in the phase (T_eff <= 4000 K, log L/Lsun >= 4.5). Source: steady star formation."""
    return sfr * time_as_red_supergiant


@model.quantity("1", long_name="expected number of carbon-burning stars", count=True)
def carbon_burning(sfr, time_burning_carbon):
    """N = SFR × time in the phase (carbon luminosity LC >= 1e-3). Source: steady star formation."""
    return sfr * time_burning_carbon


@model.quantity("1", long_name="expected number of carbon-burning red supergiants", count=True)
def carbon_burning_rsg(sfr, time_as_carbon_burning_rsg):
    """N = SFR × time in both phases at once per mass formed. Source: steady star formation."""
    return sfr * time_as_carbon_burning_rsg


@model.quantity(
    "1", long_name="share of the red supergiants that burn carbon", missing="where there are no red supergiants yet"
)
def carbon_to_red_ratio(time_as_carbon_burning_rsg, time_as_red_supergiant):
    """Carbon-burning red supergiants over red supergiants; the star formation rate cancels. Source: definition."""
    return share(time_as_carbon_burning_rsg, time_as_red_supergiant)


@model.quantity("1", long_name="share of the massive stars that are red supergiants", missing="where no star is alive")
def red_to_alive_ratio(time_as_red_supergiant, time_alive):
    """Red supergiants over massive stars alive; the star formation rate cancels. Source: definition."""
    return share(time_as_red_supergiant, time_alive)
