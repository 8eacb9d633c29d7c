"""When and from where particles arrive: reference numbers, times of flight with 60 digits, the edges of the sky."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import cosine_and_sine, exact, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.physics.boosted_dark_matter import arrival, arrival_geometry
from gridscan.physics.scattering import one_particle, recoil_angle
from gridscan.units import Quantity

LIGHT = 29979245800 / 3.085e21

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

ratios = st.floats(-8, 3).map(lambda exponent: 10.0**exponent)
angles = st.one_of(st.just(0.0), st.floats(1e-9, np.pi), st.floats(-9, 0).map(lambda exponent: 10.0**exponent))
shares = st.one_of(st.floats(1e-3, 0.999), st.floats(-9, -1).map(lambda exponent: 10.0**exponent))


def test_times_meet_the_reference_numbers_corners_included():
    for given_, expected in exact("times"):
        arguments = given_["Tx"], given_["mx"], given_["Rs"], LIGHT
        assert arrival.peak_time(*arguments) == near(expected["t_peak"], rel=2e-15)
        assert arrival.vanishing_time(*arguments) == near(expected["t_van"], rel=2e-15)


def test_the_outer_edge_of_the_sky_meets_the_reference_numbers():
    for given_, expected in exact("theta_max"):
        _, outer = arrival.sky_window(given_["t"], given_["Tx"], given_["mx"], given_["Rs"], LIGHT)
        assert outer == near(expected["theta_max"], rel=1e-12)


def test_propagation_meets_the_reference_numbers():
    for given_, expected in exact("propagation"):
        excess = (1.0 - given_["vx"]) / given_["vx"]
        path = arrival.path_length(given_["t"], given_["theta"], excess, given_["Rs"], LIGHT)
        assert path == near(expected["l"], rel=1e-14)


@given(ratios, angles, shares, st.floats(0.1, 100))
def test_points_lie_where_both_times_of_flight_add_up(ratio, theta, share, distance):
    """d + l b = zeta, by one Newton step from l with 60 digits; shares of the vanishing time, also beyond it."""
    excess = one_particle.inverse_velocity_excess(1.0, ratio)
    time = 2.0 * share * arrival.vanishing_time(1.0, ratio, distance, 1.0)
    path = arrival.path_length(time, theta, excess, distance, 1.0)
    with localcontext() as context:
        context.prec = 60
        cosine, sine = cosine_and_sine(theta)
        length, source, b = Decimal(float(path)), Decimal(distance), 1 + Decimal(float(excess))
        ahead = source * cosine - length
        d = (ahead**2 + (source * sine) ** 2).sqrt()
        residual = d + length * b - source - Decimal(float(time))
        miss = residual / (b - ahead / d) / length
    # On the line to the supernova, at the time when all points of it are seen at once, l is undetermined.
    peak = arrival.peak_time(1.0, ratio, distance, 1.0)
    degenerate = np.hypot((time - peak) / (time + peak), np.sin(theta) * np.sqrt(excess) * distance / (time + peak))
    assert abs(miss) < 4e-15 * (1.0 + 1.0 / degenerate)
    assert path > 0.0


def textbook_miss(theta, time, kinetic_energy, mass, distance):
    """Return by how much theta misses d + l b = zeta at psi = psi_max, by one Newton step with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        t, m, source, x = (Decimal(float(v)) for v in (kinetic_energy, mass, distance, time))
        p = (t * (t + 2 * m)).sqrt()
        b, sin_psi, cos_psi = (t + m) / p, (2 * m * t).sqrt() / p, t / p
        cosine, sine = cosine_and_sine(theta)
        # By the theorem of sines d = R_s sin(theta)/sin(psi) and l = R_s sin(psi - theta)/sin(psi).
        miss = sine * (1 - b * cos_psi) + cosine * b * sin_psi - (1 + x / source) * sin_psi
        slope = cosine * (1 - b * cos_psi) - sine * b * sin_psi
        return float(miss / slope)


@given(ratios, st.one_of(st.floats(0, 0.999), shares), st.floats(0.1, 100))
def test_window_edges_are_the_roots_of_the_textbook_condition(ratio, share, distance):
    arguments = 1.0, ratio, distance
    vanishing, peak = arrival.vanishing_time(*arguments, 1.0), arrival.peak_time(*arguments, 1.0)
    time = share * vanishing
    inner, outer = arrival.sky_window(time, *arguments, 1.0)
    # The two edges meet at the vanishing time, with a square root.
    loss = 1.0 / np.sqrt(1.0 - share)
    assert abs(textbook_miss(outer, time, *arguments)) < 4e-15 * outer * loss
    if time > peak:
        scale = inner * max(1.0, time / (time - peak))
        assert abs(textbook_miss(inner, time, *arguments)) < 4e-15 * scale * loss**2
        assert 0.0 < inner < outer
    else:
        assert inner == 0.0
    assert outer > 0.0


@given(ratios, st.floats(0.001, 0.999), st.floats(0.02, 0.98), st.floats(0.1, 100))
def test_inside_the_window_neutrinos_have_the_energy_and_at_its_edges_an_infinite_one(ratio, share, part, distance):
    excess = one_particle.inverse_velocity_excess(1.0, ratio)
    end = recoil_angle.largest_haversine(1.0, ratio)
    time = share * arrival.vanishing_time(1.0, ratio, distance, 1.0)
    inner, outer = arrival.sky_window(time, 1.0, ratio, distance, 1.0)

    def hav(theta):
        path = arrival.path_length(time, theta, excess, distance, 1.0)
        return arrival_geometry.scattering_haversine(path, theta, distance)

    assert hav(inner + part * (outer - inner)) < end
    assert hav(outer) == near(end, rel=1e-9)
    assert hav(min(outer * (1 + 1e-6), np.pi)) > end
    if inner > 1e-6 * outer:
        assert hav(inner) == near(end, rel=1e-9)
        assert hav(inner * (1 - 1e-6)) > end


def test_the_sky_is_a_disk_then_an_annulus_then_nothing():
    arguments = 5.0, 1.0, 8.5, LIGHT
    peak, vanishing = arrival.peak_time(*arguments), arrival.vanishing_time(*arguments)
    times = np.array([-1.0, 0.0, 0.5 * peak, peak, 0.5 * (peak + vanishing), vanishing, 1.0000001 * vanishing, 1e30])
    inner, outer = arrival.sky_window(times, *arguments)
    assert (inner[[0, 1, 2, 3, 6, 7]] == 0.0).all()
    assert (outer[[0, 6, 7]] == 0.0).all()
    assert outer[1] == near(recoil_angle.largest_scattering_angle(5.0, 1.0), rel=1e-15)
    assert 0.0 < inner[4] < inner[5]
    assert inner[5] == near(outer[5], rel=1e-14)
    assert (np.diff(outer[1:6]) < 0.0).all()
    assert 0.0 < peak < vanishing


@pytest.mark.parametrize("mass", [1e-6, 1.0, 1e3])
def test_on_the_line_to_the_supernova_the_path_is_linear_in_time(mass):
    """Up to the peak time l = c t/(b - 1) from before the supernova; after it l = (2 R_s + c t)/(b + 1) from beyond."""
    excess, distance = one_particle.inverse_velocity_excess(10.0, mass), 8.5
    peak = arrival.peak_time(10.0, mass, distance, LIGHT)
    for factor in (1e-9, 0.5, 0.999, 1.0, 1.001, 2.0, 1e3):
        path = arrival.path_length(factor * peak, 0.0, excess, distance, LIGHT)
        before, beyond = distance * factor, distance * (2.0 + factor * excess) / (2.0 + excess)
        assert path == near(before if factor <= 1.0 else beyond, rel=1e-13)


def test_before_the_neutrinos_there_is_no_path():
    path = arrival.path_length(np.array([-1e10, 0.0, 1.0]), 0.3, 0.1, 8.5, LIGHT)
    assert path[:2].tolist() == [0.0, 0.0]
    assert path[2] > 0.0


@given(ratios, angles, shares)
def test_the_jacobian_is_the_derivative_of_the_path(ratio, theta, share):
    excess = one_particle.inverse_velocity_excess(1.0, ratio)
    time, step = share * arrival.vanishing_time(1.0, ratio, 8.5, LIGHT), 1e-4
    path, up, down = (
        arrival.path_length(time * factor, theta, excess, 8.5, LIGHT) for factor in (1.0, 1.0 + step, 1.0 - step)
    )
    hav = arrival_geometry.scattering_haversine(path, theta, 8.5)
    jacobian = arrival.arrival_jacobian(excess, hav, LIGHT)
    curvature = abs(up - 2.0 * path + down) / (up - down)
    rounding = 1e-15 * path / (up - down)
    assert jacobian * time == near((up - down) / (2 * step), rel=1e-6 + 10 * curvature + rounding)
    assert 0.0 < jacobian <= LIGHT / excess


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_what_has_to_be_positive_is_refused_by_name(wrong):
    for function in (arrival.peak_time, arrival.vanishing_time):
        with pytest.raises(EvaluationError, match=f"kinetic_energy is {wrong:g} MeV.*; it must be a number above 0"):
            function(np.array([1.0, wrong]), 1.0, 8.5, LIGHT)
    with pytest.raises(EvaluationError, match="supernova_distance"):
        arrival.sky_window(1.0, 1.0, 1.0, wrong, LIGHT)
    with pytest.raises(EvaluationError, match="dark_matter_mass"):
        arrival.sky_window(1.0, 1.0, wrong, 8.5, LIGHT)
    with pytest.raises(EvaluationError, match="inverse_velocity_excess"):
        arrival.path_length(1.0, 0.1, wrong, 8.5, LIGHT)
    with pytest.raises(EvaluationError, match="supernova_distance"):
        arrival.path_length(1.0, 0.1, 0.1, wrong, LIGHT)
    with pytest.raises(EvaluationError, match="inverse_velocity_excess"):
        arrival.arrival_jacobian(wrong, 0.1, LIGHT)


def test_quantities_give_the_numbers_with_their_unit():
    def quantity(value, unit):
        return Quantity(np.atleast_1d(np.asarray(value, dtype=float)), unit)

    particle = quantity(5000.0, "keV"), quantity(1.0, "MeV")
    distance, light = quantity(8.5, "kpc"), quantity(LIGHT * 1000.0, "pc/s")
    bare = 5.0, 1.0, 8.5, LIGHT
    years = np.array([-1.0, 10.0, 400.0, 3000.0, 4000.0, 1e6])
    second = float(quantity(1.0, "yr").to("s").magnitude[0])

    def same(found, unit, expected):
        np.testing.assert_allclose(found.to(unit).magnitude, expected, rtol=1e-13)

    for function in (arrival.peak_time, arrival.vanishing_time):
        same(function(*particle, distance, light), "s", [function(*bare)])
    windows = arrival.sky_window(quantity(years, "yr"), *particle, distance, light)
    for found, expected in zip(windows, arrival.sky_window(years * second, *bare), strict=True):
        same(found, "rad", expected)
    theta, bare_theta = quantity(5.0, "deg"), np.deg2rad(5.0)
    excess = one_particle.inverse_velocity_excess(5.0, 1.0)
    path = arrival.path_length(quantity(years, "yr"), theta, quantity(excess, "1"), distance, light)
    bare_path = arrival.path_length(years * second, bare_theta, excess, 8.5, LIGHT)
    same(path, "kpc", bare_path)
    point, bare_point = (path, theta, distance), (bare_path, bare_theta, 8.5)
    hav, bare_hav = arrival_geometry.scattering_haversine(*point), arrival_geometry.scattering_haversine(*bare_point)
    same(arrival.arrival_jacobian(excess, hav, light), "kpc/s", arrival.arrival_jacobian(excess, bare_hav, LIGHT))
