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


def run_alone(code: str) -> str:
    """Run code in a process of its own, since it looks at what importing gridscan does, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # pint reports a redefinition to its log, which goes to stderr.
    assert done.stderr == ""
    return done.stdout.strip()


_BEFORE = "import pint; registry = pint.get_application_registry(); names = ['kt', 'yr', 'pc', 'd', 'event', 'AU'];"
_VALUES = "[str(pint.Quantity(1, name).to_root_units()) if name in registry else None for name in names]"


def test_using_gridscan_leaves_the_application_registry_of_pint_and_its_units_alone():
    code = f"""{_BEFORE} before = {_VALUES}; import pickle
kept = registry.get(); stored = pickle.dumps(pint.Quantity(5, "kt"))
import gridscan as gs
dataset = gs.model("red_supergiants").evaluate(["flux"], sfr=[1, 2], radius="1 kpc")
dataset.gridscan.quantify()
assert registry.get() is kept and pint.get_application_registry() is registry
assert {_VALUES} == before
assert pickle.loads(stored).units == pint.Unit("knot")
print(pint.Quantity(1, "kt").dimensionality)"""
    assert run_alone(code) == "[length] / [time]"


def test_solar_units_are_added_to_the_application_registry_where_nobody_defined_them():
    code = """
import pint, gridscan.units as units
units.unit_attributes(units.parse_unit("Msun/yr"))
print(pint.Quantity(1, "Msun").to("kg").magnitude)"""
    assert run_alone(code) == "1.988409870698051e+30"


def test_a_solar_mass_that_somebody_has_defined_stays():
    code = """
import pint
pint.get_application_registry().define("Msun = 2e30 kg")
import gridscan.units as units
units.unit_attributes(units.parse_unit("Msun/yr"))
print(pint.Quantity(1, "Msun").to("kg").magnitude, units.base_factor(units.parse_unit("Msun")))"""
    assert run_alone(code) == "2e+30 1.988409870698051e+30"
