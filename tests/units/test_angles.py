"""Angles in the spellings of catalogues, and what only looks like one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from astropy.coordinates import Angle

from gridscan.errors import UnitError
from gridscan.units.angles import parse_angle

LMC_HOURS, LMC_DEGREES = 5 + 35 / 60 + 28.03 / 3600, -(69 + 16 / 60 + 11.79 / 3600)


@pytest.mark.parametrize(
    "text",
    [
        *("05h35m28.03s", "5H35M28.03S", "05 h 35 m 28.03 s", "5hr35min28.03sec", "5ʰ35ᵐ28.03ˢ", "5h35m28.03"),
        *("05:35:28.03", "+5:35:28.03", "05 35 28.03", " 5 : 35 : 28.03\n"),
    ],
)
def test_a_right_ascension_may_be_spelled_as_catalogues_do(text):
    assert parse_angle(text, "hours").m_as("deg") == pytest.approx(15 * LMC_HOURS, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        *("-69d16m11.79s", "-69D16M11.79S", "-69°16'11.79\"", "−69° 16′ 11.79″", "-69deg16min11.79sec"),
        *("-69:16:11.79", "-69 16 11.79", "–69 16 11.79", "-69º16’11.79”", "-69d16m11.79", "-69°16'11.79''"),
    ],
)
def test_a_declination_may_be_spelled_as_catalogues_do(text):
    assert parse_angle(text).m_as("deg") == pytest.approx(LMC_DEGREES, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        *[("100 grad", 90.0), ("100 gon", 90.0), ("1e-05 deg", 1e-5), ("1E-5DEG", 1e-5), ("83.6 Deg", 83.6)],
        *[("6 hourangle", 90.0), ("6 HOURANGLE", 90.0), ("6h", 90.0), ("1.5 h", 22.5), ("1e-3 hourangle", 0.015)],
        *[("24h", 360.0), ("-0d30m", -0.5), ("-00:30", -0.5), ("-0 0 36", -0.01), ("12d 36s", 12.01)],
        *[
            ("30 arcmin", 0.5),
            ("30'", 0.5),
            ('18"', 0.005),
            ("18 ARCSEC", 0.005),
            ("3.6e6 mas", 1.0),
            ("0.5 turn", 180.0),
        ],
        *[
            ("5d 30.5m", 5 + 30.5 / 60),
            ("5:30.5", 5 + 30.5 / 60),
            ("400 deg", 400.0),
            ("2 Mrad", 2e6 * 57.29577951308232),
        ],
    ],
)
def test_an_angle_is_a_number_with_a_unit_or_parts_of_sixty(text, degrees):
    assert parse_angle(text).m_as("deg") == pytest.approx(degrees, rel=1e-15)


@pytest.mark.parametrize("text", ["05h34m31.94s", "-12d30m02.5s", "23h59m59.999s", "83.6331 deg", "1000.25 arcsec"])
def test_angles_are_those_of_astropy(text):
    assert parse_angle(text).m_as("rad") == pytest.approx(Angle(text).rad, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *[("25h", "'25h' is not an angle: it has more than 24 hours"), ("24h00m01s", "more than 24 hours")],
        *[("25:00:00", "more than 24 hours"), ("-24.5 hourangle", "more than 24 hours")],
        *[
            (text, "can be minutes or seconds of time or of arc; write")
            for text in ("60m", "30m", "30 s", "5M", "1sec")
        ],
        *[(text, "its minutes are 60; they must be below 60") for text in ("5h60m", "5:60", "5 60 00", "12d60'")],
        *[(text, "its seconds are 61; they must be below 60") for text in ("5h35m61s", "5:35:61", "12°30'61\"")],
        *[(text, "only the last of its parts can have decimals") for text in ("10.5h30m", "5h30.5m10s", "1e1d30m")],
        *[("5d35", "'5d35' has no letter behind its minutes; write '5d35m'"), ("5h35", "write '5h35m'")],
        *[("1D2 deg", "exponent of a Fortran program; write '1e2 deg'"), ("0.15D1 rad", "write '0.15e1 rad'")],
        *[
            (text, "is not an angle with its unit, such as '23h23m24s'")
            for text in ("111.7", "", "h", "12 kpc", "6 hours s")
        ],
        *[
            (text, "is not an angle with its unit")
            for text in ("2 percent", "2 count", "2 sr", "1 m/m", "+-5d", "5h -3m")
        ],
        *[
            ("nan deg", "is not a finite angle"),
            ("inf rad", "is not a finite angle"),
            ("9" * 9999 + "d", "cannot have 10000 characters"),
        ],
    ],
)
def test_what_only_looks_like_an_angle_is_refused(text, message):
    with pytest.raises(UnitError) as caught:
        parse_angle(text, "hours")
    assert message in str(caught.value)


def test_reading_an_angle_does_not_import_astropy():
    code = "import sys; from gridscan.units import angles; angles.parse_angle('5h'); sys.exit('astropy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
