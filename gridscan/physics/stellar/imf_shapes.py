"""Initial mass functions of three shapes: broken power laws, a lognormal with power laws above, a smooth bend.

All are normalised to one solar mass of stars formed, and share the vectors `exponents` (n) and `breaks` (n + 1) of
`gridscan.physics.stellar.imf`, whose power laws are the first shape:

    power-law     xi ∝ m^-alpha_i between the breaks
    lognormal     xi ∝ m^-alpha_0 exp(-log10²(m/m_c)/(2 w²)) in the first segment, power laws in the others, continuous
    maschberger   xi ∝ x^-alpha (1 + x^(1 - alpha))^-beta, x = m/m_1: the slope bends from alpha_0 to alpha_1 = alpha
                  about the break m_1, beta = (alpha_1 - alpha_0)/(alpha_1 - 1)

With alpha_0 = 1 the lognormal is one in dN/dlog m. All integrals are in closed form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import beta as beta_function
from scipy.special import betainc, erf, erfc, exprel

from gridscan.errors import EvaluationError, listed, nearest
from gridscan.numerics.ranges import POSITIVE, Range, checked, refuse
from gridscan.numerics.unit_arguments import in_units
from gridscan.physics.stellar import imf

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["IMF_KINDS", "MassFunction", "mass_between", "number_between", "number_density", "stars_per_bin"]

FloatArray = NDArray[np.floating[Any]]

IMF_KINDS = ("power-law", "lognormal", "maschberger")

_WIDTH = Range(above=0.0, maximum=10.0)


@in_units(breaks="Msun", lognormal_mass="Msun")
class MassFunction(NamedTuple):
    """An initial mass function, or many: arrays that broadcast except along the axis of the exponents and breaks.

    Attributes
    ----------
    exponents
        Shape (..., n).
    breaks
        Shape (..., n + 1) [Msun]. Mass functions with different numbers of segments share an array by repeating the
        last break and exponent.
    kind
        ``"power-law"``, ``"lognormal"`` or ``"maschberger"``.
    lognormal_mass
        m_c [Msun], positive; of no influence on the other kinds.
    lognormal_width
        w [dex], above 0 and at most 10; of no influence on the other kinds.
    """

    exponents: ArrayLike
    breaks: ArrayLike
    kind: ArrayLike = "power-law"
    lognormal_mass: ArrayLike = 0.2
    lognormal_width: ArrayLike = 0.55


class _Rows(NamedTuple):
    """Mass functions of one kind, one a row."""

    exponents: FloatArray
    breaks: FloatArray
    centre: FloatArray
    width: FloatArray


@in_units(mass="Msun")
def number_density(mass: ArrayLike, function: MassFunction) -> FloatArray:
    """Return the initial mass function xi(m): the number of stars per stellar mass and per solar mass formed.

    Parameters
    ----------
    mass
        Mass of a star [Msun], positive; broadcast against the leading axes of the mass function.
    function
        The mass function, or many.

    Returns
    -------
    numpy.ndarray
        xi(m) [1/Msun^2], zero outside the outermost breaks.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    See the module for the three shapes. Sources: Kroupa 2001, MNRAS 322, 231; Chabrier 2005, in "The Initial Mass
    Function 50 Years Later"; Maschberger 2013, MNRAS 429, 1725.

    Examples
    --------
    At its characteristic mass Maschberger's function is 2^-beta of its power law:

    >>> from gridscan.physics.stellar.imf_shapes import MassFunction, number_density
    >>> smooth = MassFunction([0.48, 2.3], [0.08, 0.2, 120.0], "maschberger")
    >>> here, far = number_density([0.2, 100.0], smooth)
    >>> round(float(here / (far * 500**2.3)), 3), round(2**-1.4, 3)
    (0.379, 0.379)
    """
    mass = checked("mass", mass, POSITIVE, "Msun")

    def evaluate(kind: str, m: FloatArray, _: FloatArray, shape: _Rows) -> FloatArray:
        if kind == "power-law":
            return imf.number_density(m, shape.exponents, shape.breaks)
        height = _lognormal_height if kind == "lognormal" else _maschberger_height
        breaks = shape.breaks
        inside = (m >= breaks[..., 0]) & (m <= breaks[..., -1])
        held = np.clip(m, breaks[..., 0], breaks[..., -1])
        return np.where(inside, height(held, shape) / _total(kind, shape), 0.0)

    return _for_each_kind(evaluate, mass, mass, function)


@in_units(lower="Msun", upper="Msun")
def number_between(lower: ArrayLike, upper: ArrayLike, function: MassFunction) -> FloatArray:
    """Return the number of stars between two masses per solar mass formed, ∫ xi(m) dm.

    Parameters
    ----------
    lower, upper
        Masses [Msun], positive; broadcast against the leading axes of the mass function. Exchanging them changes the
        sign of the result.
    function
        The mass function, or many.

    Returns
    -------
    numpy.ndarray
        Number of stars per solar mass formed [1/Msun].

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Closed forms: error functions of the lognormal; (1 + x^(1 - alpha))^(1 - beta) of Maschberger's function, which was
    made to be integrated. Sources: as of `number_density`.

    Examples
    --------
    Stars that may collapse per 1000 solar masses formed, for four mass functions:

    >>> from gridscan.physics.stellar.imf_shapes import MassFunction, number_between
    >>> kroupa = MassFunction([1.3, 2.3], [0.08, 0.5, 120.0])
    >>> salpeter = MassFunction([2.35], [0.08, 120.0])
    >>> chabrier = MassFunction([1.0, 2.35], [0.08, 1.0, 120.0], "lognormal")
    >>> maschberger = MassFunction([0.48, 2.3], [0.08, 0.2, 120.0], "maschberger")
    >>> [round(1e3 * float(number_between(8.0, 120.0, m)), 2) for m in (kroupa, salpeter, chabrier, maschberger)]
    [10.91, 6.83, 11.34, 12.03]
    """
    return _between(lower, upper, function, power=0)


@in_units(lower="Msun", upper="Msun")
def mass_between(lower: ArrayLike, upper: ArrayLike, function: MassFunction) -> FloatArray:
    """Return the share of the mass formed that goes into stars between two masses, ∫ m xi(m) dm.

    Parameters
    ----------
    lower, upper
        Masses [Msun], positive; broadcast against the leading axes of the mass function. Exchanging them changes the
        sign of the result.
    function
        The mass function, or many.

    Returns
    -------
    numpy.ndarray
        Dimensionless (Msun per Msun formed); 1 between the outermost breaks.

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    Closed forms: error functions of the lognormal, an incomplete beta function of Maschberger's. Sources: as of
    `number_density`.

    Examples
    --------
    >>> from gridscan.physics.stellar.imf_shapes import MassFunction, mass_between
    >>> chabrier = MassFunction([1.0, 2.35], [0.08, 1.0, 120.0], "lognormal")
    >>> mass_between([0.08, 0.08], [1.0, 120.0], chabrier).round(4)
    array([0.3954, 1.    ])
    """
    return _between(lower, upper, function, power=1)


@in_units(edges="Msun")
def stars_per_bin(edges: ArrayLike, function: MassFunction) -> FloatArray:
    """Return the number of stars in each of many bins of mass per solar mass formed.

    Parameters
    ----------
    edges
        Shape (b + 1,): masses [Msun], positive, increasing, such as `PhaseTable.bin_edges`.
    function
        The mass function, or many.

    Returns
    -------
    numpy.ndarray
        Shape (..., b): w_b = ∫ xi dm over the bin [1/Msun].

    Raises
    ------
    EvaluationError
        If an argument is outside its range.

    Notes
    -----
    See `number_between`.

    Examples
    --------
    >>> from gridscan.physics.stellar.imf_shapes import MassFunction, stars_per_bin
    >>> stars_per_bin([10.0, 12.0, 14.0], MassFunction([2.35], [0.08, 120.0])).round(6)
    array([0.001131, 0.000762])
    """
    ends = checked("edges", edges, POSITIVE, "Msun")
    wide = MassFunction(
        *(np.expand_dims(np.asarray(vector, dtype=float), -2) for vector in function[:2]),
        *(np.expand_dims(np.asarray(value), -1) for value in function[2:]),
    )
    return number_between(ends[:-1], ends[1:], wide)


def _between(lower: ArrayLike, upper: ArrayLike, function: MassFunction, power: int) -> FloatArray:
    low, high = checked("lower", lower, POSITIVE, "Msun"), checked("upper", upper, POSITIVE, "Msun")

    def evaluate(kind: str, start: FloatArray, stop: FloatArray, shape: _Rows) -> FloatArray:
        if kind == "power-law":
            integral = imf.mass_between if power else imf.number_between
            return integral(start, stop, shape.exponents, shape.breaks)
        moment = _lognormal_moment if kind == "lognormal" else _maschberger_moment
        return moment(start, stop, shape, power) / _total(kind, shape)

    return _for_each_kind(evaluate, low, high, function)


def _total(kind: str, shape: _Rows) -> FloatArray:
    breaks = shape.breaks
    moment = _lognormal_moment if kind == "lognormal" else _maschberger_moment
    return moment(breaks[..., 0], breaks[..., -1], shape, 1)


def _for_each_kind(evaluate: Any, lower: FloatArray, upper: FloatArray, function: MassFunction) -> FloatArray:
    """Evaluate each kind for its mass functions alone, all arrays flattened to rows of the same length."""
    kinds = np.asarray(function.kind, dtype=str)
    _refuse_unknown_kinds(kinds.ravel().tolist())
    exponents, breaks = (np.asarray(vector, dtype=float) for vector in (function.exponents, function.breaks))
    # Refuses what is no mass function of any kind.
    imf.number_density(1.0, exponents, breaks)
    centre = checked("lognormal_mass", function.lognormal_mass, POSITIVE, "Msun")
    width = checked("lognormal_width", function.lognormal_width, _WIDTH, "dex")
    scalars = np.broadcast_arrays(lower, upper, centre, width, kinds, exponents[..., 0], breaks[..., 0])
    shape, rows = scalars[0].shape, [array.ravel() for array in scalars[:5]]
    vectors = [np.broadcast_to(v, (*shape, v.shape[-1])).reshape(-1, v.shape[-1]) for v in (exponents, breaks)]
    result = np.empty(rows[0].shape)
    for kind in np.unique(rows[4]).tolist():
        chosen = rows[4] == kind
        start, stop, centres, widths = (row[chosen] for row in rows[:4])
        one = _Rows(vectors[0][chosen], vectors[1][chosen], centres, widths)
        result[chosen] = evaluate(kind, start, stop, one)
    return result.reshape(shape)


def _refuse_unknown_kinds(kinds: Iterable[str]) -> None:
    for kind in kinds:
        if kind not in IMF_KINDS:
            raise EvaluationError(
                f"unknown imf_kind {kind!r}{nearest(kind, IMF_KINDS)}; it must be one of {listed(IMF_KINDS)}"
            )


def _lognormal_height(mass: FloatArray, shape: _Rows) -> FloatArray:
    """Return the mass function, not normalised, of masses within its breaks."""
    exponents, breaks, spread = shape.exponents, shape.breaks, _spread(shape)
    joint = np.minimum(mass, breaks[..., 1])
    height = joint ** -exponents[..., 0] * np.exp(-0.5 * (np.log(joint / shape.centre) / spread) ** 2)
    for segment in range(1, exponents.shape[-1]):
        low, high = breaks[..., segment], breaks[..., segment + 1]
        height = height * (np.clip(mass, low, high) / low) ** -exponents[..., segment]
    return np.asarray(height)


def _lognormal_moment(lower: FloatArray, upper: FloatArray, shape: _Rows, power: int) -> FloatArray:
    """Return ∫ m^power xi dm, not normalised.

    In the first segment, with l = ln(m/m_c), the spread s of ln m and q = power + 1 - alpha_0, it is m_c^q ∫ exp(q l -
    l²/(2 s²)) dl, a difference of error functions of (l - q s²)/(√2 s).
    """
    exponents, breaks, spread = shape.exponents, shape.breaks, _spread(shape)
    q = power + 1.0 - exponents[..., 0]
    start, stop = (
        (np.log(np.clip(end, breaks[..., 0], breaks[..., 1]) / shape.centre) - q * spread**2) / spread
        for end in (lower, upper)
    )
    area = _gaussian_area(start / np.sqrt(2.0), stop / np.sqrt(2.0))
    scale = shape.centre**q * np.exp(0.5 * (q * spread) ** 2)
    total = scale * spread * np.sqrt(0.5 * np.pi) * area
    if exponents.shape[-1] == 1:
        return np.asarray(total)
    # A tail of zero width holds no stars; the power laws need a segment all the same.
    tail = breaks[..., 1:].copy()
    tail[..., -1] = np.where(tail[..., -1] > tail[..., 0], tail[..., -1], 2.0 * tail[..., 0])
    begin, end = (np.clip(limit, breaks[..., 1], breaks[..., -1]) for limit in (lower, upper))
    integral = imf.mass_between if power else imf.number_between
    relative = integral(begin, end, exponents[..., 1:], tail)
    joint = imf.number_density(tail[..., 0], exponents[..., 1:], tail)
    return np.asarray(total + _lognormal_height(breaks[..., 1], shape) * relative / joint)


def _spread(shape: _Rows) -> FloatArray:
    return np.asarray(np.log(10.0) * shape.width)


def _gaussian_area(start: FloatArray, stop: FloatArray) -> FloatArray:
    """Return erf(stop) - erf(start), without cancellation in the tails."""
    beyond = np.minimum(start, stop) > 0.0
    before = np.maximum(start, stop) < 0.0
    return np.select([beyond, before], [erfc(start) - erfc(stop), erfc(-stop) - erfc(-start)], erf(stop) - erf(start))


def _maschberger_height(mass: FloatArray, shape: _Rows) -> FloatArray:
    alpha, beta, characteristic = _bend(shape)
    x = mass / characteristic
    return np.asarray(x**-alpha * np.exp(-beta * np.log1p(x ** (1.0 - alpha))))


def _maschberger_moment(lower: FloatArray, upper: FloatArray, shape: _Rows, power: int) -> FloatArray:
    """Return ∫ m^power xi dm, not normalised; y = x^(1 - alpha) is the variable of both closed forms."""
    alpha, beta, characteristic = _bend(shape)
    breaks = shape.breaks
    log_low, log_high = (
        (1.0 - alpha) * np.log(np.clip(end, breaks[..., 0], breaks[..., -1]) / characteristic) for end in (lower, upper)
    )
    if power == 0:
        growth = np.log1p(np.exp(log_low) * np.expm1(log_high - log_low) / (1.0 + np.exp(log_low)))
        start = np.exp((1.0 - beta) * np.log1p(np.exp(log_low)))
        return np.asarray(characteristic * start * growth * exprel((1.0 - beta) * growth) / (1.0 - alpha))
    first = (2.0 - alpha) / (1.0 - alpha)
    second = beta - first
    low, high = (1.0 / (1.0 + np.exp(-y)) for y in (log_low, log_high))
    upper_low, upper_high = (1.0 / (1.0 + np.exp(y)) for y in (log_low, log_high))
    difference = np.where(
        low + high < 1.0,
        betainc(first, second, low) - betainc(first, second, high),
        betainc(second, first, upper_high) - betainc(second, first, upper_low),
    )
    return np.asarray(characteristic**2 * beta_function(first, second) * difference / (alpha - 1.0))


def _bend(shape: _Rows) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return alpha and beta of Maschberger's function, and its characteristic mass [Msun]."""
    exponents, breaks = shape.exponents, shape.breaks
    if exponents.shape[-1] < 2:
        raise EvaluationError("a mass function of imf_kind maschberger has 1 exponent; it must have 2, and 3 breaks")
    low, alpha = exponents[..., 0], exponents[..., 1]
    further = (exponents[..., 2:] != alpha[..., None]) | (breaks[..., 3:] != breaks[..., 2:3])
    if further.any():
        raise EvaluationError("a mass function of imf_kind maschberger has more than 2 exponents; it must have 2")
    refuse("the first exponent of imf_kind maschberger", low, low >= 2.0, "below 2")
    refuse("the second exponent of imf_kind maschberger", alpha, alpha <= 2.0, "above 2")
    return alpha, (alpha - low) / (alpha - 1.0), breaks[..., 1]
