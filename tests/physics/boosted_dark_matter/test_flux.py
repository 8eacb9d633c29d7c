import dataclasses

import numpy as np
import pytest
from halos import halo_of, sky_flux
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reference

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.boosted_dark_matter import flux as module
from gridscan.physics.boosted_dark_matter.arrival import peak_time, sky_window, vanishing_time
from gridscan.physics.boosted_dark_matter.emission import differential_of, isotropic
from gridscan.physics.boosted_dark_matter.flux import boosted_flux, flux_of
from gridscan.physics.boosted_dark_matter.problem import Problem
from gridscan.physics.constants import Constants
from gridscan.physics.neutrinos.supernova import NeutrinoSource
from gridscan.physics.scattering.amplitudes import muon_tau_neutrino
from gridscan.physics.scattering.one_particle import velocity

REFERENCE = reference("boosted_dark_matter")
KILOPARSEC = 3.085e21
SPEED_OF_LIGHT = 29979245800.0
YEAR = 31556926.0
UNITS = {"speed_of_light": SPEED_OF_LIGHT, "kiloparsec": KILOPARSEC}
CONSTANTS = Constants(4.301e-6, 1.981e30 * 1.48e-25 / KILOPARSEC, 1.115e60, KILOPARSEC)
SOURCE = NeutrinoSource(3e52 * 6.241e5)
MILKY_WAY = halo_of(184.0, 24.42, 2.0, 1e-8)
COUPLINGS = (1e-6, 1e-2)


def boost(mass, supernova, centre, angle, halo=MILKY_WAY, cross_section=1.0, source=SOURCE, **options):
    return Problem(
        dark_matter_mass=mass,
        supernova_distance=supernova,
        halo_distance=centre,
        off_centre_angle=angle,
        halo=halo,
        source=source,
        neutrino_cross_section=cross_section,
        **{**UNITS, **options},
    )


BOOST = boost(0.1, 8.5, 8.5, 0.7)
#: The flux of all directions, and of one.
LOOKS = {
    "flux": lambda *point: boosted_flux(*point).value,
    "sky": lambda time, *point: sky_flux(time, 0.1, 0.3, *point),
}
BOTH = pytest.mark.parametrize("function", LOOKS.values(), ids=LOOKS)


def halo_of_case(case):
    """Return the halo of a case of the reference; there the spike of BF06 has the influence radius of M-sigma."""
    inputs, given = case["inputs"], case["halo"]
    spike = {}
    if inputs.get("spike"):
        spike = {
            "spike": given.get("alpha", "3/2"),
            "black_hole_mass": given.get("mBH", 4.29e6),
            "influence_radius": None if case["id"] == "BF06" else given.get("rh", 0.002),
            "black_hole_age": 1e9 * YEAR,
            "annihilation_cross_section": given.get("sigv", 0.0) * 1e-26,
        }
    return halo_of(
        *(given.get("rhos", 184.0), given.get("rs", 24.42), given.get("n", 2.0), inputs.get("centre_cutoff", 1e-8)),
        dark_matter_mass=inputs["dark_matter_mass"],
        constants=CONSTANTS,
        **spike,
    )


def _point(case, cross_section, **options):
    inputs = case["inputs"]
    names = ("dark_matter_mass", "distance", "halo_distance", "off_centre_angle")
    place = boost(*(inputs[name] for name in names), halo_of_case(case), cross_section, **options)
    return inputs["time"], inputs["kinetic_energy"], place


def _cases(section, kind=None):
    cases = [case for case in REFERENCE[section]["cases"] if kind is None or case["kind"] == kind]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


def _amplitude(s, t, u, mass):
    return muon_tau_neutrino(s, t, u, mass, COUPLINGS[0] * COUPLINGS[1], mass / 3.0)


def _meets(found, expected, tolerance):
    assert found.value == pytest.approx(expected, rel=tolerance)
    # Of the reference numbers one is good to 2e-11 only.
    assert abs(found.value - expected) <= found.error + 3e-11 * expected
    assert found.error <= 1e-6 * found.value
    assert found.converged


@_cases("flux")
def test_reference_fluxes_are_met_within_their_errors(case):
    for convention, name in (("standard", "flux"), ("published", "flux_published")):
        found = boosted_flux(*_point(case, 1e-45, convention=convention))
        _meets(found, case[name], 1e-6)


@_cases("flux")
def test_errors_bound_the_truth_at_other_accuracies(case):
    for accuracy in (1e-2, 1e-4, 1e-8):
        found = boosted_flux(*_point(case, 1e-45), accuracy=accuracy)
        assert abs(found.value - case["flux"]) <= found.error + 3e-11 * case["flux"]
        assert found.converged == (found.error <= accuracy * found.value)


@_cases("interaction", "flux")
def test_reference_fluxes_of_an_amplitude_are_met(case):
    differential = differential_of(_amplitude, 1.973e-11)
    for convention, name in (("standard", "flux"), ("published", "flux_published")):
        found = boosted_flux(*_point(case, 1.0, differential=differential, convention=convention))
        _meets(found, case[name], 1e-6)


def test_parameters_of_an_interaction_are_an_axis():
    case = next(case for case in REFERENCE["interaction"]["cases"] if case["id"] == "BF02")

    def amplitude(s, t, u, mass, coupling):
        return muon_tau_neutrino(s, t, u, mass, coupling * COUPLINGS[1], mass / 3.0)

    couplings = COUPLINGS[0] * np.array([1.0, 2.0, 3.0])
    interaction = {"differential": differential_of(amplitude, 1.973e-11), "parameters": (couplings,)}
    found = boosted_flux(*_point(case, 1.0, **interaction))
    np.testing.assert_allclose(found.value, case["flux"] * np.array([1.0, 4.0, 9.0]), rtol=1e-6)


@BOTH
def test_a_halo_a_source_or_a_cross_section_can_have_the_only_axis(function):
    double = np.array([1.0, 2.0])
    halo, source = halo_of(184.0 * double, 24.42, 2.0, 1e-8), NeutrinoSource(3e52 * 6.241e5 * double)
    for change in ({"halo": halo}, {"source": source}, {"neutrino_cross_section": double}):
        found = function(1e9, 10.0, dataclasses.replace(BOOST, **change))
        np.testing.assert_allclose(found, function(1e9, 10.0, BOOST) * double, rtol=1e-12)


@BOTH
def test_faster_light_brings_the_same_particles_in_less_time(function):
    faster = dataclasses.replace(BOOST, speed_of_light=2.0 * SPEED_OF_LIGHT)
    found = function(0.5e9, 10.0, faster)
    np.testing.assert_allclose(found, 2.0 * function(1e9, 10.0, BOOST), rtol=1e-10)
    assert found > 0.0


def test_a_constant_amplitude_is_the_default_interaction_with_its_total_cross_section():
    def amplitude(s, t, u, mass):
        return 16.0 * np.pi * s / 1e-2**2

    own, default = (boost(0.1, 8.5, 8.5, 0.7, differential=item) for item in (differential_of(amplitude, 1e-2), None))
    found, expected = (boosted_flux(1e9, 10.0, place).value for place in (own, default))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_reference_skies_are_met():
    inputs, cases = REFERENCE["sky"]["inputs"], REFERENCE["sky"]["cases"]
    theta, phi, expected = (np.array([c[name] for c in cases]) for name in ("theta", "phi", "sky_flux_published"))
    names = ("dark_matter_mass_MeV", "distance_kpc", "halo_distance_kpc", "off_centre_angle")
    place = boost(*(inputs[name] for name in names), cross_section=1e-45, convention="published")
    found = sky_flux(inputs["time_s"], theta, phi, inputs["kinetic_energy_MeV"], place)
    np.testing.assert_allclose(found, expected, rtol=REFERENCE["sky"]["relative_tolerance"], atol=0.0)


POINTS = {
    "before the peak": (0.3, 20.0, 10.0, 8.5, 1.2),
    "after the peak": (0.9, 10.0, 1.0, 3.5, 1.9),
    "light": (0.5, 10.0, 1e-3, 50.0, 0.7),
    "with the centre behind": (0.7, 30.0, 20.0, 20.0, 0.3),
}


def _of_a_strength(*arguments):
    *kick, strength = arguments
    return strength * isotropic(*kick)


OWN = {"differential": _of_a_strength, "parameters": (3.0,)}


@pytest.mark.parametrize(
    "interaction", [{}, OWN, OWN | {"convention": "published"}], ids=["default", "own", "published"]
)
@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_the_sky_adds_up_to_the_flux(point, interaction):
    part, kinetic, mass, supernova, angle = point
    time = part * vanishing_time(kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC)
    inner, outer = sky_window(time, kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC)
    nodes, weights = gauss_legendre(400)
    theta = inner + 0.5 * (outer - inner) * (1.0 + nodes[:, None])
    phi = (np.arange(128) + 0.5) * np.pi / 64.0
    place = boost(mass, supernova, 8.5, angle, **interaction)
    sky = sky_flux(time, theta, phi, kinetic, place) * np.sin(theta)
    total = 0.5 * (outer - inner) * weights @ sky.sum(axis=1) * np.pi / 64.0
    assert boosted_flux(time, kinetic, place).value == pytest.approx(total, rel=1e-6)


def test_the_sky_is_round_where_the_halo_centre_is_behind_the_supernova():
    sky = sky_flux(1e9, 0.05, np.linspace(0.0, 6.0, 7), 10.0, boost(0.1, 5.0, 8.5, 0.0))
    np.testing.assert_allclose(sky, sky[0], rtol=1e-13)
    assert sky[0] > 0.0


def test_nothing_comes_before_the_neutrinos_or_after_the_last_arrival():
    last = vanishing_time(10.0, 1.0, 8.5, SPEED_OF_LIGHT / KILOPARSEC)
    times = np.array([-1.0, 0.0, last * (1.0 + 1e-12), 1e3 * last, 0.5 * last])
    found = boosted_flux(times, 10.0, boost(1.0, 8.5, 8.5, 0.7))
    np.testing.assert_array_equal(found.value[:4], 0.0)
    np.testing.assert_array_equal(found.error[:4], 0.0)
    assert found.converged.all()
    assert found.value[4] > 0.0
    sky = sky_flux(times[:, None], np.linspace(0.0, 3.0, 7), 0.3, 10.0, boost(1.0, 8.5, 8.5, 0.7))
    np.testing.assert_array_equal(sky[:4], 0.0)


def test_flux_is_finite_at_the_peak_but_for_its_logarithm():
    peak = peak_time(10.0, 1.0, 8.5, SPEED_OF_LIGHT / KILOPARSEC)
    place, steps = boost(1.0, 8.5, 8.5, 0.7), 10.0 ** -np.arange(3.0, 9.0)
    for side in (-1.0, 1.0):
        found = boosted_flux(peak * (1.0 + side * steps), 10.0, place)
        growth = np.diff(found.value)
        assert found.converged.all()
        np.testing.assert_allclose(growth, growth[-1], rtol=0.02)
    assert np.isfinite(boosted_flux(peak, 10.0, place).value)


def test_the_logarithm_at_the_peak_goes_on_below_the_rounding_of_the_time():
    setting, _, _ = boost(np.full(5, 1.0), 8.5, 8.5, 0.7).at()
    peak = peak_time(10.0, 1.0, 8.5, SPEED_OF_LIGHT / KILOPARSEC)
    after = peak * 10.0 ** -np.arange(8.0, 13.0) * np.array([[1.0], [-1.0]])
    for side in after:
        value, _ = flux_of(setting.emission(peak + side, np.full(5, 10.0), side), 1e-9)
        growth = np.diff(value)
        np.testing.assert_allclose(growth, growth[0], rtol=1e-6)


_LOG = st.floats(0.0, 1.0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(_LOG, _LOG, _LOG, _LOG, st.floats(0.0, 3.0), st.floats(0.1, 10.0))
def test_conventions_strengths_and_lengths_scale_the_flux_exactly(kinetic, mass, distance, part, angle, factor):
    kinetic, mass, supernova = 10.0 ** (2.0 * kinetic), 10.0 ** (6.0 * mass - 4.0), 0.3 * 100.0**distance
    time = 1e-3 ** (1.0 - part) * vanishing_time(kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC)
    source = NeutrinoSource(1e58, neutrinosphere_radius=1e-15)
    base = boosted_flux(time, kinetic, boost(mass, supernova, 8.5, angle, MILKY_WAY, 1e-45, source))

    def other(scale=1.0, density=184.0, cross_section=1e-45, luminosity=1e58, **options):
        halo = halo_of(density, 24.42 * scale, 2.0, 1e-8 * scale)
        source = NeutrinoSource(luminosity, neutrinosphere_radius=1e-15 * scale)
        place = boost(mass, scale * supernova, scale * 8.5, angle, halo, cross_section, source, **options)
        return boosted_flux(scale * time, kinetic, place)

    def same(found, value, tolerance):
        np.testing.assert_allclose(found.value, value, rtol=tolerance, atol=1e-290)

    same(other(density=184.0 * factor), base.value * factor, 1e-11)
    same(other(cross_section=1e-45 * factor), base.value * factor, 1e-11)
    same(other(luminosity=1e58 * factor), base.value * factor, 1e-11)
    same(other(convention="published"), base.value * velocity(kinetic, mass), 1e-11)
    # The number of scatterings goes as the volume, and what arrives of them as its square over the fourth power.
    same(other(scale=2.0), base.value / 4.0, 3e-6)


def test_a_block_of_points_is_the_points_one_by_one():
    random = np.random.default_rng(4)
    kinetic, mass = 10.0 ** random.uniform(0.0, 2.0, 60), 10.0 ** random.uniform(-5.0, 2.0, 60)
    supernova, angle = 10.0 ** random.uniform(-0.5, 1.7, 60), 10.0 ** random.uniform(-3.0, 0.4, 60)
    last = vanishing_time(kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC)
    time = last * 10.0 ** random.uniform(-4.0, 0.0, 60)
    spikes = np.array(["none", "3/2", "7/3"] * 20)
    halos = halo_of(184.0, 24.42, 2.0, 1e-8, spikes, 4.29e6, 0.002)
    block = boosted_flux(time, kinetic, boost(mass, supernova, 8.5, angle, halos))
    assert block.converged.all()
    for i in range(0, 60, 3):
        halo = halo_of(184.0, 24.42, 2.0, 1e-8, spikes[i], 4.29e6, 0.002)
        one = boosted_flux(time[i], kinetic[i], boost(mass[i], supernova[i], 8.5, angle[i], halo))
        assert one.value == pytest.approx(block.value[i], rel=1e-12)
    grid = boosted_flux(time[:4, None], 10.0, boost(1.0, [8.5, 3.5], 8.5, 0.7))
    assert grid.value.shape == grid.error.shape == grid.converged.shape == (4, 2)


def test_the_ways_to_integrate_agree_where_both_can(monkeypatch):
    random = np.random.default_rng(8)
    kinetic, mass = 10.0 ** random.uniform(0.0, 2.0, 40), 10.0 ** random.uniform(-5.0, 2.0, 40)
    supernova, angle = 10.0 ** random.uniform(0.9, 1.7, 40), 10.0 ** random.uniform(-3.0, 0.4, 40)
    time = vanishing_time(kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC) * 10.0 ** random.uniform(-4, 0, 40)
    place = boost(mass, supernova, 8.5, angle, halo_of(184.0, 24.42, 2.0, 1e-8, "3/2", 4.29e6, 0.002))
    quick = boosted_flux(time, kinetic, place)
    monkeypatch.setattr(module, "_comes_near", lambda *looked_at: np.ones(looked_at[1].shape[1], dtype=bool))
    careful = boosted_flux(time, kinetic, place, accuracy=1e-8)
    assert (np.abs(quick.value - careful.value) <= quick.error + careful.error).all()


def test_errors_bound_the_truth_for_many_points():
    random = np.random.default_rng(5)
    kinetic, mass = 10.0 ** random.uniform(0.0, 2.0, 3000), 10.0 ** random.uniform(-6.0, 2.0, 3000)
    supernova, angle = 10.0 ** random.uniform(-0.7, 1.7, 3000), random.uniform(0.2, 3.0, 3000)
    time = vanishing_time(kinetic, mass, supernova, SPEED_OF_LIGHT / KILOPARSEC) * 10.0 ** random.uniform(-5, 0, 3000)
    points = (time, kinetic, boost(mass, supernova, 8.5, angle))
    truth = boosted_flux(*points, accuracy=1e-10)
    for accuracy in (1e-3, 1e-6):
        found = boosted_flux(*points, accuracy=accuracy)
        assert found.converged.all()
        assert (np.abs(found.value - truth.value) <= found.error + truth.error).all()


def test_an_accuracy_that_cannot_be_attained_is_reported():
    found = boosted_flux(1e9, 10.0, boost(0.1, 8.5, 8.5, 0.7), accuracy=1e-16)
    assert not found.converged
    assert 1e-16 * found.value < found.error < 1e-9 * found.value


def test_mistakes_are_named():
    def refused(message, time=1e9, kinetic=10.0, **changes):
        with pytest.raises(EvaluationError, match=message):
            boosted_flux(time, kinetic, dataclasses.replace(BOOST, **changes))

    refused("kinetic_energy is 0 MeV; it must be a finite number above 0 MeV", kinetic=0.0)
    for name in ("dark_matter_mass", "supernova_distance"):
        refused(f"{name} is 0 .*; it must be a finite number above 0", **{name: 0.0})
    refused("time is nan s; it must be a finite number", time=np.nan)
    refused("off_centre_angle is inf rad; it must be a finite number", off_centre_angle=np.inf)
    for name in ("halo_distance", "neutrino_cross_section"):
        refused(f"{name} is -1 .*; it must be a finite number of at least 0", **{name: -1.0})
    refused("did you mean 'published'", convention="publishd")


def test_an_accuracy_or_a_source_that_is_none_is_refused():
    with pytest.raises(EvaluationError, match="accuracy is 0"):
        boosted_flux(1e9, 10.0, BOOST, accuracy=0.0)
    with pytest.raises(EvaluationError, match="emission_duration is -1 s"):
        boosted_flux(1e9, 10.0, dataclasses.replace(BOOST, source=NeutrinoSource(1e58, emission_duration=-1.0)))
