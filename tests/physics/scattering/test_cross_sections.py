"""Cross sections from amplitudes: reference numbers, closed forms, and what they refuse."""

from fractions import Fraction

import numpy as np
import pytest
from digits import exact, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import gauss_legendre
from gridscan.physics.scattering import amplitudes, cross_sections, inverse_kinematics, recoil_angle, two_body
from gridscan.units import Quantity

HBAR_C = 1.973e-11
TARGETS = {"electron": 0.511, "xenon": 1.3e5}

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-6, 4).map(lambda exponent: 10.0**exponent)


def constant(s, t, u, height=1.0):
    return height + 0.0 * (s + t + u)


def propagator(s, t, u, mediator_mass):
    return 1.0 / (t - mediator_mass**2) ** 2


@pytest.mark.parametrize(("centred", "allowed"), [(True, 1e-13), (False, None)])
def test_total_cross_sections_meet_the_reference_numbers(centred, allowed):
    """Without `centred` the rounding of s is left, and the error estimate covers it."""
    rows = exact("bdm_sigma_xe")
    energy, mass = (np.array([given_[name] for given_, _ in rows]) for name in ("Tx", "mx"))
    target = np.array([TARGETS[given_["target"]] for given_, _ in rows])
    parameters = mass, 1e-2 * 1e-6, mass / 3.0, target
    value, error = cross_sections.total_cross_section(
        *(amplitudes.muon_tau_target, energy, mass, target, HBAR_C, *parameters), centred=centred, tolerance=1e-7
    )
    standard = np.array([expected["sigma_standard"] for _, expected in rows])
    published = np.array([expected["sigma_xe_published"] for _, expected in rows])
    deviation = np.abs(value / standard - 1.0)
    assert (deviation <= (3.0 * error / value + 1e-14 if allowed is None else allowed)).all()
    assert (error <= (1e-7 if allowed is None else 1e-11) * value).all()
    if centred:
        np.testing.assert_allclose(2.0 * np.pi * value, published, rtol=1e-13)


@pytest.mark.parametrize("centred", [True, False])
def test_differential_cross_sections_meet_the_reference_numbers(centred):
    rows = exact("bdm_dsigma_xv")
    kinetic, mass, angle = (np.array([given_[name] for given_, _ in rows]) for name in ("Tx", "mx", "psi"))
    hav = recoil_angle.haversine(angle)
    energy = inverse_kinematics.neutrino_energy(kinetic, mass, hav)
    found = cross_sections.differential_cross_section(
        *(amplitudes.muon_tau_neutrino, energy, 0.0, mass, hav, HBAR_C, mass, 1e-6 * 1e-2, mass / 3.0), centred=centred
    )
    standard = np.array([expected["dsigma_dOmega_standard"] for _, expected in rows])
    published = np.array([expected["dsigma_xv_published"] for _, expected in rows])
    np.testing.assert_allclose(found, standard, rtol=1e-13)
    slope = inverse_kinematics.neutrino_energy_slope(kinetic, mass, hav)
    np.testing.assert_allclose(found * slope, published, rtol=1e-12)


@given(powers, powers, powers, st.floats(0, 0.5))
def test_a_constant_amplitude_scatters_isotropically(energy, projectile, target, hav):
    arguments = constant, energy, projectile, target
    s, _, _ = two_body.mandelstam(energy, projectile, target, hav)
    total, error = cross_sections.total_cross_section(*arguments, HBAR_C, 3.0)
    assert total == near(3.0 * HBAR_C**2 / (16 * np.pi * s), rel=1e-13)
    assert error <= 1e-11 * total
    lowest, _ = two_body.mandelstam_t_range(energy, projectile, target)
    in_t = cross_sections.differential_cross_section_in_t(constant, 0.3 * lowest, *arguments[1:], HBAR_C, 3.0)
    assert in_t * -lowest == near(total, rel=1e-13)
    neutrino, _ = cross_sections.total_cross_section(constant, energy, 0.0, target, HBAR_C)
    per_solid_angle = cross_sections.differential_cross_section(constant, energy, 0.0, target, hav, HBAR_C)
    density = recoil_angle.angular_density(energy, target, hav)
    assert per_solid_angle == near(neutrino * density, rel=1e-12)


@pytest.mark.parametrize("mass", [1.0, 1e3, 1e7, 1e9])
def test_an_amplitude_that_loses_its_digits_is_refused_in_the_differential_cross_section(mass):
    """It was evaluated to rounding (856f0f7); what vanishes at an angle or is near its pole is not refused."""

    def plain(s, t, u):
        return s**2 + u**2 + 4 * t * mass**2 - 2 * mass**4

    def centred(s, t, u, centred):
        return s**2 + u**2 + 2 * t * mass**2

    hav = np.array([0.0, 0.1, 0.3, 0.4999])
    arguments = 0.1, 0.0, mass, hav, HBAR_C
    expected = cross_sections.differential_cross_section(centred, *arguments, centred=True)
    if mass > 1e6:
        with pytest.raises(EvaluationError, match=r"too few digits .* take s_minus_masses = s - M"):
            cross_sections.differential_cross_section(plain, *arguments)
    else:
        found = cross_sections.differential_cross_section(plain, *arguments)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * expected.max())
    for power in (0, 1, 2):
        kept = cross_sections.differential_cross_section(lambda s, t, u, p=power: s * u - mass**3 * t**p, *arguments)
        assert np.isfinite(kept).all()


@given(st.floats(-13, 3), powers, powers, powers)
def test_a_mediator_of_any_mass_gives_the_closed_form(power, energy, projectile, target):
    """Propagator squared integrates to Y/(m_V^2 (Y + m_V^2)) over a range Y of t; for equal masses u has it too."""
    for function, masses in (
        (propagator, (projectile, target)),
        (lambda s, t, u, m: propagator(s, u, t, m), (1.0, 1.0)),
    ):
        lowest, _ = two_body.mandelstam_t_range(energy, *masses)
        square = -lowest * 10.0 ** (2 * power)
        value, error = cross_sections.total_cross_section(function, energy, *masses, HBAR_C, np.sqrt(square))
        s, _, _ = two_body.mandelstam(energy, *masses, 0.0)
        expected = HBAR_C**2 / (16 * np.pi * s) / (square * (square - lowest))
        assert value == near(expected, rel=1e-11)
        assert abs(value - expected) <= error + 1e-14 * value
        assert error <= 1e-9 * value


@pytest.mark.parametrize("power", [2, 1])
def test_a_massless_mediator_is_refused(power):
    def massless(s, t, u):
        return (s / t) ** power + 0.0 * u

    with pytest.raises(EvaluationError, match=r"projectile_energy = 5 MeV: found .* the mediator massless"):
        cross_sections.total_cross_section(massless, 5.0, 0.1, 0.5, HBAR_C)


def written_out(s, t, u, mass, target_mass):
    masses = mass**2 + target_mass**2
    return (s**2 + u**2 + 4.0 * t * masses - 2.0 * masses**2) / (t - (mass / 3.0) ** 2) ** 2


def test_an_amplitude_that_cancels_is_integrated_with_more_digits():
    """On xenon this was refused below 0.3 MeV (78c2126)."""
    energy, mass = np.array([[1e-3], [0.1], [5.0]]), np.array([1e-4, 1.0, 10.0])
    arguments = energy, mass, 1.3e5, HBAR_C, mass
    found, error = cross_sections.total_cross_section(written_out, *arguments, 1.3e5)
    expected, _ = cross_sections.total_cross_section(
        *(amplitudes.muon_tau_target, *arguments, 1.0, mass / 3.0, 1.3e5), centred=True
    )
    np.testing.assert_allclose(found, expected / 2.0, rtol=1e-12)
    assert (error <= 1e-8 * found).all()


@pytest.mark.parametrize("mass", [1e-12, 1e-9, 1e-5, 1.0])
@pytest.mark.parametrize("energy", [1e-9, 1e-5, 1e-2])
def test_light_particles_of_low_energy_have_a_cross_section_on_xenon(energy, mass):
    """Fifty-five of 756 such points were refused (78c2126). The closed form is that of t far above -m_V²."""
    arguments = energy, mass, 1.3e5, HBAR_C, mass, 1.0, 1e9, 1.3e5
    found, error = cross_sections.total_cross_section(amplitudes.muon_tau_target, *arguments, centred=True)
    t1, m1, m2 = (Fraction(x) for x in (energy, mass, 1.3e5))
    s = (m1 + m2) ** 2 + 2 * m2 * t1
    width, high, masses = 4 * m2**2 * t1 * (t1 + 2 * m1) / s, 2 * m2 * (t1 + m1), m1**2 + m2**2
    mean = 2 * (high**2 + (high**3 - (high - width) ** 3) / (3 * width) - width * masses)
    assert found == near(float(mean / s) / (16 * np.pi) * HBAR_C**2 / 1e36, rel=1e-12)
    assert error <= 1e-9 * found


def test_an_amplitude_made_of_rounding_is_refused_with_a_recipe_that_helps():
    def numerical(s, t, u, mass, target_mass):
        return np.interp(written_out(s, t, u, mass, target_mass), [0.0, 1e300], [0.0, 1e300])

    arguments = 0.001, 1e-4, 1.3e5, HBAR_C, 1e-4, 1.3e5
    with pytest.raises(
        EvaluationError, match=r"at most 1e-08 of the value; .* nearly equal terms, so take s_minus_mass"
    ):
        cross_sections.total_cross_section(numerical, *arguments)
    with pytest.raises(TypeError, match="centred"):
        cross_sections.total_cross_section(written_out, *arguments, centred=True)


def test_digits_that_an_amplitude_does_not_have_are_missed_with_more_digits_too():
    masses = 1e-4**2 + 1.3e5**2

    def closed_over(s, t, u):
        return (s - masses) ** 2 + 0.0 * (t + u)

    with pytest.raises(EvaluationError, match="nearly equal terms"):
        cross_sections.total_cross_section(closed_over, 1e-5, 1e-4, 1.3e5, HBAR_C)


@pytest.mark.parametrize("variable", ["s", "u"])
def test_the_error_covers_what_the_rounding_of_s_and_u_does(variable):
    energy, projectile, target = 0.001, 1e-4, 1.3e5
    masses = projectile**2 + target**2

    def amplitude(s, t, u):
        return ((s if variable == "s" else u) - masses) ** 2 + 0.0 * t

    value, error = cross_sections.total_cross_section(amplitude, energy, projectile, target, 1.0, tolerance=1e-6)
    t1, m1, m2 = (Fraction(x) for x in (energy, projectile, target))
    s = (m1 + m2) ** 2 + 2 * m2 * t1
    width, high = 4 * m2**2 * t1 * (t1 + 2 * m1) / s, s - m1**2 - m2**2
    mean = high**2 if variable == "s" else (high**3 - (high - width) ** 3) / (3 * width)
    expected = float(mean / s) / (16 * np.pi)
    assert 1e-10 * value < abs(value - expected) < 2.0 * error
    assert error < 3e-8 * value


@pytest.mark.parametrize(("energy", "projectile", "target"), [(5.0, 1e-3, 0.511), (0.1, 2.0, 0.5), (30.0, 0.0, 1e-3)])
def test_both_differential_cross_sections_integrate_to_the_total(energy, projectile, target):
    mediator = 1e-4
    total, _ = cross_sections.total_cross_section(propagator, energy, projectile, target, HBAR_C, mediator)
    nodes, weights = gauss_legendre(30)
    arguments = energy, projectile, target

    def integral(function, highest):
        cuts = np.log(highest) - np.linspace(80.0, 0.0, 60)
        half = 0.5 * np.diff(cuts)[:, None]
        points = np.exp(0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * nodes)
        return np.sum(half * weights * points * function(points))

    lowest, _ = two_body.mandelstam_t_range(*arguments)
    in_t = integral(
        lambda t: cross_sections.differential_cross_section_in_t(propagator, -t, *arguments, HBAR_C, mediator), -lowest
    )
    assert in_t == near(total, rel=1e-11)
    # A small t is a recoil at nearly a right angle: there in 1/2 - hav.
    over_angles = integral(
        lambda gap: (
            4 * np.pi * cross_sections.differential_cross_section(propagator, *arguments, 0.5 - gap, HBAR_C, mediator)
        ),
        0.5,
    )
    assert over_angles == near(total, rel=1e-7)


def test_what_is_not_allowed_has_no_cross_section():
    arguments = 5.0, 0.1, 1.0
    lowest, _ = two_body.mandelstam_t_range(*arguments)
    t = np.array([1e-9, 0.0, lowest, lowest * 1.001, -np.inf])
    with np.errstate(invalid="ignore"):
        in_t = cross_sections.differential_cross_section_in_t(constant, t[:4], *arguments, HBAR_C)
    assert (in_t > 0.0).tolist() == [False, True, True, False]
    assert (in_t[[0, 3]] == 0.0).all()
    backwards = cross_sections.differential_cross_section(constant, *arguments, np.array([0.5, 0.8, 1.0]), HBAR_C)
    assert (backwards == 0.0).all()
    # A neutrino that does not exist has energy 0, and a rate made of it is 0 because its slope is.
    none = cross_sections.differential_cross_section(
        amplitudes.muon_tau_neutrino, 0.0, 0.0, 1.0, 0.2, HBAR_C, 1.0, 1, 0.3
    )
    assert none == 0.0


def test_at_rest_the_total_is_the_amplitude_at_threshold():
    def amplitude(s, t, u):
        return s + 10.0 * t + u

    value, _ = cross_sections.total_cross_section(amplitude, 0.0, 2.0, 1.0, HBAR_C)
    assert value == near((9.0 + 1.0) * HBAR_C**2 / (16 * np.pi * 9.0), rel=1e-13)


@given(powers, powers, powers, st.floats(0.01, 0.99))
def test_the_amplitude_is_given_mandelstam_variables_that_belong_together(energy, projectile, target, share):
    masses = projectile**2 + target**2
    for centred in (False, True):
        sums = []

        def amplitude(s, t, u, centred=False):
            sums.append(np.max(np.abs(s + t + u - (0.0 if centred else 2.0 * masses)) / (np.abs(s) + np.abs(u))))  # noqa: B023
            return constant(s, t, u)

        lowest, _ = two_body.mandelstam_t_range(energy, projectile, target)
        arguments = energy, projectile, target
        cross_sections.total_cross_section(amplitude, *arguments, HBAR_C, centred=centred)
        cross_sections.differential_cross_section(amplitude, *arguments, 0.4 * share, HBAR_C, centred=centred)
        cross_sections.differential_cross_section_in_t(amplitude, share * lowest, *arguments, HBAR_C, centred=centred)
        # In two calls of each s or u are moved, to see what their rounding does.
        assert sorted(sums)[-5] < 2e-15


def test_parameters_are_axes_of_the_total():
    mediator, energy = np.array([1e-3, 1e-2, 1.0])[:, None], np.array([1.0, 5.0])
    value, error = cross_sections.total_cross_section(propagator, energy, 0.1, 0.5, HBAR_C, mediator)
    assert value.shape == error.shape == (3, 2)
    for row, mass in enumerate(mediator[:, 0]):
        for column, single in enumerate(energy):
            alone, _ = cross_sections.total_cross_section(propagator, single, 0.1, 0.5, HBAR_C, mass)
            assert alone.shape == ()
            assert value[row, column] == near(alone, rel=1e-11)
    empty, _ = cross_sections.total_cross_section(propagator, np.empty(0), 0.1, 0.5, HBAR_C, 1.0)
    assert empty.shape == (0,)


def test_many_energies_are_integrated_in_blocks(monkeypatch):
    energy = np.geomspace(0.1, 10.0, 11)
    whole, _ = cross_sections.total_cross_section(propagator, energy, 0.1, 0.5, HBAR_C, 1e-3)
    monkeypatch.setattr(cross_sections, "_ENERGIES_AT_ONCE", 4)
    blocks, _ = cross_sections.total_cross_section(propagator, energy, 0.1, 0.5, HBAR_C, 1e-3)
    np.testing.assert_allclose(blocks, whole, rtol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 0.1, 1.0), "projectile_energy is -1 MeV; it must be a finite number of at least 0 MeV"),
        ((np.nan, 0.1, 1.0), "projectile_energy is nan"),
        ((np.inf, 0.1, 1.0), "projectile_energy is inf"),
        ((1.0, -0.1, 1.0), "projectile_mass is -0.1 MeV; it must be a finite number of at least 0 MeV"),
        ((1.0, 0.1, 0.0), "target_mass is 0 MeV; it must be a finite number above 0 MeV"),
    ],
)
def test_energies_and_masses_outside_their_range_are_refused(arguments, message):
    with pytest.raises(EvaluationError, match=message):
        cross_sections.total_cross_section(constant, *arguments, HBAR_C)


def test_a_projectile_at_rest_has_no_differential_cross_section_in_t():
    with pytest.raises(
        EvaluationError, match=r"projectile_energy is 0 MeV at index \[1\]; it must be a number above 0"
    ):
        cross_sections.differential_cross_section_in_t(constant, 0.0, np.array([1.0, 0.0]), 0.1, 1.0, HBAR_C)


def test_an_amplitude_that_is_not_finite_is_refused():
    def broken(s, t, u):
        return np.where(t < -1.0, np.nan, s + u)

    with pytest.raises(EvaluationError, match="found nan"):
        cross_sections.total_cross_section(broken, 5.0, 0.1, 1.0, HBAR_C)


def test_quantities_give_the_numbers_with_their_unit():
    def quantity(value, unit):
        return Quantity(np.array([value]), unit)

    bare = 5.0, 1.0, 0.5
    energies = quantity(5000.0, "keV"), quantity(1.0, "MeV"), quantity(0.0005, "GeV")
    conversion = quantity(HBAR_C * 1e13, "MeV fm")
    parameters = 1.0, 1e-2 * 1e-6, 0.3, 0.5
    units = energies[1], quantity(1e-2 * 1e-6, "1"), quantity(0.3, "MeV"), energies[2]
    for centred in (False, True):
        found = cross_sections.differential_cross_section(
            *(amplitudes.muon_tau_target, *energies, quantity(0.02, "1"), conversion, *units), centred=centred
        )
        expected = cross_sections.differential_cross_section(
            *(amplitudes.muon_tau_target, *bare, 0.02, HBAR_C, *parameters), centred=centred
        )
        np.testing.assert_allclose(found.to("cm^2").magnitude, expected, rtol=1e-12)
        found = cross_sections.differential_cross_section_in_t(
            *(amplitudes.muon_tau_target, quantity(-0.1, "MeV^2"), *energies, conversion, *units), centred=centred
        )
        expected = cross_sections.differential_cross_section_in_t(
            *(amplitudes.muon_tau_target, -0.1, *bare, HBAR_C, *parameters), centred=centred
        )
        np.testing.assert_allclose(found.to("cm^2/MeV^2").magnitude, expected, rtol=1e-12)
