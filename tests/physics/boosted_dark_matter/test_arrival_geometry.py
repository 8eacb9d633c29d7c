"""Distances and angles of the point of scattering: reference numbers and the triangle with 60 digits."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from digits import cosine_and_sine, exact, near
from hypothesis import given
from hypothesis import strategies as st

from gridscan.physics.boosted_dark_matter import arrival_geometry
from gridscan.physics.scattering import recoil_angle
from gridscan.units import Quantity

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning", "error::pint.UnitStrippedWarning")

angles = st.one_of(st.just(0.0), st.floats(1e-9, np.pi), st.floats(-9, 0).map(lambda exponent: 10.0**exponent))
lengths = st.floats(-8, 2).map(lambda exponent: 10.0**exponent)


def check_point(path, given_, expected):
    point = path, given_["theta"]
    distance = arrival_geometry.separation(*point, given_["Rs"])
    assert distance == near(expected["d"], rel=1e-14)
    square = arrival_geometry.halo_distance_squared(*point, given_["phi"], given_["Re"], given_["beta"])
    assert np.sqrt(square) == near(expected["rprime"], rel=1e-14)
    angle = arrival_geometry.scattering_angle(*point, given_["Rs"])
    assert np.cos(angle) == near(expected["cos_psi"], rel=1e-14)
    hav = arrival_geometry.scattering_haversine(*point, given_["Rs"])
    assert 1.0 - 2.0 * hav == near(expected["cos_psi"], rel=1e-14)


def test_geometry_meets_the_reference_numbers_at_the_centre_of_the_halo_too():
    for given_, expected in exact("geometry"):
        check_point(given_["l"], given_, expected)


def test_points_of_propagation_meet_the_reference_numbers():
    for given_, expected in exact("propagation"):
        check_point(expected["l"], given_, expected)


@given(angles, st.floats(-10, 0), st.sampled_from([1.0, -1.0]), st.floats(0.1, 100))
def test_distance_and_angle_belong_to_the_triangle_right_up_to_the_supernova(theta, power, side, distance):
    path = distance * (1.0 - side * 10.0**power)
    with localcontext() as context:
        context.prec = 60
        cosine, sine = cosine_and_sine(theta)
        length, source = Decimal(path), Decimal(distance)
        ahead, across = source * cosine - length, source * sine
        d = (ahead**2 + across**2).sqrt()
        expected = float(across**2 / (2 * d * (d + ahead)) if ahead > 0 else (d - ahead) / (2 * d))
    assert arrival_geometry.separation(path, theta, distance) == near(float(d), rel=3e-15)
    angle = arrival_geometry.scattering_angle(path, theta, distance)
    assert arrival_geometry.scattering_haversine(path, theta, distance) == near(expected, rel=1e-14)
    assert recoil_angle.haversine(angle) == near(expected, rel=1e-14)


def test_directions_at_special_points_are_no_nan():
    assert (
        arrival_geometry.scattering_haversine(8.5, 0.0, 8.5) == arrival_geometry.scattering_angle(8.5, 0.0, 8.5) == 0.0
    )
    assert arrival_geometry.scattering_haversine(9.0, 0.0, 8.5) == 1.0
    for path, distance in ((0.5, 1.0), (8.0, 10.0)):
        theta = 2.0 * np.arcsin(np.sqrt(0.5 * (distance - path) / distance))
        assert arrival_geometry.scattering_haversine(path, theta, distance) == near(0.5, rel=1e-15)
    assert arrival_geometry.scattering_haversine(1.0, 0.0, 1.0 + 1e-15) == 0.0


@given(lengths, angles, st.floats(0, 2 * np.pi), lengths, angles)
def test_halo_distance_is_that_of_two_points_in_space(path, theta, phi, halo_distance, beta):
    with localcontext() as context:
        context.prec = 60
        (cos_t, sin_t), (cos_p, sin_p), (cos_b, sin_b) = (cosine_and_sine(angle) for angle in (theta, phi, beta))
        length, centre = Decimal(path), Decimal(halo_distance)
        here = (length * cos_t, length * sin_t * sin_p, length * sin_t * cos_p)
        there = (centre * cos_b, centre * sin_b, Decimal(0))
        square = sum((a - b) ** 2 for a, b in zip(here, there, strict=True))
        mean = length**2 + centre**2 - 2 * length * centre * cos_t * cos_b
        modulation = 2 * length * centre * sin_t * sin_b
        decimal_rounding = 1e-55 * path * halo_distance

    def equals(value):
        return pytest.approx(float(value), rel=1e-14, abs=decimal_rounding)

    assert arrival_geometry.halo_distance_squared(path, theta, phi, halo_distance, beta) == equals(square)
    a, b = arrival_geometry.halo_distance_coefficients(path, theta, halo_distance, beta)
    assert a == equals(mean)
    assert b == equals(modulation)
    lowest, highest = arrival_geometry.halo_distance_extremes(path, theta, halo_distance, beta)
    assert lowest == equals(mean - modulation)
    assert highest == equals(mean + modulation)


def test_quantities_give_the_numbers_with_their_unit():
    def quantity(value, unit):
        return Quantity(np.atleast_1d(np.asarray(value, dtype=float)), unit)

    def same(found, unit, expected):
        np.testing.assert_allclose(found.to(unit).magnitude, expected, rtol=1e-13)

    theta, bare_theta = quantity(5.0, "deg"), np.deg2rad(5.0)
    bare_path, distance = np.array([0.0, 1e-3, 3.0, 8.5, 9.0, 20.0]), quantity(8.5, "kpc")
    path = quantity(bare_path * 1000.0, "pc")
    point, bare_point = (path, theta, distance), (bare_path, bare_theta, 8.5)
    same(arrival_geometry.separation(*point), "kpc", arrival_geometry.separation(*bare_point))
    same(arrival_geometry.scattering_angle(*point), "rad", arrival_geometry.scattering_angle(*bare_point))
    hav, bare_hav = arrival_geometry.scattering_haversine(*point), arrival_geometry.scattering_haversine(*bare_point)
    same(hav, "", bare_hav)
    halo, bare_halo = (quantity(8000.0, "pc"), quantity(0.7, "rad")), (8.0, 0.7)
    phi = quantity([0.3, 4.0, 2.0, 1.0, 6.0, 5.0], "rad")
    same(
        arrival_geometry.halo_distance_squared(path, theta, phi, *halo),
        "kpc^2",
        arrival_geometry.halo_distance_squared(bare_path, bare_theta, phi.magnitude, *bare_halo),
    )
    for function in (arrival_geometry.halo_distance_coefficients, arrival_geometry.halo_distance_extremes):
        for found, expected in zip(
            function(path, theta, *halo), function(bare_path, bare_theta, *bare_halo), strict=True
        ):
            same(found, "kpc^2", expected)
