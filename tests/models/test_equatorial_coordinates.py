"""A supernova of a scenario's own at its right ascension and declination."""

import math

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli.group import main
from gridscan.engine.forecast import forecast
from gridscan.errors import EvaluationError, ScenarioError
from gridscan.physics.galaxy.coordinates import galactic_coordinates

# ICRS and galactic coordinates as SIMBAD shows them: SN 1987A is G279.7-31.9, Betelgeuse is at 199.7872 -08.9586.
KNOWN = {
    "SN 1987A": ("05h35m28.03s", "-69d16m11.8s", 279.7, -31.9, 0.05),
    "Betelgeuse": ("05h55m10.30536s", "+07d24m25.4304s", 199.7872, -8.9586, 1e-4),
}

SCENARIO = """
model = "boosted_dark_matter"
axes.halo_longitude = ["0 deg", "10 deg"]
[parameters]
supernova = "mine"
[catalogue.supernova.mine]
distance = "51.4 kpc"
right_ascension = "{}"
declination = "{}"
halo_distance = "8.5 kpc"
halo_longitude = "0 deg"
halo_latitude = "0 deg"
[output]
quantities = ["off_centre_angle"]
"""


def written(right_ascension="05h35m28.03s", declination="-69d16m11.8s"):
    return SCENARIO.format(right_ascension, declination)


def galactic(**values):
    """Return the galactic coordinates of the supernova [deg] that given values resolve to."""
    found = gs.model("boosted_dark_matter").evaluate("off_centre_angle", **values)
    return float(found["supernova_longitude"]), float(found["supernova_latitude"])


def by_hipparcos(right_ascension, declination):
    """Return galactic coordinates from the pole and the node of ESA SP-1200, section 1.5.3; all in degrees."""
    pole_ascension, pole_declination, node = (math.radians(x) for x in (192.85948, 27.12825, 32.93192))
    a, d = math.radians(right_ascension) - pole_ascension, math.radians(declination)
    sine = math.sin(d) * math.sin(pole_declination) + math.cos(d) * math.cos(pole_declination) * math.cos(a)
    up = math.sin(d) * math.cos(pole_declination) - math.cos(d) * math.sin(pole_declination) * math.cos(a)
    longitude = math.atan2(up, math.cos(d) * math.sin(a)) + node
    return math.degrees(longitude) % 360.0, math.degrees(math.asin(sine))


@pytest.mark.parametrize("name", KNOWN)
def test_known_positions_are_met(name):
    right_ascension, declination, longitude, latitude, error = KNOWN[name]
    found = galactic(right_ascension=right_ascension, declination=declination)
    assert found == pytest.approx((longitude, latitude), abs=error)
    sky = SkyCoord(right_ascension, declination, frame="icrs")
    assert found == pytest.approx((sky.galactic.l.deg, sky.galactic.b.deg), rel=1e-14)
    assert found == pytest.approx(by_hipparcos(sky.ra.deg, sky.dec.deg), abs=1e-5)


@pytest.mark.parametrize(
    ("right_ascension", "declination"),
    [
        ("05:35:28.03", "-69:16:11.8"),
        ("05 35 28.03", "-69 16 11.8"),
        ("5H35M28.03S", "−69°16′11.8″"),
        ("5.591119444444445 hourangle", "-69.26994444444444 deg"),
        ("83.86679166666667 deg", "-249371.8 arcsec"),
        ("1.4637516479 rad", "-69.26994444444444 degrees"),
    ],
)
def test_every_spelling_of_an_angle_is_read(right_ascension, declination):
    expected = galactic(right_ascension="05h35m28.03s", declination="-69d16m11.8s")
    assert galactic(right_ascension=right_ascension, declination=declination) == pytest.approx(expected, abs=1e-8)


def test_quantities_of_pint_and_bare_degrees_are_taken():
    expected = SkyCoord(80.0 * units.deg, -69.0 * units.deg).galactic
    for ascension, declination in ((80.0, -69.0), ("80 deg", "-69 deg")):
        found = galactic(right_ascension=ascension, declination=declination)
        assert found == pytest.approx((expected.l.deg, expected.b.deg), rel=1e-14)


def test_poles_and_the_whole_circle_are_allowed():
    for ascension, declination in (("0h", "90 deg"), ("24h", "-90 deg"), ("360 deg", "0d0m0s")):
        assert np.isfinite(galactic(right_ascension=ascension, declination=declination)).all()


@pytest.mark.parametrize(
    ("right_ascension", "declination", "message"),
    [
        ("25h", "-69d16m", "8:19: 'right_ascension': '25h' is not an angle: it has more than 24 hours"),
        ("361 deg", "-69d16m", "8:19: 'right_ascension' cannot be 361 deg; allowed is a number from 0 to 360 deg"),
        ("-5h35m", "-69d16m", "8:19: 'right_ascension' cannot be -83.75 deg; allowed is a number from 0 to 360 deg"),
        ("5h75m", "-69d16m", "8:19: 'right_ascension': '5h75m' is not an angle: its minutes are 75"),
        ("5h35m", "-91d", "9:15: 'declination' cannot be -91 deg; allowed is a number from -90 to 90 deg"),
        ("5h35m", "-5h16m", "9:15: 'declination': '-5h16m' is in hours; it is counted in degrees"),
        ("5h35m", "5 hourangle", "9:15: 'declination': '5 hourangle' is in hours"),
        ("5h35m", "-69", "9:15: 'declination': '-69' is not an angle with its unit"),
        ("5.59", "-69d16m", "8:19: 'right_ascension': '5.59' is not an angle with its unit"),
        ("5h35m", "3 kpc", "9:15: 'declination': '3 kpc' is not an angle with its unit"),
    ],
)
def test_what_is_no_position_is_refused_where_it_stands(right_ascension, declination, message):
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(written(right_ascension, declination))
    assert str(caught.value).startswith(f"scenario.toml:{message}")


def test_the_centre_of_a_halo_and_a_direction_can_be_given_so():
    model = gs.model("boosted_dark_matter")
    found = model.evaluate(
        "off_centre_angle",
        right_ascension="05h35m27.8733s",
        declination="-69d16m10.478s",
        halo_right_ascension="05h23m34.5264s",
        halo_declination="-69d45m22.053s",
    )
    assert float(found) == pytest.approx(float(model.evaluate("off_centre_angle", supernova="sn1987a")), rel=1e-9)
    position = {"direction_right_ascension": "17h45m40s", "direction_declination": "-29d00m28s"}
    sky = model.evaluate("sky_flux", time="10 yr", **position)
    centre = SkyCoord(*position.values()).galactic
    assert float(sky["longitude"]) % 360.0 == pytest.approx(centre.l.deg, rel=1e-13)
    assert float(sky["latitude"]) == pytest.approx(centre.b.deg, rel=1e-13)


def test_zipped_directions_are_those_of_a_list_of_sources(tmp_path):
    text = """
    model = "boosted_dark_matter"
    [axes.zip.source]
    right_ascension = ["05h35m28.03s", "05h55m10.30536s"]
    declination = ["-69d16m11.8s", "+07d24m25.4304s"]
    [output]
    quantities = ["off_centre_angle"]
    """
    result = gs.evaluate(gs.Scenario.parse(text))
    expected = galactic_coordinates(["05h35m28.03s", "05h55m10.30536s"], ["-69d16m11.8s", "+07d24m25.4304s"])
    assert result["off_centre_angle"].dims == ("source",)
    assert result["supernova_longitude"].values == pytest.approx(np.degrees(expected[0]), rel=1e-14)
    assert result["right_ascension"].values == pytest.approx([83.866791667, 88.792939], abs=1e-8)
    with gs.open(gs.run(gs.Scenario.parse(text), output=tmp_path / "sources.nc")) as stored:
        assert stored["declination"].values.tolist() == result["declination"].values.tolist()


def test_a_result_is_run_again_from_its_file_and_its_cells_are_found(tmp_path):
    (tmp_path / "mine.toml").write_text(written(), encoding="utf-8")
    first = gs.run(tmp_path / "mine.toml")
    content = first.read_bytes()
    with gs.open(first) as result:
        assert "05h35m28.03s" in result.attrs["gridscan_scenario"]
    assert gs.run(first).read_bytes() == content
    wider = gs.plan(first, overrides={"halo_longitude": ["0 deg", "10 deg", "20 deg"]})
    assert forecast(wider).reusable == {"off_centre_angle": 2}
    elsewhere = gs.plan(first, overrides={"right_ascension": "5h", "declination": "-69d"})
    assert forecast(elsewhere).reusable == {"off_centre_angle": 0}


def test_the_command_line_sets_them(tmp_path):
    (tmp_path / "mine.toml").write_text(written(), encoding="utf-8")
    run = ["run", str(tmp_path / "mine.toml"), "--set", "right_ascension=05:55:10.30536"]
    failed = CliRunner().invoke(main, [*run])
    assert failed.exit_code == 2
    assert "--set right_ascension: 'right_ascension' is given without 'declination'" in failed.output
    done = CliRunner().invoke(main, [*run, "--set", "declination=+07:24:25.4304"])
    assert done.exit_code == 0, done.output
    with gs.open(tmp_path / "mine.nc") as result:
        assert result["supernova_longitude"].item() == pytest.approx(199.7872, abs=1e-4)
        assert result["right_ascension"].item() == pytest.approx(88.792939, abs=1e-6)
    again = CliRunner().invoke(main, ["run", str(tmp_path / "mine.nc")])
    assert again.exit_code == 0, again.output


def test_physics_refuses_a_latitude_in_hours():
    with pytest.raises(EvaluationError, match="declination: '5h16m' is in hours"):
        galactic_coordinates("5h35m", "5h16m")
