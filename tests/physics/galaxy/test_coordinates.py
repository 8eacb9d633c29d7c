import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import reference

from gridscan.errors import EvaluationError
from gridscan.inputs.catalogue import shipped_catalogue
from gridscan.physics.galaxy.coordinates import (
    GALACTIC_CENTRE,
    angle_between,
    galactic_coordinates,
    off_centre_angle,
    off_centre_angle_of_equatorial,
)
from gridscan.units import parse_quantity, registry

REFERENCE = reference("boosted_dark_matter")["scalar"]
LONGITUDES = st.floats(-7.0, 7.0)
LATITUDES = st.floats(-np.pi / 2, np.pi / 2)


def _each(section):
    return pytest.mark.parametrize("case", REFERENCE[section]["cases"], ids=lambda case: str(case["inputs"]))


@_each("equatorial_to_beta")
def test_reference_coordinates_are_met(case):
    inputs, expected = case["inputs"], case["expected"]
    longitude, latitude = galactic_coordinates(inputs["ra"], inputs["dec"])
    assert longitude == pytest.approx(expected["l"], rel=1e-9)
    assert latitude == pytest.approx(expected["b"], rel=1e-9)
    found = off_centre_angle_of_equatorial(inputs["ra"], inputs["dec"], inputs["GC_coord"])
    assert found == pytest.approx(expected["beta"], rel=1e-9)


@_each("galactic_to_beta")
def test_reference_angles_are_met(case):
    inputs = case["inputs"]
    found = off_centre_angle(inputs["l"], inputs["b"], inputs["GC_coord"])
    assert found == pytest.approx(case["expected"]["beta"], rel=1e-12)


def test_cassiopeia_a_is_behind_us():
    assert round(float(off_centre_angle_of_equatorial("23h23m24s", "+58d49m00s")), 3) == 1.950


def test_the_pole_of_the_galaxy_and_its_node_are_where_the_hipparcos_catalogue_has_them():
    """ESA SP-1200, section 1.5.3: the pole at 192.85948, +27.12825 deg, the node on the equator at l = 32.93192 deg."""
    _, pole = galactic_coordinates("192.85948 deg", "27.12825 deg")
    assert pole == pytest.approx(np.pi / 2, abs=1e-6)
    longitude, latitude = galactic_coordinates("282.85948 deg", "0 deg")
    assert np.degrees(longitude) == pytest.approx(32.93192, abs=1e-5)
    assert latitude == pytest.approx(0.0, abs=1e-6)


def _cartesian(longitude, latitude):
    return np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_the_angle_is_that_between_the_unit_vectors(longitude, latitude, other_longitude, other_latitude):
    found = angle_between(longitude, latitude, other_longitude, other_latitude)
    one, other = _cartesian(longitude, latitude), _cartesian(other_longitude, other_latitude)
    expected = np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)
    assert found == pytest.approx(expected, abs=3e-15, rel=1e-14)
    assert found == angle_between(other_longitude, other_latitude, longitude, latitude)


@given(LONGITUDES, LATITUDES)
def test_the_angle_from_the_centre_is_the_arc_cosine_of_two_cosines(longitude, latitude):
    found = off_centre_angle(longitude, latitude)
    assert np.cos(found) == pytest.approx(np.cos(latitude) * np.cos(longitude), abs=1e-15)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_the_angles_to_a_point_and_to_its_antipode_make_half_a_turn(
    longitude, latitude, other_longitude, other_latitude
):
    there = angle_between(longitude, latitude, other_longitude, other_latitude)
    back = angle_between(longitude, latitude, other_longitude + np.pi, -other_latitude)
    assert there + back == pytest.approx(np.pi, rel=1e-14)


@pytest.mark.parametrize("angle", [1e-300**0.5, 1e-12, 1e-8, 1e-3])
@pytest.mark.parametrize("latitude", [0.0, 1.0, -1.5])
def test_small_angles_keep_all_their_digits(angle, latitude):
    assert angle_between(0.0, latitude, angle, latitude) == pytest.approx(
        angle * np.cos(latitude), rel=1e-13 + angle**2
    )
    assert angle_between(0.3, 0.0, 0.3, angle) == pytest.approx(angle, rel=1e-15)


@pytest.mark.parametrize("angle", [1e-14, 1e-10, 1e-8, 1e-3])
def test_angles_near_half_a_turn_keep_all_their_digits(angle):
    found = angle_between(0.0, angle, np.pi, 0.0)
    assert np.pi - found == pytest.approx(angle, abs=5e-16)


def test_turning_both_directions_about_the_pole_changes_nothing():
    still = angle_between(0.3, -0.2, 2.0, 0.9)
    assert angle_between(0.3 + 1.234, -0.2, 2.0 + 1.234, 0.9) == pytest.approx(still, rel=1e-15)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_angles_are_the_same_in_equatorial_and_galactic_coordinates(ascension, declination, other_ascension, other):
    expected = angle_between(ascension, declination, other_ascension, other)
    found = off_centre_angle_of_equatorial(ascension, declination, (other_ascension, other))
    assert found == pytest.approx(expected, abs=1e-13)


def test_an_angle_may_be_a_text_a_number_a_quantity_or_an_array_of_them():
    forms = [
        ("5h34m31s", "+22d01m00s"),
        ("05h34m31s", "22d01m"),
        ("83.62916666666667 deg", "22.016666666666667 deg"),
        (np.radians(83.62916666666667), np.radians(22.016666666666667)),
        (registry("83.62916666666667 deg"), registry("1321 arcmin")),
        ("83d37m45s", "1321 arcmin"),
    ]
    found = [off_centre_angle_of_equatorial(*form) for form in forms]
    np.testing.assert_allclose(found, found[0], rtol=1e-10)
    both = off_centre_angle_of_equatorial(np.array(["5h34m31s", "23h23m24s"])[:, None], ["+22d01m00s", "+58d49m00s"])
    assert both.shape == (2, 2)
    assert both[0, 0] == found[0]
    assert both[1, 1] == off_centre_angle_of_equatorial("23h23m24s", "+58d49m00s")


def test_directions_broadcast_against_the_centre_of_the_halo():
    found = off_centre_angle([0.0, 0.1, 0.2], np.array([[0.0], [0.3]]), ("0.1 rad", "0 deg"))
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[0], [0.1, 0.0, 0.1], atol=1e-16)


def test_the_angle_between_works_on_quantities_with_units():
    found = angle_between(*(registry.Quantity([value], "deg") for value in (90.0, 0.0, 30.0, 0.0)))
    assert found.m_as("rad") == pytest.approx(np.pi / 3, rel=1e-14)


def test_colons_are_of_hours_in_a_right_ascension_and_of_degrees_elsewhere():
    found = galactic_coordinates("05:35:28", "-69:16:11")
    np.testing.assert_array_equal(found, galactic_coordinates("5h35m28s", "-69d16m11s"))
    assert off_centre_angle("05:35:28", "0 deg") == pytest.approx(np.radians(5 + 35 / 60 + 28 / 3600), rel=1e-14)


@pytest.mark.parametrize(
    ("ascension", "declination", "message"),
    [
        ("23h23m24s", "58", "declination: '58' is not an angle with its unit, such as '23h23m24s'"),
        ("a quarter", "58d", "right_ascension: 'a quarter' is not an angle with its unit"),
        ("", "58d", "right_ascension: '' is not an angle"),
        ("25h", "58d", "right_ascension: '25h' is not an angle: it has more than 24 hours"),
        ("1h", None, "declination: 'None' is not an angle"),
        ("1h", "12 kpc", "declination: '12 kpc' is not an angle"),
        ("1h", registry.Quantity(12.0, "kpc"), "declination is in 'kpc'; it must be an angle, such as '1.95 rad'"),
        ("1h", [0.0, np.nan], "declination is nan rad at index \\[1\\]; it must be a finite number"),
        ("1h", "-90d00m01s", r"declination is -1\.5708 rad; it must be from -pi/2 to pi/2"),
        (np.inf, 0.0, "right_ascension is inf rad; it must be a finite number"),
    ],
)
def test_what_is_no_direction_is_refused(ascension, declination, message):
    with pytest.raises(EvaluationError, match=message):
        galactic_coordinates(ascension, declination)


def test_a_galactic_latitude_or_a_centre_beyond_a_pole_is_refused():
    with pytest.raises(EvaluationError, match="galactic_latitude is 2 rad; it must be from -pi/2 to pi/2"):
        off_centre_angle(0.0, 2.0)
    with pytest.raises(EvaluationError, match="centre is 2 rad; it must be from -pi/2 to pi/2"):
        off_centre_angle(0.0, 0.0, (0.0, 2.0))


def test_the_poles_themselves_are_allowed():
    np.testing.assert_allclose(off_centre_angle("0 deg", ["90 deg", "-90d00m00s"]), np.pi / 2, rtol=1e-15)


def test_astropy_is_imported_only_when_it_is_needed():
    code = (
        "import sys; from gridscan.physics.galaxy import coordinates;"
        " coordinates.off_centre_angle(1.0, 0.2); sys.exit('astropy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _places(description):
    return re.findall(r"at (\d\S+) ([+-]\S+?)(?=[;,]|$)", description)


def _direction(record, name):
    return [parse_quantity(record.values[f"{name}_{part}"]).m_as("rad") for part in ("longitude", "latitude")]


@pytest.mark.parametrize("label", shipped_catalogue("supernova"))
def test_the_directions_of_the_catalogue_follow_from_its_coordinates(label):
    record = shipped_catalogue("supernova")[label]
    of_each = [f"{name}{part}" for name in ("supernova_", "halo_") for part in ("longitude", "latitude")]
    assert set(record.values) == {"distance", "halo_distance", *of_each}
    places = _places(record.description)
    if label == "galactic-centre":
        assert not places
        assert _direction(record, "supernova") == list(GALACTIC_CENTRE)
    else:
        # A digit less than the ten decimals of a degree.
        found = angle_between(*_direction(record, "supernova"), *galactic_coordinates(*places[0]))
        assert found < np.radians(1e-9)
    centre = galactic_coordinates(*places[1]) if len(places) == 2 else GALACTIC_CENTRE
    assert angle_between(*_direction(record, "halo"), *centre) < np.radians(1e-9)


def test_only_the_supernova_outside_the_galaxy_has_another_halo():
    records = shipped_catalogue("supernova")
    elsewhere = [label for label, record in records.items() if len(_places(record.description)) == 2]
    assert elsewhere == ["sn1987a"]
    for label, record in records.items():
        distance = float(parse_quantity(record.values["halo_distance"]).m_as("kpc"))
        assert distance == (49.97 if label in elsewhere else 8.5)
        assert 0.0 < parse_quantity(record.values["distance"]).m_as("kpc") < 60.0


def test_the_supernova_in_the_magellanic_cloud_is_near_the_centre_of_its_halo():
    """By plain trigonometry in small angles: 12 minutes of time and half a degree away."""
    record = shipped_catalogue("supernova")["sn1987a"]
    across = (335.4645 - 323.5754) / 4 * np.cos(np.radians(69.515))
    expected = np.radians(np.hypot(across, 69.7561 - 69.2696))
    found = angle_between(*_direction(record, "supernova"), *_direction(record, "halo"))
    assert float(found) == pytest.approx(expected, rel=1e-3)


def test_the_supernova_at_the_centre_of_the_galaxy_is_as_far_as_the_centre():
    values = shipped_catalogue("supernova")["galactic-centre"].values
    assert values["distance"] == values["halo_distance"]
