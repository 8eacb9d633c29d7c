"""Every public function of physics reads quantities of any library in the units that its docstring gives."""

from __future__ import annotations

import collections
import copy
import dataclasses
import inspect
import re
import warnings
from typing import Any

import numpy as np
import pint
import pytest
from astropy import units
from documented_units import calls_in_examples, documented_units, public, units_in
from other_libraries import FOREIGN

from gridscan.errors import EvaluationError, UnitError
from gridscan.units import parse_unit, registry

#: Another unit of each dimension, as pint and as astropy have it, and how many of them the documented one is.
OTHERS = {
    "MeV": ("keV", "keV", 1e3),
    "MeV^2": ("keV**2", "keV2", 1e6),
    "1/MeV^2": ("1/keV**2", "keV-2", 1e-6),
    "MeV/s": ("keV/hour", "keV/h", 3.6e6),
    "MeV cm": ("keV m", "keV m", 10.0),
    "MeV/K": ("eV/K", "eV/K", 1e6),
    "MeV/cm^3": ("keV/m**3", "keV/m3", 1e9),
    "MeV/kpc^3": ("keV/pc**3", "keV/pc3", 1e-6),
    "cm^3/MeV": ("m**3/keV", "m3/keV", 1e-9),
    "cm^3/s": ("m**3/hour", "m3/h", 3.6e-3),
    "eV^2": ("meV**2", "meV2", 1e6),
    "GK": ("kK", "kK", 1e6),
    "kpc": ("pc", "pc", 1e3),
    "kpc²": ("pc**2", "pc2", 1e6),
    "1/kpc^2": ("1/pc**2", "pc-2", 1e-6),
    "kpc/s": ("pc/hour", "pc/h", 3.6e6),
    "kpc^2/cm^2/s": ("pc**2/m**2/s", "pc2/(m2 s)", 1e10),
    "1/cm^2/s": ("1/m**2/s", "1/(m2 s)", 1e4),
    "cm": ("m", "m", 1e-2),
    "cm²": ("m**2", "m2", 1e-4),
    "cm/s": ("m/s", "m/s", 1e-2),
    "km/s": ("m/s", "m/s", 1e3),
    "kpc (km/s)^2/Msun": ("pc*(km/s)**2/kg", "pc km2/(s2 kg)", 1e3 / 1.988409870698051e30),
    "s": ("hour", "h", 1 / 3600),
    "1/s": ("1/hour", "1/h", 3600.0),
    "rad": ("degree", "deg", 180 / np.pi),
    "Msun": ("kg", "kg", 1.988409870698051e30),
    "1/Msun": ("1/kg", "1/kg", 1 / 1.988409870698051e30),
    "Msun/yr": ("kg/year", "kg/yr", 1.988409870698051e30),
    "Msun/Myr": ("kg/year", "kg/yr", 1.988409870698051e24),
    "Myr": ("year", "yr", 1e6),
}
FUNCTIONS = {name: item for name, item in public() if not inspect.isclass(item) and documented_units(item)}
CLASSES = {name: item for name, item in public() if inspect.isclass(item) and documented_units(item)}
#: What gridscan makes and hands on, field by field, and what reads its fields later.
MADE_BY_GRIDSCAN = {
    "gridscan.physics.boosted_dark_matter.emission.Setting",
    "gridscan.physics.dark_matter.spike.Spike",
    "gridscan.physics.galaxy.enclosed_table.EnclosedTable",
    # Keeps quantities for `neutrino_flux`, which takes any; `NeutrinoSource.flat` reads them in their units.
    "gridscan.physics.neutrinos.supernova.NeutrinoSource",
    "gridscan.physics.galaxy.reach.Reach",
    "gridscan.physics.presupernova.rate_curve.RateCurve",
    "gridscan.physics.scattering.collision.Collision",
    "gridscan.physics.stellar.mass_distribution.MassDistribution",
    "gridscan.physics.stellar.phase_windows.MassInterpolation",
}
#: Steps of an integral that no example calls.
STEPS = {
    "gridscan.physics.boosted_dark_matter.all_supernovae.summed_over_visible",
    "gridscan.physics.boosted_dark_matter.azimuthal_integral.circle_integral",
}
#: Units of results that follow from an argument: the reference, and the amplitude of the example.
RETURNED = {
    "gridscan.physics.scattering.cross_sections.differential_cross_section": ["cm^2 MeV^2"],
    "gridscan.physics.dark_matter.black_hole.velocity_dispersion": ["km/s"],
    "gridscan.physics.scattering.cross_sections.differential_cross_section_in_t": ["cm^2"],
}
#: Of results that are zero but for rounding.
ROUNDED = {"gridscan.physics.stellar.embedded_clusters.power_integral": 1e-14}
MADE_BY_USERS = {kind: documented_units(kind) for name, kind in CLASSES.items() if name not in MADE_BY_GRIDSCAN}
KINDS = ("pint", "astropy", "pint of another registry")


def quantity(value: Any, unit: str, kind: str) -> Any:
    """Return numbers in a documented unit as a quantity in another one."""
    if type(value) is tuple:
        return tuple(quantity(item, unit, kind) for item in value)
    pint_unit, astropy_unit, factor = OTHERS[unit]
    numbers = np.asarray(value, dtype=float) * factor
    if kind == "astropy":
        return numbers * units.Unit(astropy_unit)
    return (registry if kind == "pint" else FOREIGN).Quantity(numbers, pint_unit)


def has_numbers(value: Any) -> bool:
    return (
        value is not None and not isinstance(value, str) and not callable(value) and np.asarray(value).dtype != object
    )


def with_quantities(value: Any, kind: str) -> Any:
    """Return what a user made with quantities in its fields instead of numbers; anything else as it is."""
    documented = MADE_BY_USERS.get(type(value))
    if documented is None:
        return value
    names = value._fields if isinstance(value, tuple) else [field.name for field in dataclasses.fields(value)]
    fields = {name: getattr(value, name) for name in names}
    return type(value)(
        **{
            name: quantity(field, documented[name], kind)
            if name in documented and has_numbers(field)
            else with_quantities(field, kind)
            for name, field in fields.items()
        }
    )


def example(name: str) -> inspect.BoundArguments:
    """Return the arguments of the function in an example, and its defaults."""
    given, named = copy.deepcopy(calls_in_examples()[name])
    bound = inspect.signature(FUNCTIONS[name]).bind(*given, **named)
    bound.apply_defaults()
    return bound


def called_in_other_units(function: Any, name: str, kind: str) -> Any:
    """Return the result of the example with quantities; of a quantity, its number in the unit that is documented."""
    bound, documented = example(name), documented_units(function)
    for argument, unit in documented.items():
        if has_numbers(bound.arguments[argument]):
            bound.arguments[argument] = quantity(bound.arguments[argument], unit, kind)
    for argument, value in bound.arguments.items():
        bound.arguments[argument] = with_quantities(value, kind)
    return numbers(called(function, bound), RETURNED.get(name) or returned_units(function))


def returned_units(function: Any) -> list[str]:
    returns = re.search(r"^Returns\n-+\n(.*?)(?=^[A-Z]\w+\n-+\n|\Z)", inspect.getdoc(function), re.M | re.S)
    return (units_in(returns[1]) if returns else []) or ["1"]


def numbers(result: Any, found: list[str]) -> Any:
    """Return the numbers of quantities in the units of the results; other results as they are."""
    results = list(result) if isinstance(result, tuple) else [result]
    found = found if len(found) == len(results) else found * len(results)
    pairs = zip(results, found, strict=False)
    read = [item.m_as(parse_unit(unit)) if isinstance(item, pint.Quantity) else item for item, unit in pairs]
    return tuple(read) if isinstance(result, tuple) else read[0]


def called(function: Any, bound: inspect.BoundArguments) -> Any:
    result = function(*bound.args, **bound.kwargs)
    return list(result) if isinstance(result, collections.abc.Iterator) else result


def assert_close(found: Any, expected: Any, largest: float = 0.0, least: float = 0.0) -> None:
    """Compare numbers; an error that is estimated may differ by the rounding of the value before it."""
    if dataclasses.is_dataclass(expected):
        found, expected = tuple(vars(found).values()), tuple(vars(expected).values())
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        numbers = np.concatenate([np.ravel(item) for item in expected if isinstance(item, float | np.ndarray)] or [[]])
        largest = float(np.max(np.abs(numbers), initial=0.0, where=np.isfinite(numbers)))
        for one, other in zip(found, expected, strict=True):
            assert_close(one, other, largest, least)
    elif expected is not None and not callable(expected):
        assert type(found) is np.ndarray or np.isscalar(found)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=max(1e-9 * largest, least))


def test_every_function_whose_arguments_have_units_is_called_in_an_example():
    assert set(FUNCTIONS) - set(calls_in_examples()) == STEPS
    assert {unit for item in (*FUNCTIONS.values(), *MADE_BY_USERS) for unit in documented_units(item).values()} <= set(
        OTHERS
    ) | {"cm²/sr"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - STEPS))
def test_quantities_give_what_numbers_in_the_documented_units_give(name, kind):
    function = FUNCTIONS[name]
    expected = called(function, example(name))
    with warnings.catch_warnings():
        warnings.simplefilter("error", pint.UnitStrippedWarning)
        assert_close(called_in_other_units(function, name, kind), expected, least=ROUNDED.get(name, 0.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - STEPS))
def test_a_quantity_of_another_dimension_is_refused_by_the_name_of_the_argument(name, kind):
    function = FUNCTIONS[name]
    for argument in documented_units(function):
        bound = example(name)
        value = bound.arguments[argument]
        if not has_numbers(value):
            continue
        luminous = np.ones(np.shape(value)) * (units.cd if kind == "astropy" else 1.0)
        bound.arguments[argument] = luminous if kind == "astropy" else _registry(kind).Quantity(luminous, "cd")
        with pytest.raises((UnitError, EvaluationError), match=rf"^'?{argument}'?(:| is).*'cd'"):
            called(function, bound)


def _registry(kind: str) -> Any:
    return registry if kind == "pint" else FOREIGN


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", MADE_BY_USERS, ids=lambda made: made.__name__)
def test_fields_are_read_in_their_units_when_a_user_makes_something(made, kind):
    documented = MADE_BY_USERS[made]
    documented = {name: unit for name, unit in documented.items() if name != "differential"}
    plain = dict.fromkeys(inspect.signature(made).parameters, np.array([2.0, 3.0]))
    given = {name: quantity([2.0, 3.0], unit, kind) for name, unit in documented.items()}
    found = made(**plain | given)
    for name in documented:
        np.testing.assert_allclose(getattr(found, name), [2.0, 3.0], rtol=1e-12)
    found = found._replace(**given) if isinstance(found, tuple) else dataclasses.replace(found, **given)
    for name in documented:
        np.testing.assert_allclose(getattr(found, name), [2.0, 3.0], rtol=1e-12)
        luminous = [1.0, 2.0] * units.cd
        with pytest.raises(UnitError, match=rf"^{name}: found 'cd', expected a "):
            made(**plain | {name: luminous})
