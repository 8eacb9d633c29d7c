"""Quadrature: Gauss-Legendre and Gauss-Kronrod rules, panels between cuts, and many integrals refined at once.

An integrand with kinks and jumps is cut at them into panels on which it is smooth; Gauss rules then converge faster
than any power of the number of points. `integrate_panels` does this for thousands of integrals together, each with its
own panels, and bisects only where the error estimate asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]
IndexArray = NDArray[np.intp]
PanelIntegrand = Callable[[FloatArray, IndexArray], FloatArray]

# The 15-point Kronrod rule and the 7-point Gauss rule inside it, from the outermost node to the centre.
# Source: Piessens et al. 1983, QUADPACK, routine QK15.
_KRONROD_NODES = (
    *(0.991455371120812639206854697526329, 0.949107912342758524526189684047851, 0.864864423359769072789712788640926),
    *(0.741531185599394439863864773280788, 0.586087235467691130294144838258730, 0.405845151377397166906606412076961),
    *(0.207784955007898467600689403773245, 0.0),
)
_KRONROD_WEIGHTS = (
    *(0.022935322010529224963732008058970, 0.063092092629978553290700663189204, 0.104790010322250183839876322541518),
    *(0.140653259715525918745189590510238, 0.169004726639267902826583426598550, 0.190350578064785409913256402421014),
    *(0.204432940075298892414161999234649, 0.209482141084727828012999174891714),
)
_GAUSS_WEIGHTS = (
    *(0.0, 0.129484966168869693270611432679082, 0.0, 0.279705391489276667901467771423780),
    *(0.0, 0.381830050505118944950369775488975, 0.0, 0.417959183673469387755102040816327),
)


@functools.cache
def gauss_legendre(order: int) -> tuple[FloatArray, FloatArray]:
    """Return the nodes and weights of Gauss-Legendre quadrature on [-1, 1].

    Parameters
    ----------
    order
        Number of nodes, at least 1; polynomials up to degree 2 `order` - 1 are integrated exactly.

    Returns
    -------
    nodes, weights : numpy.ndarray
        Read-only, of shape (order,), computed once for each order.

    Examples
    --------
    Two nodes at ±1/sqrt(3) integrate x² to 2/3:

    >>> from gridscan.numerics.quadrature import gauss_legendre
    >>> nodes, weights = gauss_legendre(2)
    >>> round(float(weights @ nodes**2), 12)
    0.666666666667
    """
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return _frozen(nodes), _frozen(weights)


@functools.cache
def legendre_terms(order: int) -> FloatArray:
    """Return the matrix that turns values at the nodes of `gauss_legendre` into Legendre coefficients.

    Parameters
    ----------
    order
        Number of nodes, at least 1.

    Returns
    -------
    numpy.ndarray
        Read-only, of shape (degrees, nodes), degrees 0 to `order` - 1, computed once for each order.

    Notes
    -----
    The coefficient of degree l is (l + 1/2) ∫ P_l f dx. Source: orthogonality of the Legendre polynomials.

    Examples
    --------
    x² = P_0/3 + 2 P_2/3:

    >>> import numpy as np
    >>> from gridscan.numerics.quadrature import gauss_legendre, legendre_terms
    >>> np.abs(legendre_terms(4) @ gauss_legendre(4)[0] ** 2).round(6)
    array([0.333333, 0.      , 0.666667, 0.      ])
    """
    nodes, weights = gauss_legendre(order)
    polynomials = np.polynomial.legendre.legvander(nodes, order - 1).T
    return _frozen((np.arange(order) + 0.5)[:, None] * polynomials * weights)


@functools.cache
def gauss_kronrod() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the nodes on [-1, 1] of the 15-point Kronrod rule, its weights, and those of the Gauss rule inside it.

    Returns
    -------
    nodes, kronrod_weights, gauss_weights : numpy.ndarray
        Read-only, of shape (15,). The Gauss weights vanish at the nodes that only the Kronrod rule has.

    Notes
    -----
    Source: Piessens et al. 1983, QUADPACK, routine QK15.
    """
    nodes, kronrod, gauss = (np.array(half) for half in (_KRONROD_NODES, _KRONROD_WEIGHTS, _GAUSS_WEIGHTS))
    return (
        _frozen(np.concatenate([-nodes, nodes[-2::-1]])),
        _frozen(np.concatenate([kronrod, kronrod[-2::-1]])),
        _frozen(np.concatenate([gauss, gauss[-2::-1]])),
    )


def panels_between(cuts: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the panels between cuts given in any order, possibly repeated.

    Parameters
    ----------
    cuts
        Shape (..., n). NaN stands for no cut.

    Returns
    -------
    lower, upper : numpy.ndarray
        Shape (..., m), m < n: the panels of each row in increasing order. Panels that are empty in every row are left
        out; those empty in some rows have lower = upper there.

    Examples
    --------
    >>> from gridscan.numerics.quadrature import panels_between
    >>> panels_between([3.0, 1.0, float("nan"), 2.0])
    (array([1., 2.]), array([2., 3.]))
    """
    ordered = np.sort(np.asarray(cuts, dtype=float), axis=-1)
    highest = np.fmax.reduce(ordered, axis=-1, keepdims=True)
    ordered = np.where(np.isnan(ordered), highest, ordered)
    lower, upper = ordered[..., :-1], ordered[..., 1:]
    occupied = (upper > lower).any(axis=tuple(range(lower.ndim - 1)))
    return lower[..., occupied], upper[..., occupied]


def integrate_panels(
    integrand: PanelIntegrand,
    owner: IndexArray,
    lower: FloatArray,
    upper: FloatArray,
    count: int,
    *,
    relative_tolerance: ArrayLike,
    absolute_tolerance: float = 0.0,
    rounds: int = 16,
    most_panels: int = 200_000,
) -> tuple[FloatArray, FloatArray]:
    """Integrate many functions at once, each over its own panels, bisecting panels until each integral has converged.

    Parameters
    ----------
    integrand
        Called as ``integrand(points, owner)`` with points of shape (panels, 15) and the owner of each panel, shape
        (panels,); returns the values at the points, shape (..., panels, 15) for functions that share their panels.
    owner
        Shape (panels,): which of the integrals a panel belongs to, from 0 to `count` - 1.
    lower, upper
        Shape (panels,): the ends of the panels, which belong where the integrand has kinks or jumps.
    count
        Number of integrals; one that has no panel is zero.
    relative_tolerance
        Relative to each integral, a number or shape (count,); a panel is bisected until every function meets it.
    absolute_tolerance
        An integral whose error is below it has converged whatever its value.
    rounds
        How often panels are bisected before the integrals are returned as they are.
    most_panels
        Largest number of panels in all; with more, the integrals are returned as they are.

    Returns
    -------
    values, errors : numpy.ndarray
        Shape (..., count). The caller decides whether the errors suffice: a noisy integrand never meets a tolerance
        below its noise.

    Notes
    -----
    The 15-point Kronrod rule with the error estimate of QUADPACK (Piessens et al. 1983, QK15), which takes the
    difference from the 7-point Gauss rule to the power 3/2 because the Kronrod rule is that much better.

    Examples
    --------
    ∫ |x| dx from -1 to 2, cut at the kink, and ∫ exp(-x) dx from 0 to 1:

    >>> import numpy as np
    >>> from gridscan.numerics.quadrature import integrate_panels
    >>> owner, lower, upper = np.array([0, 0, 1]), np.array([-1.0, 0.0, 0.0]), np.array([0.0, 2.0, 1.0])
    >>> integrand = lambda x, owner: np.where(owner[:, None] == 0, np.abs(x), np.exp(-x))
    >>> integrate_panels(integrand, owner, lower, upper, 2, relative_tolerance=1e-10)[0].round(6)
    array([2.5     , 0.632121])
    """
    value, error = _panel_integrals(integrand, owner, lower, upper)
    for _ in range(rounds):
        values, errors = _sums(owner, value, count), _sums(owner, error, count)
        tolerance = np.maximum(np.asarray(relative_tolerance) * np.abs(values), absolute_tolerance)
        share = np.where(errors > tolerance, tolerance / np.maximum(np.bincount(owner, minlength=count), 1), np.inf)
        rough = (error > share[..., owner]).any(axis=tuple(range(error.ndim - 1)))
        if not rough.any() or len(owner) + np.count_nonzero(rough) > most_panels:
            return values, errors
        middle = 0.5 * (lower[rough] + upper[rough])
        halves = np.concatenate([lower[rough], middle]), np.concatenate([middle, upper[rough]])
        owner_of_halves = np.tile(owner[rough], 2)
        refined = _panel_integrals(integrand, owner_of_halves, *halves)
        owner, lower, upper, value, error = (
            np.concatenate([kept[..., ~rough], new], axis=-1)
            for kept, new in zip((owner, lower, upper, value, error), (owner_of_halves, *halves, *refined), strict=True)
        )
    return _sums(owner, value, count), _sums(owner, error, count)


def _panel_integrals(
    integrand: PanelIntegrand, owner: IndexArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    nodes, kronrod, gauss = gauss_kronrod()
    half = 0.5 * (upper - lower)
    heights = integrand(0.5 * (upper + lower)[:, None] + half[:, None] * nodes, owner)
    value = half * (heights @ kronrod)
    difference = np.abs(half * (heights @ (kronrod - gauss)))
    # How much the integrand varies about its mean; for a constant one the difference is only rounding.
    variation = half * (np.abs(heights - 0.5 * (heights @ kronrod)[..., None]) @ kronrod)
    magnitude = half * (np.abs(heights) @ kronrod)
    ratio = np.divide(200.0 * difference, variation, out=np.zeros_like(variation), where=variation > 0.0)
    rounding = 4.0 * np.finfo(float).eps * magnitude
    return value, np.maximum(variation * np.minimum(1.0, ratio**1.5), rounding)


def _sums(owner: IndexArray, weights: FloatArray, count: int) -> FloatArray:
    if weights.ndim == 1:
        return np.bincount(owner, weights, minlength=count).astype(float, copy=False)
    return np.stack([_sums(owner, row, count) for row in weights])


def _frozen(values: FloatArray) -> FloatArray:
    values.flags.writeable = False
    return values
