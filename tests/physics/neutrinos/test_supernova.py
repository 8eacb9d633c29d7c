import numpy as np
import pytest
from halos import dark_matter_density
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reference
from scipy.integrate import quad
from scipy.special import zeta

from gridscan.errors import EvaluationError
from gridscan.physics.constants import Constants
from gridscan.physics.dark_matter import halo
from gridscan.physics.neutrinos import supernova
from gridscan.units import registry

REFERENCE = reference("boosted_dark_matter")["scalar"]
KILOPARSEC = 3.085e21
LUMINOSITY = 3e52 * 6.241e5
LIGHT = 29979245800.0
DURATION = 10.0
SPECIES = (supernova.TEMPERATURES, supernova.MEAN_ENERGIES, supernova.MULTIPLICITIES)
PUBLISHED = (supernova.DEGENERACY, supernova.PUBLISHED_NORMALISATION)


def source_of(luminosity, neutrinosphere=0.0, species=SPECIES, shape=PUBLISHED):
    return supernova.NeutrinoSource(luminosity, DURATION, neutrinosphere, *species, *shape)


def flux(energy, distance, luminosity=LUMINOSITY):
    """Return the flux [1/(MeV cm^2 s)] at an energy [MeV] and distance [kpc] with the constants of the reference."""
    distance = np.asarray(distance) * KILOPARSEC
    return supernova.neutrino_flux(energy, distance, source_of(luminosity, 3.24e-15 * KILOPARSEC))


@pytest.mark.parametrize("case", REFERENCE["sn_nu_spectrum"]["cases"], ids=lambda case: str(case["inputs"]))
def test_reference_fluxes_are_met(case):
    found = flux(case["inputs"]["Ev"], case["inputs"]["d"])
    assert found == pytest.approx(case["expected"]["flux"], rel=1e-12, abs=0.0)


def test_reference_fluxes_are_met_in_one_call():
    cases = REFERENCE["sn_nu_spectrum"]["cases"]
    found = flux(np.array([case["inputs"]["Ev"] for case in cases]), [case["inputs"]["d"] for case in cases])
    np.testing.assert_allclose(found, [case["expected"]["flux"] for case in cases], rtol=1e-12, atol=0.0)


def _angular_density(energy, mass, angle):
    """Return g(psi) [1/sr] of isotropic scattering in the centre-of-mass frame, from its definition."""
    boost = (energy + mass) ** 2 / (mass * (2 * energy + mass))
    return boost / np.cos(angle) ** 3 / (np.pi * (1 + boost * np.tan(angle) ** 2) ** 2)


@pytest.mark.parametrize("case", REFERENCE["emissivity_jx"]["cases"], ids=lambda case: str(case["inputs"]))
def test_reference_emissivities_are_met_with_the_density_of_the_halo(case):
    inputs = case["inputs"]
    constants = Constants(4.301e-6, 1.981e30 * 1.48e-25 / KILOPARSEC, 1.115e60, KILOPARSEC)
    spike = "3/2" if inputs["is_spike"] else "none"
    density = dark_matter_density(*(inputs["r"], 184.0, 24.42, 2.0, 1e-8, spike, 4.29e6, 0.002), constants=constants)
    neutrinos = DURATION * flux(inputs["Ev"], inputs["d"])
    scattering = 1e-45 * _angular_density(inputs["Ev"], inputs["mx"], inputs["psi"]) * inputs["dEv"]
    found = halo.number_density(density, inputs["mx"]) * neutrinos * scattering
    assert found == pytest.approx(case["expected"]["jx"], rel=1e-12 if case["exact"] else 1e-9, abs=0.0)


def test_the_published_normalisation_is_met_to_its_digits():
    assert round(float(supernova.fermi_dirac_integral(2, 3.0)), 4) == supernova.PUBLISHED_NORMALISATION


def test_the_published_mean_energies_are_those_of_the_spectra():
    exact = supernova.thermal_mean_energy(np.array(supernova.TEMPERATURES), 3.0)
    np.testing.assert_allclose(exact, supernova.MEAN_ENERGIES, rtol=2e-3)


def test_six_species_are_counted():
    assert sum(supernova.MULTIPLICITIES) == 6


@pytest.mark.parametrize("order", range(7))
def test_without_degeneracy_the_integral_is_that_of_the_eta_function(order):
    """F_j(0) = j! (1 - 2^-j) zeta(j + 1), and ln 2 for j = 0."""
    expected = np.log(2.0) if order == 0 else np.prod(np.arange(1.0, order + 1)) * (1 - 2.0**-order) * zeta(order + 1)
    assert supernova.fermi_dirac_integral(order, 0.0) == pytest.approx(expected, rel=1e-14)


@given(st.floats(-300.0, 300.0))
def test_the_integral_of_order_zero_is_a_logarithm(degeneracy):
    assert supernova.fermi_dirac_integral(0, degeneracy) == pytest.approx(np.logaddexp(0.0, degeneracy), rel=1e-13)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.floats(-30.0, 60.0))
def test_the_integral_agrees_with_quadrature(order, degeneracy):
    edge = max(degeneracy, 1.0)
    parts = (
        quad(lambda x: x**order / (np.exp(x - degeneracy) + 1), *ends, epsabs=0.0, epsrel=1e-12, limit=200)[0]
        for ends in ((0.0, edge), (edge, edge + 20.0), (edge + 20.0, edge + 120.0))
    )
    assert supernova.fermi_dirac_integral(order, degeneracy) == pytest.approx(sum(parts), rel=1e-11)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.floats(-5.0, 5.0))
def test_the_derivative_of_the_integral_is_that_of_one_order_less(order, degeneracy):
    step = 1e-4
    rise = supernova.fermi_dirac_integral(order, degeneracy + step) - supernova.fermi_dirac_integral(
        order, degeneracy - step
    )
    expected = order * supernova.fermi_dirac_integral(order - 1, degeneracy)
    assert rise / (2 * step) == pytest.approx(expected, rel=1e-7)


def test_the_integral_goes_over_to_that_of_a_boltzmann_tail_and_of_a_full_sea():
    assert supernova.fermi_dirac_integral(2, -40.0) == pytest.approx(2 * np.exp(-40.0), rel=1e-14)
    assert supernova.fermi_dirac_integral(2, 1e4) == pytest.approx(1e12 / 3 + np.pi**2 / 3 * 1e4, rel=1e-14)


def test_the_integral_takes_arrays_of_both_signs():
    found = supernova.fermi_dirac_integral(3, [[-1.0, 0.0], [2.0, 3.0]])
    assert found.shape == (2, 2)
    assert found[1, 1] == supernova.fermi_dirac_integral(3, 3.0)
    assert (np.diff(found.ravel()) > 0).all()


@pytest.mark.parametrize(
    ("order", "degeneracy", "message"),
    [
        (-1, 0.0, "order is -1; it must be a whole number of at least 0"),
        (1.5, 0.0, "order is 1.5; it must be a whole number"),
        (2, [0.0, np.nan], "degeneracy is nan at index .*; it must be a finite number"),
    ],
)
def test_an_integral_that_is_none_is_refused(order, degeneracy, message):
    with pytest.raises(EvaluationError, match=message):
        supernova.fermi_dirac_integral(order, degeneracy)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 20.0), st.floats(-5.0, 20.0))
def test_the_spectrum_is_normalised_with_the_thermal_mean_energy(temperature, degeneracy):
    norm = float(supernova.fermi_dirac_integral(2, degeneracy))
    edge = temperature * max(degeneracy, 1.0)

    def moment(power):
        parts = (
            quad(
                lambda e: e**power * supernova.fermi_dirac_spectrum(e, temperature, degeneracy, norm),
                *ends,
                epsrel=1e-12,
                limit=200,
            )[0]
            for ends in ((0.0, edge), (edge, edge + 60.0 * temperature))
        )
        return sum(parts)

    assert moment(0) == pytest.approx(1.0, rel=1e-10)
    assert moment(1) == pytest.approx(float(supernova.thermal_mean_energy(temperature, degeneracy)), rel=1e-10)


@pytest.mark.filterwarnings("error")
def test_the_spectrum_neither_overflows_nor_loses_its_tail():
    energies = np.array([0.0, 1e-300, 3.0 * 4.0, 700.0 * 4.0, 1e5, 1e300])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = supernova.fermi_dirac_spectrum(energies[:-1], 4.0, 3.0, 1.0)
    assert found[0] == 0.0
    assert found[2] == pytest.approx(0.5 * 144.0 / 64.0, rel=1e-15)
    assert found[3] == pytest.approx(2800.0**2 / 64.0 * np.exp(-697.0), rel=1e-12)
    assert found[4] == 0.0


def test_a_full_sea_is_full_however_degenerate():
    found = supernova.fermi_dirac_spectrum(np.array([1.0, 10.0]), 1.0, 5000.0, 1.0)
    np.testing.assert_allclose(found, [1.0, 100.0], rtol=1e-15)


def test_all_neutrinos_together_carry_the_luminosity():
    """With exact mean energies and norm, the integral of E Phi over all energies and a sphere is L."""
    temperatures = np.array(supernova.TEMPERATURES)
    means = supernova.thermal_mean_energy(temperatures, 3.0)
    norm = supernova.fermi_dirac_integral(2, 3.0)
    source = source_of(5.0, 1.0, (temperatures, means, supernova.MULTIPLICITIES), (3.0, norm))
    power, _ = quad(
        lambda e: 4 * np.pi * 7.0**2 * e * supernova.neutrino_flux(e, 7.0, source),
        *(0.0, 400.0),
        epsrel=1e-12,
        limit=200,
    )
    assert power == pytest.approx(5.0, rel=1e-10)


def test_the_flux_is_the_sum_over_the_species_one_by_one():
    energy, distance = 17.0, 2.0
    total = 0.0
    for temperature, mean, count in zip(*SPECIES, strict=True):
        spectrum = energy**2 / (18.9686 * temperature**3 * (np.exp(energy / temperature - 3) + 1))
        total += count * 1.0 / 6.0 / (4 * np.pi * distance**2 * mean) * spectrum
    assert supernova.neutrino_flux(energy, distance, source_of(1.0)) == pytest.approx(total, rel=1e-14)


def test_fewer_species_share_the_same_luminosity():
    alone = supernova.neutrino_flux(10.0, 1.0, source_of(1.0, species=([4.0], [16.0], [2.0])))
    six = supernova.neutrino_flux(10.0, 1.0, source_of(1.0, species=([4.0, 4.0], [16.0, 16.0], [2.0, 4.0])))
    assert alone == pytest.approx(six, rel=1e-14)


@given(st.floats(1e-14, 1e3), st.floats(1.0, 100.0), st.floats(1.5, 1e3))
def test_the_flux_falls_with_the_square_of_the_distance(distance, energy, factor):
    assert flux(energy, distance) == pytest.approx(factor**2 * flux(energy, factor * distance), rel=1e-12)


@pytest.mark.filterwarnings("error")
def test_no_neutrinos_are_within_the_neutrinosphere():
    found = supernova.neutrino_flux(10.0, np.array([0.0, 1.0, 2.0, 2.0001]), source_of(1.0, 2.0))
    np.testing.assert_array_equal(found[:3], 0.0)
    assert found[3] > 0.0
    assert supernova.neutrino_flux(10.0, np.array([0.0]), source_of(1.0))[0] == 0.0


def test_spectra_of_several_supernovae_broadcast_by_their_leading_axes():
    energy = np.array([1.0, 10.0, 30.0])
    temperatures = np.array([supernova.TEMPERATURES, (3.0, 4.0, 5.0)])[:, None, :]
    found = supernova.neutrino_flux(energy, 2.0, source_of(1.0, 1.0, (temperatures, *SPECIES[1:])))
    assert found.shape == (2, 3)
    for row, own in zip(found, temperatures[:, 0, :], strict=True):
        expected = supernova.neutrino_flux(energy, 2.0, source_of(1.0, 1.0, (own, *SPECIES[1:])))
        np.testing.assert_array_equal(row, expected)


def test_formulas_work_on_quantities_with_units():
    def quantity(values, unit):
        return registry.Quantity(np.array(values, dtype=float), unit)

    source = supernova.NeutrinoSource(
        luminosity=quantity([3e52], "erg/s"),
        neutrinosphere_radius=quantity([100.0], "km"),
        temperatures=quantity([supernova.TEMPERATURES], "MeV"),
        mean_energies=quantity([supernova.MEAN_ENERGIES], "MeV"),
        multiplicities=quantity([supernova.MULTIPLICITIES], ""),
        degeneracy=quantity([3.0], ""),
        normalisation=quantity([18.9686], ""),
    )
    found = supernova.neutrino_flux(quantity([0.01], "GeV"), quantity([1e3], "pc"), source)
    case = next(c for c in REFERENCE["sn_nu_spectrum"]["cases"] if c["inputs"] == {"Ev": 10.0, "d": 1.0})
    # The kiloparsec and the erg of the reference are rounded.
    assert found.m_as("1/(MeV cm^2 s)") == pytest.approx(case["expected"]["flux"], rel=1e-3)
    density = supernova.neutrino_density(found, registry("speed_of_light"))
    assert density.m_as("1/(MeV cm^3)") == pytest.approx(found.m_as("1/(MeV cm^2 s)") / LIGHT, rel=1e-12)
    assert supernova.thermal_mean_energy(registry("2.76 MeV"), 3.0).m_as("keV") == pytest.approx(11018.98, rel=1e-6)
