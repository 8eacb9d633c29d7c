"""Constants of nature that are given to the model `presupernova` reach all that is made of them."""

import presupernova
import pytest
from presupernova import CONSTANTS

import gridscan as gs
from gridscan.errors import GridscanError

MODEL = gs.model("presupernova")
OPEN = {
    "recoil_min": "0 MeV",
    "recoil_max": "inf MeV",
    "resolution_stochastic": 0.0,
    "efficiency_elastic": 1.0,
    "efficiency_inverse_beta": 1.0,
}
INJECTED = {
    "electron_mass_energy": f"{CONSTANTS.electron_mass_energy!r} MeV",
    "neutron_proton_difference": f"{CONSTANTS.neutron_proton_difference!r} MeV",
    "fermi_coupling": f"{CONSTANTS.fermi_coupling!r} / MeV^2",
    "hbar_c": f"{CONSTANTS.hbar_c!r} MeV cm",
    "fine_structure_constant": CONSTANTS.fine_structure_constant,
}


def number(name, **values):
    return float(MODEL.evaluate(name, **values))


@pytest.mark.parametrize("couplings", ["tree", "radiative"])
@pytest.mark.parametrize("case", presupernova.cases("scattering_total"), ids=str)
def test_cross_sections_with_the_constants_of_the_reference_are_its_own(case, couplings):
    species = {"nue": "nue", "nux": "numutau", "nuebar": "nuebar", "nuxbar": "numutaubar"}
    found = number(
        "scattering_cross_section",
        energy=f"{case['energy']!r} MeV",
        species=species[case["species"]],
        cross_section={"tree": "tree-level"}.get(couplings, couplings),
        **OPEN,
        **INJECTED,
    )
    assert found == pytest.approx(case[couplings], rel=1e-11, abs=0.0)


@pytest.mark.parametrize(
    ("quantity", "power"),
    [
        ("elastic_cross_section", 2),
        ("recoil_cross_section", 2),
        ("scattering_cross_section", 2),
        ("elastic_yield", 2),
        ("solar_rate", 2),
        ("inverse_beta_yield", 0),
        ("carbon14_share", 0),
    ],
)
def test_scattering_goes_with_the_square_of_the_fermi_coupling(quantity, power):
    twice = f"{2.0 * CONSTANTS.fermi_coupling!r} / MeV^2"
    once = f"{CONSTANTS.fermi_coupling!r} / MeV^2"
    ratio = number(quantity, fermi_coupling=twice) / number(quantity, fermi_coupling=once)
    assert ratio == pytest.approx(2.0**power, rel=1e-12)


@pytest.mark.parametrize(
    "quantity",
    [
        "inverse_beta_cross_section",
        "inverse_beta_yield",
        "alarm_yield",
        "alarm_horizon",
        "alarm_lead",
        "alarms_per_century",
        "count_exceedance",
    ],
)
def test_a_higher_threshold_lets_fewer_inverse_beta_decays_happen(quantity):
    quiet = {"inverse_beta_background": "1e-6 / day"}
    assert number(quantity, neutron_proton_difference="1.5 MeV", **quiet) < number(quantity, **quiet)


def test_decays_have_the_mass_of_the_electron():
    light, heavy = (
        number("carbon14_share", electron_mass_energy=f"{mass} MeV", recoil_min="0.1 MeV") for mass in (0.4, 0.6)
    )
    assert light != heavy


def test_a_constant_of_nature_is_no_axis():
    with pytest.raises(GridscanError, match="fermi_coupling"):
        MODEL.evaluate("elastic_cross_section", fermi_coupling=["1e-11 / MeV^2", "2e-11 / MeV^2"])


def test_pairs_of_light_electrons_are_those_of_the_hot_limit():
    """Then mean energies are alike, and r = (C_V² + C_A²)_x/(C_V² + C_A²)_e, in quantities and in what is summed."""
    light = {"electron_mass_energy": "1e-4 MeV"}
    squared = {charge: (0.5 * charge + 2 * 0.23122) ** 2 + 0.25 for charge in (1, -1)}
    hot = squared[-1] / squared[1]
    assert number("heavy_flavour_ratio", **light) == pytest.approx(hot, rel=1e-6)
    assert number("heavy_flavour_mean_energy", **light) == pytest.approx(number("mean_energy"), rel=1e-6)
    kept = {"normal": (1 - 0.3075) * (1 - 0.0222), "inverted": 0.0222}
    arriving = {ordering: p + (1 - p) * hot for ordering, p in kept.items()}
    for quantity, power in (("inverse_beta_yield", 1), ("alarm_horizon", 0.5)):
        normal, inverted = (number(quantity, ordering=ordering, **light) for ordering in kept)
        assert normal / inverted == pytest.approx((arriving["normal"] / arriving["inverted"]) ** power, rel=1e-6)


def test_pairs_depend_on_the_temperature_over_the_mass_of_the_electron():
    twice = {"electron_mass_energy": "1.2 MeV", "boltzmann_constant": "1.8e-10 MeV/K"}
    once = {"electron_mass_energy": "0.6 MeV", "boltzmann_constant": "0.9e-10 MeV/K"}
    hard = number("heavy_flavour_mean_energy", mean_energy="1.7 MeV", **twice)
    soft = number("heavy_flavour_mean_energy", mean_energy="0.85 MeV", **once)
    assert hard == pytest.approx(2.0 * soft, rel=1e-12)
    assert soft != number("heavy_flavour_mean_energy", mean_energy="0.85 MeV")
