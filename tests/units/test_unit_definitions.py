"""Values of the units of the registry."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from gridscan.units import (
    base_factor,
    parse_unit,
)

#: SI values from the definitions: IAU 2009 (au), IAU 2015 B2 and B3 (pc, nominal Sun), SI 2019 (e, h, c, k, N_A).
DEFINITIONS = {
    "Msun": (1.32712440018e20 / 6.67430e-11, 1e-9),  # GM over the G of CODATA 2018
    "Lsun": (3.828e26, 0),
    "Rsun": (6.957e8, 0),
    "AU": (149_597_870_700.0, 0),
    "au": (149_597_870_700.0, 0),
    "pc": (149_597_870_700.0 * 648_000 / math.pi, 1e-15),
    "ly": (299_792_458 * 365.25 * 86_400, 1e-15),
    "yr": (31_557_600.0, 0),
    "a": (31_557_600.0, 0),
    "julian_year": (31_557_600.0, 0),
    "Myr": (31_557_600e6, 1e-15),
    "d": (86_400.0, 0),
    "day": (86_400.0, 0),
    "kt": (1e6, 0),
    "Mt": (1e9, 0),
    "t": (1e3, 0),
    "event": (1.0, 0),
    "star": (1.0, 0),
    "percent": (0.01, 0),
    "%": (0.01, 0),
    "deg": (math.pi / 180, 1e-15),
    "°": (math.pi / 180, 1e-15),
    "eV": (1.602176634e-19, 1e-15),
    "erg": (1e-7, 1e-15),
    "b": (1e-28, 1e-15),
    "avogadro_constant": (6.02214076e23, 1e-15),
    "speed_of_light": (299_792_458.0, 0),
    "planck_constant": (6.62607015e-34, 1e-15),
    "boltzmann_constant": (1.380649e-23, 1e-15),
    "electron_mass": (9.1093837139e-31, 1e-12),
    "Da": (1.66053906892e-27, 1e-12),
}


@pytest.mark.parametrize(("name", "value", "tolerance"), [(name, *entry) for name, entry in DEFINITIONS.items()])
def test_a_unit_has_the_value_of_its_definition(name, value, tolerance):
    assert base_factor(parse_unit(name)) == pytest.approx(value, rel=tolerance, abs=0)


def test_quantities_made_by_pint_itself_are_in_the_registry_of_gridscan():
    # In a process of its own: importing cf_xarray.units, as this module does, puts another registry in place.
    code = "import pint, gridscan.units as u; print(u.registry.Quantity(1, 'Msun') == pint.Quantity(1, 'solar_mass'))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["True"]
