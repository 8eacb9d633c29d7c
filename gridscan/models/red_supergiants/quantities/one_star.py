"""The life of a single star."""

from __future__ import annotations

from gridscan.models.red_supergiants.parameters import model
from gridscan.physics.stellar.phase_windows import phase_ages
from gridscan.stellar_tables import phases


def _age(name, stellar_table, initial_mass, metallicity):
    return phases.for_each_table(
        lambda table, mass, metals: phase_ages(table, mass, metals)[name], stellar_table, initial_mass, metallicity
    )


@model.kernel("Myr", long_name="lifetime of a star", initial_mass="Msun", metallicity="1")
def lifetime(stellar_table, initial_mass, metallicity):
    """Age at death, a power law in M and Z between the tabulated. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("lifetime", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="time as red supergiant of a star", initial_mass="Msun", metallicity="1")
def red_supergiant_duration(stellar_table, initial_mass, metallicity):
    """Time at the end of the life with T_eff <= 4000 K and log L/Lsun >= 4.5. Source: as for the lifetime."""
    return _age("red_supergiant_duration", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="age at which a star begins to burn carbon", initial_mass="Msun", metallicity="1")
def carbon_burning_start(stellar_table, initial_mass, metallicity):
    """First age at which LC >= 1e-3. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("carbon_burning_start", stellar_table, initial_mass, metallicity)


@model.kernel("Myr", long_name="age at which a star ceases to burn carbon", initial_mass="Msun", metallicity="1")
def carbon_burning_end(stellar_table, initial_mass, metallicity):
    """Last age at which LC >= 1e-3. Source: PARSEC v2.0, Costa et al. 2025."""
    return _age("carbon_burning_end", stellar_table, initial_mass, metallicity)


@model.kernel("kyr", long_name="time as carbon-burning red supergiant", initial_mass="Msun", metallicity="1")
def carbon_burning_rsg_duration(stellar_table, initial_mass, metallicity):
    """How long a star is both. Source: PARSEC v2.0, Costa et al. 2025."""
    return 1e3 * _age("carbon_burning_rsg_duration", stellar_table, initial_mass, metallicity)
