"""Distances of young stars from the Sun, in a spiral galaxy of a disk, a ring and logarithmic arms in a plane.

In polar coordinates (R, phi) about the centre, stars are a mixture of

    disk   p(R) ∝ R exp(-R/h) between an inner and an outer radius, uniform in phi
    ring   R ~ Normal, clipped to the same radii, uniform in phi
    arms   phi_c = phi_0 + 2 pi k/K + ln(R_c/R_ref)/tan(pitch), R = R_c + Normal clipped to the radii of the arms,
           with p(R_c) ∝ R_c exp(-R_c/h) between these radii

Clipping moves the tails onto the boundary circles. At an azimuth Delta from the Sun, which is at distance R0 from the
centre, stars within a distance s of the Sun have R between R0 cos(Delta) ∓ sqrt(s^2 - R0^2 sin^2(Delta)). The radial
distributions at a given azimuth have closed-form integrals, hence

    G(s) = P(d <= s) = ∫ dDelta [w_disk (F_disk(R+) - F_disk(R-)) / 2 pi + the same for the ring
                                 + w_arms/K Σ_j p(R_j) R_j |tan(pitch)| P(R- <= R <= R+ | R_j)]

over the windings R_j = R_ref exp((phi - phi_0 + 2 pi j/K) tan(pitch)) that the arms have at that azimuth: one integral,
cut where R+ or R- passes a boundary circle and where an arm begins or ends. By parts, with a floor f,

    <1/d^2 | d <= r> G(r) = ∫_0^r g(s)/max(s, f)^2 ds = G(r)/max(r, f)^2 + ∫_f^r 2 G(s)/s^3 ds.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.ranges import NOT_NEGATIVE, POSITIVE, checked
from gridscan.physics.galaxy.components import SingleGalaxy, arm_density, axisymmetric_density

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.physics.galaxy.components import Galaxy

__all__ = [
    "clustered",
    "component_fractions_within",
    "enclosed_share",
    "for_each_galaxy",
    "fraction_within",
    "fractions",
    "mean_inverse_square_distance",
    "special_distances",
]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

_TOLERANCE = 1e-11
_TOLERANCE_OF_MEAN = 1e-9
_CONVERGED = 1e-8
# A share of a galaxy's stars too small to hold a single one, though the radius may just touch the edge of a component.
_NO_STAR = 1e-15
_DISTANCES_AT_ONCE = 2048
_MOST_PIECES = 256
_MOST_DISTANCE_PANELS = 1000


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


def mean_inverse_square_distance(radius: ArrayLike, galaxy: Galaxy, distance_floor: ArrayLike) -> ValueAndError:
    """Return the mean of 1/max(d, floor)^2 over the young stars within a distance of the Sun.

    Parameters
    ----------
    radius
        Distance from the Sun [kpc], positive.
    galaxy
        The galaxy, or many.
    distance_floor
        [kpc], positive: stars nearer than this count as if they were there, for in a plane <1/d^2> diverges.

    Returns
    -------
    value, error : numpy.ndarray
        [1/kpc^2], of the shape to which all arguments broadcast; the error is an estimate of the absolute one. NaN
        where no star is within the radius, for of none there is no mean.

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


def for_each_galaxy(
    evaluate: Callable[..., ValueAndError], radius: FloatArray, galaxy: Galaxy, *others: ArrayLike
) -> ValueAndError:
    """Evaluate every different galaxy once, at all the radii that are asked of it.

    Parameters
    ----------
    evaluate
        ``evaluate(single_galaxy, radii, *others)`` returns values and errors for a tuple of radii.
    radius
        Distances from the Sun [kpc].
    galaxy
        The galaxy, or many.
    *others
        Further numbers, each of which tells galaxies apart too.

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


@functools.lru_cache(maxsize=1024)
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


@functools.lru_cache(maxsize=1024)
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
        integral[beyond], integral_error[beyond] = _integral_by_parts(galaxy, distances[beyond], floor, tolerance)
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


def _integral_by_parts(galaxy: SingleGalaxy, radii: FloatArray, floor: float, tolerance: float) -> ValueAndError:
    """Return ∫_f^r 2 G(s)/s^3 ds [1/kpc^2] for all radii, which increase and are above the floor.

    The panels in ln s end at the radii and where the circle of radius s about the Sun touches or meets an edge of the
    density. There G(s) behaves as (s - s_0)^(1/2) or ^(3/2), on one side, which squares of the variable make smooth.
    """
    beginnings, endings = special_distances(galaxy)
    cuts = np.concatenate([[floor], beginnings, endings, radii])
    ends = np.unique(cuts[(cuts >= floor) & (cuts <= radii[-1])])
    lower, width = np.log(ends[:-1]), np.log(ends[1:] / ends[:-1])
    begins, stops = np.isin(ends[:-1], beginnings)[:, None], np.isin(ends[1:], endings)[:, None]
    worst = 0.0

    def integrand(x: FloatArray, panel: NDArray[np.intp]) -> FloatArray:
        nonlocal worst
        part, slope = clustered(x, begins[panel], stops[panel])
        distance = np.exp(lower[panel, None] + width[panel, None] * part)
        enclosed, error = enclosed_share(galaxy, distance.ravel(), _TOLERANCE_OF_MEAN)
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


def clustered(x: FloatArray, low: NDArray[np.bool_], high: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Map [0, 1] to itself quadratically at the ends that are singular.

    Parameters
    ----------
    x
        Shape (..., n): numbers from 0 to 1.
    low, high
        Whether an integrand is singular at 0 and at 1.

    Returns
    -------
    mapped, derivative : numpy.ndarray
        Of the shape of `x`.
    """
    maps = [np.sin(0.5 * np.pi * x) ** 2, x**2, x * (2.0 - x)]
    slopes = [0.5 * np.pi * np.sin(np.pi * x), 2.0 * x, 2.0 * (1.0 - x)]
    cases = [low & high, low, high]
    return np.select(cases, maps, x), np.select(cases, slopes, np.ones_like(x))


def special_distances(galaxy: SingleGalaxy) -> tuple[FloatArray, FloatArray]:
    """Return the distances above which, and those below which, G(s) is singular.

    A growing circle about the Sun first touches a boundary circle, crosses it, and at last encloses it.

    Parameters
    ----------
    galaxy
        The galaxy.

    Returns
    -------
    above, below : numpy.ndarray
        [kpc].
    """
    sun, circles = galaxy.sun_radius, galaxy.boundary_radii
    azimuth, radius = galaxy.arm_ends
    corners = np.hypot(sun - radius * np.cos(azimuth), radius * np.sin(azimuth))
    # An arm ends along a ray from the centre, with a Gaussian profile about its end.
    touches = np.abs(sun * np.cos(azimuth) - radius) < 9.0 * galaxy.arm_width
    rays = sun * np.abs(np.sin(azimuth[touches]))
    return np.concatenate([[sun], np.abs(sun - circles), corners, rays]), sun + circles


def enclosed_share(galaxy: SingleGalaxy, distance: FloatArray, tolerance: float) -> ValueAndError:
    """Return G(s) and its error.

    Parameters
    ----------
    galaxy
        The galaxy.
    distance
        Shape (n,): distances s > 0 from the Sun [kpc].
    tolerance
        Relative error to attain.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of shape (n,).
    """
    blocks = [distance[i : i + _DISTANCES_AT_ONCE] for i in range(0, len(distance), _DISTANCES_AT_ONCE)]
    pairs = [_enclosed_in_block(galaxy, block, tolerance) for block in blocks]
    values, errors = ([pair[i] for pair in pairs] for i in (0, 1))
    return np.concatenate([np.empty(0), *values]), np.concatenate([np.empty(0), *errors])


def _enclosed_in_block(galaxy: SingleGalaxy, distance: FloatArray, tolerance: float) -> ValueAndError:
    lower, upper = panels_between(_angle_cuts(galaxy, distance))
    owner, panel = np.nonzero(upper > lower)

    def integrand(angle: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        azimuth, inner, outer, jacobian = _chord(galaxy.sun_radius, distance[owner, None], angle)
        total = galaxy.arm_fraction * arm_density(galaxy, azimuth, inner, outer) if galaxy.arm_fraction else 0.0
        if galaxy.disk_fraction or galaxy.ring_fraction:
            total = total + axisymmetric_density(galaxy, inner, outer)
        return jacobian * total

    # Rounding of R0 ± s leaves a relative noise in the mass between them that no refinement removes.
    noise = 8.0 * np.finfo(float).eps * galaxy.sun_radius / distance
    return integrate_panels(
        *(integrand, owner, lower[owner, panel], upper[owner, panel], len(distance)),
        relative_tolerance=np.maximum(tolerance, noise),
        absolute_tolerance=1e-290,
    )


def _chord(
    sun: float, distance: FloatArray, angle: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return azimuth from the Sun [rad], R-, R+ [kpc] and dDelta/dangle where a ray from the centre meets the circle.

    With the centre outside the circle the angle u is that at the star, sin(Delta) = (s/R0) sin(u), which takes away the
    square root at both ends; with the centre inside, it is Delta itself, and R- = 0.
    """
    near = distance < sun
    across = np.where(near, distance * np.sin(angle), sun * np.sin(angle))
    reach = np.where(near, sun, distance)
    long = np.sqrt(np.maximum((reach - across) * (reach + across), 0.0))
    along = np.where(near, long, sun * np.cos(angle))
    half = np.where(near, distance * np.cos(angle), long)
    difference = np.abs(sun - distance) * (sun + distance)
    # R+ R- = |R0^2 - s^2|: the smaller of the two without cancellation.
    larger = np.abs(along) + half
    smaller = np.divide(difference, larger, out=np.zeros_like(larger), where=larger > 0.0)
    outer = np.where(along >= 0.0, larger, smaller)
    inner = np.where(near, smaller, 0.0)
    azimuth = np.where(near, np.arctan2(across, long), angle)
    jacobian = np.where(near, np.divide(half, long, out=np.zeros_like(half), where=long > 0.0), 1.0)
    return azimuth, inner, outer, jacobian


def _angle_cuts(galaxy: SingleGalaxy, distance: FloatArray) -> FloatArray:
    """Return the angles of `_chord` between which the integrand is smooth, shape (n, k), NaN where there is none."""
    sun, distance = galaxy.sun_radius, distance[:, None]
    near = distance < sun
    end = np.where(near, np.pi / 2, np.pi)
    ring = [galaxy.ring_radius] if galaxy.ring_fraction > 0.0 and galaxy.ring_radius > 0.0 else []
    circles = np.concatenate([galaxy.boundary_radii, ring])
    azimuth, star = _triangle_angles(sun, circles, distance)
    meets = np.where(near, np.minimum(star, np.pi - star), azimuth)
    rays = np.broadcast_to(galaxy.arm_ends[0], (len(distance), len(galaxy.arm_ends[0])))
    sine = sun * np.sin(rays) / distance
    crossed = near & (np.abs(rays) < np.pi / 2) & (np.abs(sine) < 1.0)
    rays = np.where(near, np.where(crossed, np.arcsin(np.where(crossed, sine, 0.0)), np.nan), rays)
    # A feature much narrower than a panel could lie between its points unseen.
    pieces = np.clip(np.ceil(end * np.minimum(distance, sun) / (4.0 * galaxy.narrowest)), 2, _MOST_PIECES)
    steps = np.arange(int(pieces.max()) + 1)
    regular = np.where(steps <= pieces, -end + 2.0 * end * steps / pieces, np.nan)
    return np.concatenate([regular, meets, -meets, rays], axis=-1)


def _triangle_angles(sun: float, circles: FloatArray, distance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the angles at the centre and at the star of the triangle Sun-centre-star, NaN where there is none.

    Half-angle formula: tan^2(A/2) = (p - b)(p - c) / (p (p - a)) with half the perimeter p, free of cancellation.
    """
    half = 0.5 * (sun + circles + distance)
    beyond_sun, beyond_circle, beyond_distance = half - sun, half - circles, half - distance
    exists = (beyond_sun > 0.0) & (beyond_circle > 0.0) & (beyond_distance > 0.0) & (sun > 0.0) & (circles > 0.0)
    azimuth, star = (
        2.0 * np.arctan2(np.sqrt(np.where(exists, a * b, np.nan)), np.sqrt(np.where(exists, half * c, np.nan)))
        for a, b, c in ((beyond_sun, beyond_circle, beyond_distance), (beyond_circle, beyond_distance, beyond_sun))
    )
    return azimuth, star
