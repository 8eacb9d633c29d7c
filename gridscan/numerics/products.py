"""Errors of products, from those of their factors."""

from __future__ import annotations

from typing import Any

__all__ = ["error_of_product"]


def error_of_product(*factors: tuple[Any, Any]) -> Any:
    """Return a bound on the absolute error of a product of numbers that have errors.

    Parameters
    ----------
    *factors
        The value of each factor, 0 or more, and its absolute error.

    Returns
    -------
    array or quantity
        In the unit of the product; all arguments broadcast.

    Notes
    -----
    Π (x_i + δ_i) - Π x_i, without cancellation: for two factors, x δ_y + y δ_x + δ_x δ_y.
    Source: the largest product that the errors allow.

    Examples
    --------
    2 and 3, each to 0.1: the product may be 2.1 × 3.1 = 6.51.

    >>> from gridscan.numerics.products import error_of_product
    >>> round(error_of_product((2.0, 0.1), (3.0, 0.1)), 12)
    0.51
    """
    (product, error), *others = factors
    for value, uncertainty in others:
        error = error * (value + uncertainty) + product * uncertainty
        product = product * value
    return error
