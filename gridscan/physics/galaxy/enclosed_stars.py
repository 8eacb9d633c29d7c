"""Share of a spiral galaxy's young stars within a distance of the Sun: a disk, a ring and logarithmic arms in a plane.

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
cut where R+ or R- passes a boundary circle and where an arm begins or ends.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gridscan.errors import EvaluationError
from gridscan.numerics.quadrature import integrate_panels, panels_between
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.galaxy.components import SingleGalaxy, arm_density, axisymmetric_density

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "MOST_TERMS",
    "Effort",
    "clustered",
    "enclosed_share",
    "remembered",
    "special_distances",
]

FloatArray = NDArray[np.floating[Any]]
ValueAndError = tuple[FloatArray, FloatArray]

Answer = TypeVar("Answer")

#: Most terms of the density of one answer, also of all stretches of distances that it takes: some ten seconds.
MOST_TERMS = 2e8
# What else a point costs, in terms.
_TERMS_OF_A_POINT = 4.0
# Arms of an arc of so many standard deviations are rays; a Sun at so many radii of the galaxy is far away.
_SHORT_ARC = 1e-3
_FAR = 30.0
_MANY_WINDINGS = 30.0
_DISTANCES_AT_ONCE = 2048
_MOST_PANELS = 256


class Effort:
    """The work for one answer, which is bounded.

    Parameters
    ----------
    galaxy
        The galaxy, whose narrow or tightly wound components cost most.

    Examples
    --------
    >>> from gridscan.physics.galaxy.components import Galaxy
    >>> from gridscan.physics.galaxy.enclosed_stars import Effort
    >>> Effort(Galaxy(arm_width=1e-6).single()).spend(10**9)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    gridscan.errors.EvaluationError: the distances of the stars take too many ..., because of arm_width = 1e-06 kpc; ...
    """

    def __init__(self, galaxy: SingleGalaxy) -> None:
        low, high = galaxy.winding_range
        self.galaxy = galaxy
        windings = (high - low) * galaxy.arm_count / (2.0 * np.pi) if galaxy.arm_fraction else 0.0
        self.windings = 1.0 + windings
        self.left = MOST_TERMS

    def spend(self, points: int) -> None:
        """Count evaluations of the density.

        Parameters
        ----------
        points
            Number of points; at each of them every winding of the arms is a term.

        Raises
        ------
        EvaluationError
            If there have been too many terms; the message says which parameters make so many necessary.
        """
        self.spend_terms(points * (_TERMS_OF_A_POINT + self.windings))

    def spend_terms(self, terms: float) -> None:
        """Count terms.

        Parameters
        ----------
        terms
            Number of terms, also of those that another answer has paid for.

        Raises
        ------
        EvaluationError
            As of `spend`.
        """
        self.left -= terms
        if self.left < 0.0:
            raise EvaluationError(
                f"the distances of the stars take too many evaluations of their density, because of {self._costly()}"
            )

    @property
    def spent(self) -> float:
        """Number of terms so far."""
        return MOST_TERMS - self.left

    def _costly(self) -> str:
        """Return which parameters make so many evaluations necessary, and what to choose."""
        galaxy, narrowest = self.galaxy, self.galaxy.narrowest
        low, high = galaxy.winding_range
        if galaxy.arm_fraction and (high - low) * galaxy.arm_inner_radius < _SHORT_ARC * narrowest:
            return f"arm_pitch = {np.degrees(galaxy.arm_pitch):.10g} deg; choose a value nearer to 0 deg"
        if galaxy.sun_radius > _FAR * galaxy.boundary_radii.max(initial=galaxy.ring_radius):
            return f"a Sun at {galaxy.sun_radius:g} kpc from the centre; choose sun_x and sun_y nearer to it"
        name = "arm_width" if galaxy.arm_fraction and galaxy.arm_width == narrowest else "ring_width"
        costly = [f"{name} = {narrowest:g} kpc"]
        if self.windings > _MANY_WINDINGS:
            costly.append(f"arm_pitch = {np.degrees(galaxy.arm_pitch):g} deg")
        return f"{' and '.join(costly)}; choose a larger value"


def remembered(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return a function that keeps its last thousand answers, and the refusals among them.

    Parameters
    ----------
    function
        Of hashable positional arguments.

    Returns
    -------
    callable
        The same function, whose answers are not to be changed, with ``cache_clear`` as of `functools.lru_cache`.

    Examples
    --------
    >>> from gridscan.physics.galaxy.enclosed_stars import remembered
    >>> calls = []
    >>> half = remembered(lambda x: calls.append(x) or x / 2)
    >>> half(3.0), half(3.0), calls
    (1.5, 1.5, [3.0])
    """

    @functools.lru_cache(maxsize=1024)
    def answer(*arguments: Any) -> Answer | EvaluationError:
        try:
            return function(*arguments)
        except EvaluationError as error:
            return error

    @functools.wraps(function)
    def asked(*arguments: Any) -> Answer:
        found = answer(*arguments)
        if isinstance(found, EvaluationError):
            raise EvaluationError(str(found))
        return found

    vars(asked)["cache_clear"] = answer.cache_clear
    return asked


@in_units(distance="kpc")
def enclosed_share(
    galaxy: SingleGalaxy, distance: FloatArray, tolerance: float, effort: Effort | None = None
) -> ValueAndError:
    """Return G(s) and its error.

    Parameters
    ----------
    galaxy
        The galaxy.
    distance
        Shape (n,): distances s > 0 from the Sun [kpc].
    tolerance
        Relative error to attain.
    effort
        What the distances of one answer may cost together; by default as much as one answer may.

    Returns
    -------
    value, error : numpy.ndarray
        Dimensionless, of shape (n,).

    Raises
    ------
    EvaluationError
        If it costs more.
    """
    effort = effort or Effort(galaxy)
    blocks = [distance[i : i + _DISTANCES_AT_ONCE] for i in range(0, len(distance), _DISTANCES_AT_ONCE)]
    pairs = [_enclosed_in_block(galaxy, block, tolerance, effort) for block in blocks]
    values, errors = ([pair[i] for pair in pairs] for i in (0, 1))
    return np.concatenate([np.empty(0), *values]), np.concatenate([np.empty(0), *errors])


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


def _enclosed_in_block(galaxy: SingleGalaxy, distance: FloatArray, tolerance: float, effort: Effort) -> ValueAndError:
    lower, upper = panels_between(_angle_cuts(galaxy, distance))
    owner, panel = np.nonzero(upper > lower)

    def integrand(angle: FloatArray, owner: NDArray[np.intp]) -> FloatArray:
        effort.spend(angle.size)
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
    panels = np.clip(np.ceil(end * np.minimum(distance, sun) / (4.0 * galaxy.narrowest)), 2, _MOST_PANELS)
    steps = np.arange(int(panels.max()) + 1)
    regular = np.where(steps <= panels, -end + 2.0 * end * steps / panels, np.nan)
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
