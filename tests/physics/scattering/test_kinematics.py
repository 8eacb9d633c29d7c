from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import reference

from gridscan.errors import EvaluationError
from gridscan.physics.scattering import kinematics
from gridscan.units import Quantity

REFERENCE = reference("boosted_dark_matter")
SCALAR = REFERENCE["scalar"]


def near(value, rel=1e-15):
    """Leave out the absolute tolerance of 1e-12 that pytest adds."""
    return pytest.approx(value, rel=rel, abs=0.0)


pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

powers = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
energies = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)
below_one = st.floats(0, 0.999)


def cases(section):
    return [(case["inputs"], case["expected"]) for case in SCALAR[section]["cases"]]


def exact(section):
    assert all(case["exact"] for case in SCALAR[section]["cases"])
    return cases(section)


def test_two_body_reference_numbers_are_met_corners_included():
    for given_, expected in exact("kinematics_mandelstam"):
        hav = kinematics.haversine(given_["psi"])
        masses = given_["m1"], given_["m2"]
        energy, allowed = kinematics.projectile_energy(given_["T2"], *masses, hav)
        assert allowed
        assert energy == near(expected["T1"], rel=1e-12)
        slope = kinematics.projectile_energy_slope(given_["T2"], *masses, hav)
        assert slope == near(expected["dT1"], rel=1e-12)
        expected_stu = [expected[name] for name in "stu"]
        np.testing.assert_allclose(kinematics.mandelstam(energy, *masses, hav), expected_stu, rtol=1e-12)
        assert kinematics.target_energy(energy, *masses, hav) == near(given_["T2"], rel=1e-12)


def test_neutrino_reference_numbers_are_met_and_unphysical_ones_are_zero():
    for given_, expected in exact("neutrino"):
        arguments = given_["Tx"], given_["mx"], kinematics.haversine(given_["psi"])
        right = expected["sanity"]
        energy, slope = kinematics.neutrino_energy(*arguments), kinematics.neutrino_energy_slope(*arguments)
        assert energy == near(expected["Ev"] if right else 0.0, rel=1e-12)
        assert slope == near(expected["dEv"] if right else 0.0, rel=1e-12)


def test_velocity_and_largest_angle_reference_numbers_are_met():
    for given_, expected in exact("vx_psimax"):
        arguments = given_["Tx"], given_["mx"]
        velocity, deficit = kinematics.velocity(*arguments), kinematics.velocity_deficit(*arguments)
        assert velocity == near(expected["vx"], rel=1e-14)
        assert deficit == near(expected["one_minus_vx"], rel=1e-14)
        assert deficit * (1.0 + velocity) == near(expected["one_minus_vx2"], rel=1e-14)
        angle, hav = kinematics.largest_scattering_angle(*arguments), kinematics.largest_haversine(*arguments)
        assert angle == near(expected["psi_max"], rel=1e-14)
        assert hav == near(expected["sin2_half_psi_max"], rel=1e-14)


def test_angular_density_reference_numbers_are_met():
    for given_, expected in exact("gx_dsigma"):
        density = kinematics.angular_density_at_angle(given_["Ev"], given_["mx"], given_["psi"])
        assert density == near(expected["gx"], rel=1e-12)
        if given_["psi"] >= 0.0:
            density = kinematics.angular_density(given_["Ev"], given_["mx"], kinematics.haversine(given_["psi"]))
            assert density == near(expected["gx"], rel=1e-12)


def test_range_of_t_and_the_kallen_function_meet_the_reference_numbers():
    for given_, expected in exact("get_tBound"):
        lowest, highest = kinematics.mandelstam_t_range(given_["T1"], given_["m1"], given_["m2"])
        assert lowest == near(expected["t_min"], rel=1e-12)
        assert highest == expected["t_max"]
    for given_, expected in cases("KallenLambda"):
        assert kinematics.kallen(**given_) == near(expected["value"], rel=1e-9)


def decimal_momentum(kinetic_energy, mass):
    return (kinetic_energy * (kinetic_energy + 2 * mass)).sqrt()


@given(powers, energies)
def test_velocities_keep_every_digit_at_any_ratio_of_mass_and_energy(ratio, energy):
    with localcontext() as context:
        context.prec = 60
        kinetic, mass = Decimal(energy), Decimal(energy * ratio)
        p = decimal_momentum(kinetic, mass)
        total, cosine = kinetic + mass, kinetic / p
        expected = {
            "momentum": p,
            "inverse_velocity": total / p,
            "inverse_velocity_excess": total / p - 1,
            "velocity": p / total,
            "velocity_deficit": 1 - p / total,
            "largest_haversine": (1 - cosine) / 2,
        }
    for name, value in expected.items():
        assert getattr(kinematics, name)(energy, energy * ratio) == near(float(value), rel=2e-15), name


@given(powers, energies, below_one)
def test_neutrino_energy_is_that_of_the_textbook_at_any_ratio_of_mass_and_energy(ratio, energy, share):
    mass = energy * ratio
    hav = share * kinematics.largest_haversine(energy, mass)
    with localcontext() as context:
        context.prec = 60
        kinetic, m, cosine = Decimal(energy), Decimal(mass), 1 - 2 * Decimal(float(hav))
        p = decimal_momentum(kinetic, m)
        expected = kinetic * m / (p * cosine - kinetic)
        slope = expected**2 * cosine / (kinetic * p)
    loss = 1.0 / (1.0 - share)
    assert kinematics.neutrino_energy(energy, mass, hav) == near(float(expected), rel=2e-15 * loss)
    assert kinematics.neutrino_energy_slope(energy, mass, hav) == near(float(slope), rel=5e-15 * loss)


@given(powers, energies, st.floats(1.0, 1e9))
def test_beyond_the_largest_angle_no_neutrino_does_it(ratio, energy, factor):
    end = kinematics.largest_haversine(energy, energy * ratio)
    hav = min(end * factor, 1.0)
    assert kinematics.neutrino_energy(energy, energy * ratio, hav) == 0.0
    assert kinematics.neutrino_energy_slope(energy, energy * ratio, hav) == 0.0
    projectile, allowed = kinematics.projectile_energy(
        energy, 0.0, energy * ratio, min(end * factor * (1 + 1e-12), 1.0)
    )
    assert projectile == 0.0
    assert not allowed


@given(powers, energies, below_one)
def test_a_neutrino_is_the_massless_projectile(ratio, energy, share):
    mass = energy * ratio
    hav = share * kinematics.largest_haversine(energy, mass)
    projectile, allowed = kinematics.projectile_energy(energy, 0.0, mass, hav)
    loss = 1.0 / (1.0 - share)
    assert allowed
    assert projectile == near(kinematics.neutrino_energy(energy, mass, hav), rel=1e-14 * loss)
    slope = kinematics.projectile_energy_slope(energy, 0.0, mass, hav)
    assert slope == near(kinematics.neutrino_energy_slope(energy, mass, hav), rel=3e-14 * loss)


@given(powers, powers, energies, st.floats(0, 0.499))
def test_energy_and_momentum_are_conserved(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    recoil = kinematics.target_energy(energy, *masses, hav)
    s, t, u = kinematics.mandelstam(energy, *masses, hav)
    with localcontext() as context:
        context.prec = 80
        t1, t2, m1, m2 = (Decimal(float(x)) for x in (energy, recoil, *masses))
        cosine = 1 - 2 * Decimal(hav)
        p1, p2 = decimal_momentum(t1, m1), decimal_momentum(t2, m2)
        sine = (1 - cosine**2).sqrt()
        before = (t1 + m1 + m2, p1, Decimal(0))
        left = tuple(a - b for a, b in zip(before, (t2 + m2, p2 * cosine, p2 * sine), strict=True))
        missing = left[0] ** 2 - left[1] ** 2 - left[2] ** 2 - m1**2
        assert abs(missing) < Decimal("1e-14") * t2 * (t1 + m1 + m2)
        scale = max((m1**2 - m2**2) ** 2 / Decimal(float(s)), 4 * (m2 * p1) ** 2 / Decimal(float(s)))
        u_expected = (left[0] - m2) ** 2 - left[1] ** 2 - left[2] ** 2
        assert abs(Decimal(float(u)) - u_expected) < Decimal("1e-14") * scale
        assert float(s) == near(float(before[0] ** 2 - p1**2), rel=2e-15)
        assert float(t) == near(float(t2**2 - p2**2), rel=2e-15)


@given(powers, powers, energies, st.floats(0, 1))
def test_mandelstam_variables_add_up_to_the_squared_masses(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    s, t, u = kinematics.mandelstam(energy, *masses, hav)
    assert s + t + u == pytest.approx(2.0 * (masses[0] ** 2 + masses[1] ** 2), abs=1e-15 * 4 * s, rel=0)
    lowest, highest = kinematics.mandelstam_t_range(energy, *masses)
    assert lowest * (1 + 1e-14) <= t <= highest


@given(powers, powers, energies, st.floats(0, 0.499))
def test_projectile_and_target_energy_invert_each_other(projectile_ratio, target_ratio, energy, hav):
    masses = energy * projectile_ratio, energy * target_ratio
    recoil = kinematics.target_energy(energy, *masses, hav)
    gain = kinematics.projectile_energy_slope(recoil, *masses, hav) * recoil / energy
    again, allowed = kinematics.projectile_energy(recoil, *masses, hav)
    assert allowed or gain > 1e12
    assert not allowed or again == near(energy, rel=1e-14 * (1 + gain))


@pytest.mark.parametrize("masses", [(0.0, 1.0), (1.0, 1.0), (100.0, 0.5), (0.01, 900.0)])
def test_slopes_are_the_derivatives(masses):
    energy, hav, step = np.array([0.3, 3.0, 40.0])[:, None], np.array([0.0, 0.03, 0.2]), 1e-5
    up, down = (kinematics.target_energy(energy, *masses, hav - 0.5 * sign * step) for sign in (1, -1))
    slope = kinematics.target_energy_slope(energy, *masses, hav)
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-5)
    recoil = kinematics.target_energy(energy, *masses, hav)
    up, down = (kinematics.projectile_energy(recoil * (1 + sign * step), *masses, hav)[0] for sign in (1, -1))
    slope = kinematics.projectile_energy_slope(recoil, *masses, hav)
    np.testing.assert_allclose(slope, (up - down) / (2 * step * recoil), rtol=1e-5)


@pytest.mark.parametrize("hav", [0.5, 0.7, 1.0])
def test_nothing_goes_off_backwards(hav):
    for masses in ((0.0, 1.0), (3.0, 0.5)):
        assert kinematics.target_energy(10.0, *masses, hav) == 0.0
        assert kinematics.target_energy_slope(10.0, *masses, hav) == 0.0
        energy, allowed = kinematics.projectile_energy(10.0, *masses, hav)
        assert energy == 0.0
        assert not allowed
        assert kinematics.projectile_energy_slope(10.0, *masses, hav) == 0.0
        assert kinematics.mandelstam(10.0, *masses, hav)[1] == 0.0
    assert kinematics.angular_density(10.0, 1.0, hav) == 0.0


@given(powers, powers, energies)
def test_the_threshold_is_head_on(projectile_ratio, target_ratio, recoil):
    masses = recoil * projectile_ratio, recoil * target_ratio
    least = kinematics.smallest_projectile_energy(recoil, *masses)
    lowest, _ = kinematics.mandelstam_t_range(least, *masses)
    assert -2.0 * masses[1] * recoil == near(lowest, rel=1e-13)
    havs = np.linspace(0, 0.5, 20)
    energies, allowed = kinematics.projectile_energy(recoil, *masses, havs)
    assert (np.diff(energies[allowed]) >= 0.0).all()
    neutrino = kinematics.smallest_projectile_energy(recoil, 0.0, masses[1])
    assert neutrino == near(0.5 * (recoil + kinematics.momentum(recoil, masses[1])), rel=1e-14)


@given(powers, energies)
def test_angular_density_is_normalised(ratio, energy):
    nodes, weights = np.polynomial.legendre.leggauss(40)
    cuts = np.log(np.geomspace(1e-26, 0.5, 40))
    half = 0.5 * np.diff(cuts)[:, None]
    hav = np.exp(0.5 * (cuts[1:] + cuts[:-1])[:, None] + half * nodes)
    density = kinematics.angular_density(energy, energy * ratio, hav)
    assert 4 * np.pi * np.sum(half * weights * hav * density) == near(1.0, rel=1e-12)


@given(powers, energies, st.floats(0, 1.57))
def test_angular_density_is_that_of_the_isotropic_recoil(ratio, energy, angle):
    """Isotropic in the CM frame, the recoil energies are uniform from 0 to the largest."""
    mass, hav = energy * ratio, kinematics.haversine(angle)
    largest = kinematics.target_energy(energy, 0.0, mass, 0.0)
    expected = kinematics.target_energy_slope(energy, 0.0, mass, hav) / (2 * np.pi * largest)
    assert kinematics.angular_density(energy, mass, hav) == near(expected, rel=1e-13)
    assert kinematics.angular_density_at_angle(energy, mass, angle) == near(expected, rel=1e-12)


def test_angular_density_at_an_angle_keeps_its_digits_up_to_the_right_angle():
    gap = np.geomspace(1e-15, 1e-3, 7)
    angle = 0.5 * np.pi - gap
    boost = kinematics.boost_squared(10.0, 0.0, 1.0)
    assert boost == 11.0**2 / 21.0
    # 10 MeV + 2 MeV on 1 MeV: total energy 13 MeV, momentum squared 140 MeV^2.
    assert kinematics.boost_squared(10.0, 2.0, 1.0) == near(13.0**2 / (13.0**2 - 140.0))
    expected = boost * np.cos(angle) / (np.pi * boost**2)
    np.testing.assert_allclose(kinematics.angular_density_at_angle(10.0, 1.0, angle), expected, rtol=1e-5)
    assert kinematics.angular_density_at_angle(10.0, 1.0, 0.5 * np.pi) == 0.0
    assert kinematics.angular_density_at_angle(10.0, 1.0, -1e-300) == 0.0


@given(powers, powers, energies)
def test_cm_momentum_is_that_of_the_kallen_function(projectile_ratio, target_ratio, energy):
    masses = energy * projectile_ratio, energy * target_ratio
    with localcontext() as context:
        context.prec = 60
        t1, m1, m2 = (Decimal(x) for x in (energy, *masses))
        s = (m1 + m2) ** 2 + 2 * m2 * t1
        expected = (s**2 + m1**4 + m2**4 - 2 * (s * m1**2 + s * m2**2 + (m1 * m2) ** 2)) / (4 * s)
    assert kinematics.cm_momentum_squared(energy, *masses) == near(float(expected), rel=1e-14)


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 10))
def test_kallen_function_is_the_symmetric_polynomial(x, y, z):
    expected = x**2 + y**2 + z**2 - 2 * (x * y + y * z + z * x)
    for order in ((x, y, z), (y, z, x), (z, x, y)):
        assert kinematics.kallen(*order) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_energies_and_masses_that_are_not_positive_are_refused_by_name(wrong):
    values = np.array([1.0, wrong])
    for name in ("inverse_velocity", "inverse_velocity_excess", "largest_scattering_angle", "largest_haversine"):
        with pytest.raises(EvaluationError, match=f"kinetic_energy is {wrong:g} MeV.*; it must be a number above 0"):
            getattr(kinematics, name)(values, 1.0)
    for function in (kinematics.neutrino_energy, kinematics.angular_density, kinematics.angular_density_at_angle):
        with pytest.raises(EvaluationError, match=f"dark_matter_mass is {wrong:g}"):
            function(1.0, values, 0.0)
    with pytest.raises(EvaluationError, match=f"target_energy is {wrong:g}"):
        kinematics.projectile_energy(values, 0.0, 1.0, 0.0)
    with pytest.raises(EvaluationError, match=f"target_mass is {wrong:g}"):
        kinematics.projectile_energy(1.0, 0.0, values, 0.0)


def test_arguments_broadcast():
    energy, mass, hav = np.ones((2, 1, 1)), np.ones((3, 1)), np.linspace(0.0, 1.0, 4)
    assert kinematics.neutrino_energy_slope(energy, mass, hav).shape == (2, 3, 4)
    assert all(part.shape == (2, 3, 4) for part in kinematics.projectile_energy(energy, 0.5, mass, hav))
    assert kinematics.mandelstam(energy, mass, 1.0, hav)[2].shape == (2, 3, 4)


def in_units(values, unit, written):
    return Quantity(np.atleast_1d(np.asarray(values, dtype=float)), unit).to(written)


@pytest.mark.parametrize(
    ("name", "arguments", "unit"),
    [
        ("momentum", (5.0, 1.0), "MeV"),
        ("inverse_velocity", (5.0, 1.0), "1"),
        ("inverse_velocity_excess", (5.0, 1.0), "1"),
        ("velocity", (5.0, 1.0), "1"),
        ("velocity_deficit", (5.0, 1.0), "1"),
        ("largest_scattering_angle", (5.0, 1.0), "1"),
        ("largest_haversine", (5.0, 1.0), "1"),
        ("neutrino_energy", (5.0, 1.0), "MeV"),
        ("neutrino_energy_slope", (5.0, 1.0), "1"),
        ("boost_squared", (5.0, 2.0, 1.0), "1"),
        ("angular_density", (5.0, 1.0), "1"),
        ("target_energy", (5.0, 2.0, 1.0), "MeV"),
        ("target_energy_slope", (5.0, 2.0, 1.0), "MeV"),
        ("projectile_energy_slope", (5.0, 2.0, 1.0), "1"),
        ("smallest_projectile_energy", (5.0, 2.0, 1.0), "MeV"),
        ("cm_momentum_squared", (5.0, 2.0, 1.0), "MeV^2"),
        ("kallen", (5.0, 2.0, 1.0), "MeV^2"),
    ],
)
def test_quantities_give_the_numbers_with_their_unit(name, arguments, unit):
    function = getattr(kinematics, name)
    angled = name in {"neutrino_energy", "neutrino_energy_slope", "angular_density", "target_energy"}
    angled |= name in {"target_energy_slope", "projectile_energy_slope"}
    angle = (0.02,) if angled else ()
    quantities = [in_units(v, "MeV", written) for v, written in zip(arguments, ("keV", "GeV", "MeV"), strict=False)]
    result = function(*quantities, *(in_units(a, "1", "1") for a in angle))
    magnitude = result.to(unit).magnitude if unit != "1" else result.to("").magnitude
    np.testing.assert_allclose(magnitude, function(*arguments, *angle), rtol=1e-13)


def test_quantities_give_mandelstam_variables_and_permissions():
    energies = Quantity(np.array([5.0, 7.0]), "MeV"), Quantity(np.array([2.0]), "MeV"), Quantity(np.array([1.0]), "MeV")
    bare = [energy.magnitude for energy in energies]
    for found, expected in zip(kinematics.mandelstam(*energies, 0.02), kinematics.mandelstam(*bare, 0.02), strict=True):
        np.testing.assert_allclose(found.to("MeV^2").magnitude, expected)
    energy, allowed = kinematics.projectile_energy(*energies, np.array([0.02, 0.4]))
    expected, expected_allowed = kinematics.projectile_energy(*bare, np.array([0.02, 0.4]))
    np.testing.assert_allclose(energy.to("MeV").magnitude, expected)
    assert (allowed == expected_allowed).all()
    assert allowed.tolist() == [True, False]
    density = kinematics.angular_density_at_angle(energies[0], energies[2], Quantity(np.array([10.0, 100.0]), "deg"))
    expected = kinematics.angular_density_at_angle(bare[0], bare[2], np.deg2rad([10.0, 100.0]))
    np.testing.assert_allclose(density.to("").magnitude, expected)
