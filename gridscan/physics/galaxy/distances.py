"""Distances of young stars from the Sun, in a spiral galaxy of a disk, a ring and logarithmic arms in a plane.

`gridscan.physics.galaxy.enclosed_stars` computes G(s) = P(d <= s), the share of the stars within a distance s of the
Sun, with the density g(s) = G'(s). By parts, with a floor f,

    <1/d^2 | d <= r> G(r) = ∫_0^r g(s)/max(s, f)^2 ds = G(r)/max(r, f)^2 + ∫_f^r 2 G(s)/s^3 ds.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import integrate_panels
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.galaxy.components import SingleGalaxy
from gridscan.physics.galaxy.enclosed_stars import Effort, clustered, enclosed_share, remembered, special_distances

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy

__all__ = [
    "component_fractions_within",
    "for_each_galaxy",
    "fraction_within",
    "fractions",
    "mean_inverse_square_distance",
]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

_TOLERANCE = 1e-11
_TOLERANCE_OF_MEAN = 1e-9
_CONVERGED = 1e-8
# A share of the stars too small to hold one, as where the radius just touches the edge of a component.
_NO_STAR = 1e-15
_MOST_DISTANCE_PANELS = 1000
_RADII_AT_ONCE = 100


def fraction_within(radius: ArrayLike, galaxy: Galaxy) -> ValueAndError:
    """Return the share of a galaxy's young stars that are within a distance of the Sun, P(d <= r).

    Parameters
    ----------
    radius
        Distance from the Sun [kpc], not negative.
    galaxy
        The galaxy, or many.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of the shape to which all arguments broadcast; the error is an estimate of the absolute one.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or an integral has not converged to 1e-8.

    Notes
    -----
    p(<r) = ∫_0^r g(s) ds with g(s) = s ∫ f dα. Source: the density f in polar coordinates (s, α) about the Sun; the
    integral over s is done in closed form.

    Examples
    --------
    From the centre of an exponential disk, 1 - (1 + r/h) exp(-r/h) of the stars are within r:

    >>> import numpy as np
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> disk = Galaxy(sun_x=0, sun_y=0, arm_fraction=0, ring_fraction=0, disk_inner_radius=0, disk_outer_radius=200)
    >>> x = 3.0 / disk.disk_scale_length
    >>> value, error = fraction_within(3.0, disk)
    >>> round(float(value / (1 - (1 + x) * np.exp(-x))), 7)
    1.0

    Near the Sun:

    >>> share, error = fraction_within([1.0, 3.0], Galaxy(arm_fraction=0.5))
    >>> share.round(4)
    array([0.0017, 0.0267])
    """
    return for_each_galaxy(fractions, checked("radius", radius, NOT_NEGATIVE, "kpc"), galaxy)


@in_units(radius="kpc", distance_floor="kpc")
def mean_inverse_square_distance(radius: ArrayLike, galaxy: Galaxy, distance_floor: ArrayLike) -> ValueAndError:
    """Return the mean of 1/max(d, floor)^2 over the young stars within a distance of the Sun.

    Parameters
    ----------
    radius
        Distance from the Sun [kpc], positive.
    galaxy
        The galaxy, or many.
    distance_floor
        [kpc], positive: stars nearer than this count as being at it, since <1/d^2> diverges in a plane.

    Returns
    -------
    value, error : numpy.ndarray
        [1/kpc^2], of the shape to which all arguments broadcast; the error is an estimate of the absolute one. NaN
        where no star is within the radius.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or an integral has not converged to 1e-8.

    Notes
    -----
    <1/d²> = ∫_0^r g(s)/max(s, floor)² ds/p(<r). Source: the density in polar coordinates about the Sun, by parts.

    Examples
    --------
    With a floor as large as the radius it is 1/radius^2:

    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> value, error = mean_inverse_square_distance(2.0, Galaxy(), 2.0)
    >>> round(float(value), 9)
    0.25
    """
    radius = checked("radius", radius, POSITIVE, "kpc")
    floor = checked("distance_floor", distance_floor, POSITIVE, "kpc")
    return for_each_galaxy(_mean_inverse_squares, radius, galaxy, floor)


def component_fractions_within(radius: ArrayLike, galaxy: Galaxy) -> dict[str, ValueAndError]:
    """Return the share of the stars of each component that is within a distance of the Sun.

    Parameters
    ----------
    radius
        Distance from the Sun [kpc], not negative.
    galaxy
        The galaxy, or many; the shares of its components have no influence.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        Value and error, as `fraction_within` returns them, for ``"disk"``, ``"ring"`` and ``"arms"``.

    Raises
    ------
    EvaluationError
        If a parameter is outside its range, or an integral has not converged to 1e-8.

    Notes
    -----
    See `fraction_within`.

    Examples
    --------
    The Sun is near an arm:

    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> shares = component_fractions_within(30.0, Galaxy())
    >>> {name: round(float(value), 6) for name, (value, error) in shares.items()}
    {'disk': 1.0, 'ring': 1.0, 'arms': 1.0}
    """
    shares = {"disk": (0.0, 0.0), "ring": (0.0, 1.0), "arms": (1.0, 0.0)}
    return {
        component: fraction_within(radius, dataclasses.replace(galaxy, arm_fraction=arm, ring_fraction=ring))
        for component, (arm, ring) in shares.items()
    }


@in_units(radius="kpc")
def for_each_galaxy(
    evaluate: Callable[..., ValueAndError], radius: FloatArray, galaxy: Galaxy, *others: ArrayLike
) -> ValueAndError:
    """Evaluate every distinct galaxy once, at all its radii.

    Parameters
    ----------
    evaluate
        ``evaluate(single_galaxy, radii, *others)`` returns values and errors for a tuple of radii.
    radius
        Distances from the Sun [kpc].
    galaxy
        The galaxy, or many.
    *others
        Further numbers; galaxies that differ in one are distinct.

    Returns
    -------
    value, error : numpy.ndarray
        Of the shape to which all arguments broadcast.

    Raises
    ------
    EvaluationError
        If a parameter of a galaxy is outside its range.
    """
    own = galaxy.arrays()
    arrays = np.broadcast_arrays(radius, *own, *(np.asarray(values, dtype=float) for values in others))
    shape, rows = arrays[0].shape, np.stack([array.ravel() for array in arrays[1:]], axis=-1)
    radii = arrays[0].ravel()
    value, error = np.empty(radii.shape), np.empty(radii.shape)
    different, which = np.unique(rows, axis=0, return_inverse=True)
    for index, row in enumerate(different.tolist()):
        chosen = which.reshape(-1) == index
        distances, place = np.unique(radii[chosen], return_inverse=True)
        single = SingleGalaxy(*row[: len(own)])
        values, errors = evaluate(single, tuple(distances.tolist()), *row[len(own) :])
        value[chosen], error[chosen] = values[place], errors[place]
    return value.reshape(shape), error.reshape(shape)


@in_units(radii="kpc")
@remembered
def fractions(galaxy: SingleGalaxy, radii: tuple[float, ...]) -> ValueAndError:
    """Return P(d <= r) of one galaxy, and its error.

    Parameters
    ----------
    galaxy
        The galaxy.
    radii
        Distances r from the Sun [kpc].

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of the shape (len(radii),).
    """
    distances = np.array(radii)
    value, error = np.zeros(len(radii)), np.zeros(len(radii))
    inside = distances > 0.0
    value[inside], error[inside] = enclosed_share(galaxy, distances[inside], _TOLERANCE)
    _require_convergence("fraction_within", value, error, distances, _NO_STAR)
    return value, error


@remembered
def _mean_inverse_squares(galaxy: SingleGalaxy, radii: tuple[float, ...], floor: float) -> ValueAndError:
    value, error = np.full(len(radii), np.nan), np.full(len(radii), np.nan)
    fraction, fraction_error = fractions(galaxy, radii)
    some = fraction > 0.0
    if not some.any():
        return value, error
    fraction, fraction_error, distances = fraction[some], fraction_error[some], np.array(radii)[some]
    boundary = fraction / np.maximum(distances, floor) ** 2
    beyond = distances > floor
    integral, integral_error = np.zeros(len(distances)), np.zeros(len(distances))
    if beyond.any():
        tolerance = _TOLERANCE_OF_MEAN * float(boundary[beyond].min())
        integral[beyond], integral_error[beyond] = _integrals(galaxy, distances[beyond], floor, tolerance)
    value[some] = (boundary + integral) / fraction
    error[some] = (integral_error + value[some] * fraction_error) / fraction
    _require_convergence("mean_inverse_square_distance", value[some], error[some], distances)
    return value, error


def _require_convergence(
    name: str, value: FloatArray, error: FloatArray, radius: FloatArray, negligible: float = 0.0
) -> None:
    poor = np.flatnonzero(~(error <= _CONVERGED * value + negligible))
    if poor.size:
        index = poor[0]
        raise EvaluationError(
            f"{name} has not converged at radius = {radius[index]:g} kpc: found {value[index]:g} with an error of "
            f"{error[index]:.1g}, which must be at most {_CONVERGED:g} of the value"
        )


def _integrals(galaxy: SingleGalaxy, radii: FloatArray, floor: float, tolerance: float) -> ValueAndError:
    """Return ∫_f^r 2 G(s)/s^3 ds [1/kpc^2] for all radii, some at a time, so that many do not use up the panels."""
    parts = np.split(radii, range(_RADII_AT_ONCE, len(radii), _RADII_AT_ONCE))
    found, begin, before = [], floor, np.zeros(2)
    for part in parts:
        found.append(before[:, None] + np.stack(_integral_by_parts(galaxy, part, begin, tolerance / len(parts))))
        begin, before = float(part[-1]), found[-1][:, -1]
    value, error = np.concatenate(found, axis=1)
    return value, error


def _integral_by_parts(galaxy: SingleGalaxy, radii: FloatArray, floor: float, tolerance: float) -> ValueAndError:
    """Return ∫_f^r 2 G(s)/s^3 ds [1/kpc^2] for radii that increase and are above f, the floor or a smaller radius.

    The panels in ln s end at the radii and where the circle of radius s about the Sun touches or meets an edge of the
    density. There G(s) behaves as (s - s_0)^(1/2) or ^(3/2), on one side, which squares of the variable make smooth.
    """
    beginnings, endings = special_distances(galaxy)
    cuts = np.concatenate([[floor], beginnings, endings, radii])
    ends = np.unique(cuts[(cuts >= floor) & (cuts <= radii[-1])])
    lower, width = np.log(ends[:-1]), np.log(ends[1:] / ends[:-1])
    begins, stops = np.isin(ends[:-1], beginnings)[:, None], np.isin(ends[1:], endings)[:, None]
    worst, effort = 0.0, Effort(galaxy)

    def integrand(x: FloatArray, panel: NDArray[np.intp]) -> FloatArray:
        nonlocal worst
        part, slope = clustered(x, begins[panel], stops[panel])
        distance = np.exp(lower[panel, None] + width[panel, None] * part)
        enclosed, error = enclosed_share(galaxy, distance.ravel(), _TOLERANCE_OF_MEAN, effort)
        worst = max(worst, float(np.max(np.divide(error, enclosed, out=np.zeros_like(error), where=enclosed > 0.0))))
        weighted: FloatArray = 2.0 * enclosed.reshape(x.shape) / distance**2 * width[panel, None] * slope
        return weighted

    count = len(lower)
    value, error = integrate_panels(
        *(integrand, np.arange(count), np.zeros(count), np.ones(count), count),
        relative_tolerance=_TOLERANCE_OF_MEAN,
        absolute_tolerance=tolerance,
        most_panels=_MOST_DISTANCE_PANELS,
    )
    last = np.searchsorted(ends[1:], radii)
    return np.cumsum(value)[last], np.cumsum(error + worst * value)[last]
