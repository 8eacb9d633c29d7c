"""Directions on the sky: equatorial to galactic coordinates, and angles between directions.

An angle is a number in rad, a quantity with a unit, a text such as ``"23h23m24s"``, ``"+58d49m00s"`` or
``"111.7 deg"``, or an array of any of these. In ``"05:35:28"`` the first number counts hours for a right ascension, and
degrees otherwise. Equatorial coordinates are those of the ICRS; converting them to galactic ones imports astropy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pint
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError, UnitError
from gridscan.numerics.ranges import FINITE, checked, refuse
from gridscan.numerics.unit_arguments import with_units
from gridscan.units import convert, readable, registry, same_dimension, take_apart
from gridscan.units.angles import counts_hours, parse_angle

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "GALACTIC_CENTRE",
    "angle_between",
    "galactic_coordinates",
    "off_centre_angle",
    "off_centre_angle_of_equatorial",
    "parse_declination",
    "parse_right_ascension",
    "radians",
]

FloatArray = NDArray[np.floating[Any]]
Angle: TypeAlias = ArrayLike | pint.Quantity[Any]

#: Galactic longitude and latitude [rad] of the centre of the Milky Way, by definition (Sgr A* is 4.3 arcmin off).
GALACTIC_CENTRE = (0.0, 0.0)


@with_units(longitude="rad", latitude="rad", other_longitude="rad", other_latitude="rad")
def angle_between(longitude: Any, latitude: Any, other_longitude: Any, other_latitude: Any) -> Any:
    """Return the angle between two directions on a sphere.

    Parameters
    ----------
    longitude, latitude, other_longitude, other_latitude
        Of the two directions [rad], or quantities with units.

    Returns
    -------
    array or quantity
        [rad], 0 to pi; all arguments broadcast.

    Raises
    ------
    UnitError
        If a quantity is masked or not an angle.

    Notes
    -----
    2 atan2(sqrt(h), sqrt(h')) with the haversine h = sin^2((b - b')/2) + cos(b) cos(b') sin^2((l - l')/2) and its
    complement h' = 1 - h = sin^2((b + b')/2) + cos(b) cos(b') cos^2((l - l')/2), sums of positive terms both, so that
    small angles and those near pi keep all digits. Source: Sinnott 1984, Sky & Telescope 68, 159.

    Examples
    --------
    From a pole to the equator:

    >>> import math
    >>> from gridscan.physics.galaxy.coordinates import angle_between
    >>> round(math.degrees(angle_between(0.3, math.pi / 2, 1.2, 0.0)), 9)
    90.0
    """
    angles: tuple[Any, ...] = (longitude, latitude, other_longitude, other_latitude)
    if not all(_is_native(angle) for angle in angles):
        names = ("longitude", "latitude", "other_longitude", "other_latitude")
        angles = tuple(radians(name, angle) for name, angle in zip(names, angles, strict=True))
    longitude, latitude, other_longitude, other_latitude = angles
    half_turn = 0.5 * (longitude - other_longitude)
    across = np.cos(latitude) * np.cos(other_latitude)
    haversine = np.sin(0.5 * (latitude - other_latitude)) ** 2 + across * np.sin(half_turn) ** 2
    complement = np.sin(0.5 * (latitude + other_latitude)) ** 2 + across * np.cos(half_turn) ** 2
    return 2.0 * np.arctan2(np.sqrt(haversine), np.sqrt(complement))


def galactic_coordinates(right_ascension: Angle, declination: Angle) -> tuple[FloatArray, FloatArray]:
    """Return the galactic longitude and latitude of equatorial coordinates.

    Parameters
    ----------
    right_ascension, declination
        Angles, ICRS; they broadcast. A text gives its unit, and hours are 15 degrees: ``"5h35m"``, ``"05:35"``.

    Returns
    -------
    longitude, latitude : numpy.ndarray
        [rad], 0 to 2 pi and -pi/2 to pi/2.

    Raises
    ------
    EvaluationError
        If a text is not an angle, or a declination is beyond a pole.

    Notes
    -----
    Source: the rotation of `astropy.coordinates`, that of the Hipparcos catalogue, ESA SP-1200, section 1.5.3.

    Examples
    --------
    Cassiopeia A, G111.7-2.1:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.coordinates import galactic_coordinates
    >>> longitude, latitude = galactic_coordinates("23h23m24s", "+58d48m54s")
    >>> round(float(np.degrees(longitude)), 1), round(float(np.degrees(latitude)), 1)
    (111.7, -2.1)
    """
    from astropy import units
    from astropy.coordinates import SkyCoord

    ascension = radians("right_ascension", right_ascension, parse_right_ascension)
    declined = _latitude("declination", declination)
    galactic = SkyCoord(*np.broadcast_arrays(ascension, declined), unit=units.rad, frame="icrs").galactic
    return np.asarray(galactic.l.rad), np.asarray(galactic.b.rad)


def off_centre_angle(
    galactic_longitude: Angle, galactic_latitude: Angle, centre: tuple[Angle, Angle] = GALACTIC_CENTRE
) -> FloatArray:
    """Return the angle beta between a direction and the centre of a halo, from galactic coordinates.

    Parameters
    ----------
    galactic_longitude, galactic_latitude
        Angles; they broadcast.
    centre
        Galactic longitude and latitude of the centre of the halo.

    Returns
    -------
    numpy.ndarray
        beta [rad], 0 to pi.

    Raises
    ------
    EvaluationError
        If a text is not an angle, or a latitude is beyond a pole.

    Notes
    -----
    See `angle_between`. Source: Sinnott 1984, Sky & Telescope 68, 159.

    Examples
    --------
    >>> import numpy as np
    >>> from gridscan.physics.galaxy.coordinates import off_centre_angle
    >>> round(float(np.degrees(off_centre_angle("0 deg", "30 deg"))), 9)
    30.0
    """
    longitude, latitude = (
        radians("galactic_longitude", galactic_longitude),
        _latitude("galactic_latitude", galactic_latitude),
    )
    centre_longitude, centre_latitude = centre
    return np.asarray(
        angle_between(longitude, latitude, radians("centre", centre_longitude), _latitude("centre", centre_latitude))
    )


def off_centre_angle_of_equatorial(
    right_ascension: Angle, declination: Angle, centre: tuple[Angle, Angle] | None = None
) -> FloatArray:
    """Return the angle beta between a direction and the centre of a halo, from equatorial coordinates.

    Parameters
    ----------
    right_ascension, declination
        Angles, ICRS; see `galactic_coordinates`.
    centre
        Right ascension and declination of the centre of the halo; the galactic centre l = b = 0 where it is None.

    Returns
    -------
    numpy.ndarray
        beta [rad], 0 to pi.

    Raises
    ------
    EvaluationError
        If a text is not an angle, or a declination is beyond a pole.

    Notes
    -----
    See `galactic_coordinates` and `angle_between`.

    Examples
    --------
    Cassiopeia A, cos(beta) = cos(111.7 deg) cos(2.1 deg):

    >>> from gridscan.physics.galaxy.coordinates import off_centre_angle_of_equatorial
    >>> round(float(off_centre_angle_of_equatorial("23h23m24s", "+58d48m54s")), 2)
    1.95
    """
    middle = GALACTIC_CENTRE if centre is None else galactic_coordinates(*centre)
    return off_centre_angle(*galactic_coordinates(right_ascension, declination), middle)


def radians(name: str, angle: Angle, read: Callable[[str], pint.Quantity[Any]] = parse_angle) -> FloatArray:
    """Return an angle, or an array of angles, in rad.

    Parameters
    ----------
    name
        Name of the angle in messages.
    angle
        A number in rad, a quantity of pint, astropy or another library, a text with a unit, or an array of these.
    read
        Reads a text.

    Returns
    -------
    numpy.ndarray
        [rad].

    Raises
    ------
    EvaluationError
        If a text is not an angle with a unit, a quantity is not an angle, or a number is not finite.
    UnitError
        If a quantity is masked, or of a class that is not understood.

    Examples
    --------
    >>> import math
    >>> from gridscan.physics.galaxy.coordinates import radians
    >>> round(float(radians("right_ascension", "12h")) / math.pi, 12)
    1.0
    """
    try:
        values, unit = take_apart(angle)
    except UnitError as error:
        raise UnitError(f"{name}: {error}") from None
    if unit is not None:
        if not same_dimension(unit, registry.rad):
            raise EvaluationError(f"{name} is in {readable(unit)!r}; it must be an angle, such as '1.95 rad'")
        values = convert(values, unit, registry.Unit("rad"))
    elif isinstance(values, list | tuple) or np.asarray(values).dtype.kind in "UO":
        values = _read_each(name, values, read)
    return checked(name, values, FINITE, "rad")


def _is_native(angle: Any) -> bool:
    """Tell whether arithmetic on an angle keeps its unit, or it has none."""
    own = isinstance(angle, pint.Quantity) and angle._REGISTRY is registry
    return own or isinstance(angle, int | float) or type(angle) is np.ndarray


def _read_each(name: str, angles: Any, read: Callable[[str], pint.Quantity[Any]]) -> FloatArray:
    """Return the angles of a nested list, or of an array of texts, in rad."""
    nested = isinstance(angles, list | tuple) or np.ndim(angles) > 0
    if nested and not _is_plain(angles):
        return np.array([radians(name, angle, read) for angle in angles], dtype=float)
    if isinstance(angles, str | np.str_) or np.asarray(angles).dtype.kind in "UO":
        try:
            return np.asarray(read(str(np.asarray(angles).item())).m_as("rad"), dtype=float)
        except UnitError as error:
            raise EvaluationError(f"{name}: {error}") from None
    return np.asarray(angles, dtype=float)


def _is_plain(angles: Any) -> bool:
    """Tell whether a list holds nothing but numbers."""
    return all(
        isinstance(angle, int | float) or (isinstance(angle, list | tuple) and _is_plain(angle)) for angle in angles
    )


def parse_right_ascension(text: str) -> pint.Quantity[Any]:
    """Read a right ascension, such as ``"05h35m28.03s"``, ``"05:35:28.03"`` or ``"83.867 deg"``.

    Parameters
    ----------
    text
        An angle; numbers with colons or blanks between them are hours, minutes and seconds.

    Returns
    -------
    pint.Quantity
        See `gridscan.units.angles.parse_angle`.

    Raises
    ------
    UnitError
        If the text is not an angle.

    Examples
    --------
    >>> from gridscan.physics.galaxy.coordinates import parse_right_ascension
    >>> float(parse_right_ascension("06:30").m_as("deg"))
    97.5
    """
    return parse_angle(text, "hours")


def parse_declination(text: str) -> pint.Quantity[Any]:
    """Read a declination or a latitude, such as ``"-69d16m11.8s"``, ``"-69:16:11.8"`` or ``"-69.27 deg"``.

    Parameters
    ----------
    text
        An angle that is not in hours; numbers with colons or blanks between them are degrees, minutes and seconds.

    Returns
    -------
    pint.Quantity
        See `gridscan.units.angles.parse_angle`.

    Raises
    ------
    UnitError
        If the text is not an angle, or is in hours.

    Examples
    --------
    >>> from gridscan.physics.galaxy.coordinates import parse_declination
    >>> float(parse_declination("-69:30").m_as("deg"))
    -69.5
    """
    if counts_hours(text):
        raise UnitError(f"{text!r} is in hours; it is counted in degrees, as in '-69d16m11.8s' or '-69.27 deg'")
    return parse_angle(text, "degrees")


def _latitude(name: str, angle: Angle) -> FloatArray:
    values = radians(name, angle, parse_declination)
    refuse(name, values, np.abs(values) > 0.5 * np.pi, "from -pi/2 to pi/2 rad", "rad")
    return values
