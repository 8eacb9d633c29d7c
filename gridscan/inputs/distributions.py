"""Distributions in Python: the same tables as under [uncertain] in a scenario, made by functions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gridscan.errors import ScenarioError, UnitError, listed, nearest
from gridscan.inputs.faults import shown
from gridscan.inputs.plain_values import plain
from gridscan.uncertainty.scipy_laws import SHAPES

__all__ = [
    "choice",
    "correlated",
    "distribution",
    "log_uniform",
    "lognormal",
    "normal",
    "table",
    "triangular",
    "uniform",
]

Distribution = dict[str, Any]
# By the names of scipy.stats.
_CALLS = {
    "norm": "gs.normal(mean, standard_deviation)",
    "truncnorm": "gs.normal(mean, standard_deviation, minimum=…, maximum=…)",
    "lognorm": "gs.lognormal(median, factor)",
    "uniform": "gs.uniform(low, high)",
    "loguniform": "gs.log_uniform(low, high)",
    "triang": "gs.triangular(low, mode, high)",
}


def normal(mean: Any, standard_deviation: Any, *, minimum: Any = None, maximum: Any = None) -> Distribution:
    """Return a normal distribution of a parameter.

    Parameters
    ----------
    mean, standard_deviation
        Numbers in the default unit, texts with a unit, or quantities.
    minimum, maximum
        Ends at which it is cut off, if any.

    Returns
    -------
    dict
        The table that a scenario has for it, to give to a parameter of a model.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.normal("2 Msun/yr", "0.5 Msun/yr", minimum="0.1 Msun/yr")
    {'normal': ['2 Msun/yr', '0.5 Msun/yr'], 'minimum': '0.1 Msun/yr'}
    >>> stars = gs.model("red_supergiants").evaluate(
    ...     "carbon_burning_rsg", sfr=gs.normal("2 Msun/yr", "0.5 Msun/yr"), design=gs.Design(points=64)
    ... )
    >>> stars.dims, stars["sfr"].attrs["distribution"][:55]
    (('draw',), 'normal, mean 2 Msun/yr, standard deviation 0.5 Msun/yr,')
    """
    return _table("normal", [mean, standard_deviation], minimum=minimum, maximum=maximum)


def lognormal(median: Any, factor: float, *, minimum: Any = None, maximum: Any = None) -> Distribution:
    """Return a distribution of a parameter whose logarithm is normal.

    Parameters
    ----------
    median
        A number in the default unit, a text with a unit, or a quantity.
    factor
        One standard deviation is this factor above or below the median.
    minimum, maximum
        Ends at which it is cut off, if any.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.lognormal("1e38 erg/s", 3)
    {'lognormal': ['1e38 erg/s', 3]}
    """
    return _table("lognormal", [median, factor], minimum=minimum, maximum=maximum)


def uniform(low: Any, high: Any, *, minimum: Any = None, maximum: Any = None) -> Distribution:
    """Return a uniform distribution of a parameter.

    Parameters
    ----------
    low, high
        Its ends: numbers in the default unit, texts with a unit, or quantities.
    minimum, maximum
        Ends at which it is cut off, if any.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.uniform("10 deg", "14 deg")
    {'uniform': ['10 deg', '14 deg']}
    """
    return _table("uniform", [low, high], minimum=minimum, maximum=maximum)


def log_uniform(low: Any, high: Any, *, minimum: Any = None, maximum: Any = None) -> Distribution:
    """Return a distribution of a parameter whose logarithm is uniform.

    Parameters
    ----------
    low, high
        Its ends, above zero: numbers in the default unit, texts with a unit, or quantities.
    minimum, maximum
        Ends at which it is cut off, if any.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.log_uniform("0.1 kpc", "10 kpc")
    {'log-uniform': ['0.1 kpc', '10 kpc']}
    """
    return _table("log-uniform", [low, high], minimum=minimum, maximum=maximum)


def triangular(low: Any, mode: Any, high: Any, *, minimum: Any = None, maximum: Any = None) -> Distribution:
    """Return a distribution of a parameter that rises in a line to its mode, and falls in a line.

    Parameters
    ----------
    low, mode, high
        Its ends and its mode: numbers in the default unit, texts with a unit, or quantities.
    minimum, maximum
        Ends at which it is cut off, if any.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.triangular(1, 2, 4)
    {'triangular': [1, 2, 4]}
    """
    return _table("triangular", [low, mode, high], minimum=minimum, maximum=maximum)


def choice(values: Any, weights: Any = None) -> Distribution:
    """Return a choice among labels, words or values of a parameter.

    Parameters
    ----------
    values
        What is chosen from.
    weights
        How probable each is, in proportion; all the same by default.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.choice(["kroupa", "salpeter"], weights=[2, 1])
    {'choice': ['kroupa', 'salpeter'], 'weights': [2, 1]}
    """
    return _table("choice", values, weights=weights)


def table(samples: Any, column: str, *, weights: str | None = None, unit: str | None = None) -> Distribution:
    """Return samples of a parameter: a column of a table, of which a row is drawn for all of its columns together.

    Parameters
    ----------
    samples
        The name of a comma-separated file, a DataFrame, or arrays by column. A column name can hold its unit, as in
        ``"mass [Msun]"``.
    column
        Name of the column.
    weights
        Name of a column with the weights of the rows, if they have any.
    unit
        Unit of the column, if its name holds none; the default unit of the parameter otherwise.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Raises
    ------
    ScenarioError
        If `samples` is none of these.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.table({"rate [Msun/yr]": [1.8, 2.1, 2.4]}, "rate")
    {'table': {'rate [Msun/yr]': [1.8, 2.1, 2.4]}, 'column': 'rate'}
    """
    if not isinstance(samples, str | os.PathLike | Mapping):
        names = getattr(samples, "columns", None)
        if names is None:
            raise ScenarioError("samples are the name of a file, a DataFrame, or arrays by column")
        samples = {str(name): samples[name].to_numpy() for name in names}
    return _table("table", samples, column=column, weights=weights, unit=unit)


def distribution(name: str, *, minimum: Any = None, maximum: Any = None, **arguments: Any) -> Distribution:
    """Return a distribution of scipy.stats of a parameter.

    Parameters
    ----------
    name
        Its name in scipy.stats.
    minimum, maximum
        Ends at which it is cut off, if any.
    **arguments
        Its shapes, and `loc` and `scale` as numbers in the default unit, texts with a unit, or quantities.

    Returns
    -------
    dict
        The table that a scenario has for it.

    Raises
    ------
    ScenarioError
        If it is not one of those that gridscan knows.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.distribution("gamma", a=2, scale="1e38 erg/s")
    {'gamma': {'a': 2, 'scale': '1e38 erg/s'}}
    """
    if not isinstance(name, str):
        found = instead_of_frozen(name) or f"a distribution is named by a text, found {shown(name)}"
        raise ScenarioError(found)
    if name not in SHAPES:
        hint = nearest(name, SHAPES)
        raise ScenarioError(f"unknown distribution {name!r} of scipy.stats{hint}; known are {listed(SHAPES, 40)}")
    return _table(name, arguments, minimum=minimum, maximum=maximum)


def correlated(
    parameters: Any, *, covariance: Any = None, correlation: Any = None, mean: Any = None, units: Any = None
) -> Distribution:
    """Return what says that parameters vary together.

    Parameters
    ----------
    parameters
        Their names.
    covariance
        Matrix of the covariances of parameters that are normal together, and have no other distribution.
    correlation
        Matrix of the correlations, or their number for two, of parameters with distributions of their own, which are
        joined by a normal copula.
    mean
        Means that go with a covariance; the defaults of the parameters if it is left out.
    units
        Units of the parameters in the covariance; the default units if they are left out.

    Returns
    -------
    dict
        A table of [[correlated]] in a scenario.

    Examples
    --------
    >>> import gridscan as gs
    >>> gs.correlated(["sun_x", "sun_y"], covariance=[[0.01, 0.002], [0.002, 0.02]], units=["kpc", "kpc"])["units"]
    ['kpc', 'kpc']
    """
    given = {"covariance": covariance, "correlation": correlation, "mean": mean, "units": units}
    return _table("parameters", parameters, **given)


def instead_of_frozen(value: Any) -> str | None:
    """Return what to write in place of a frozen distribution of scipy.stats, which has numbers without units.

    Parameters
    ----------
    value
        Any value.

    Returns
    -------
    str or None
        For a message; None for any other value.
    """
    name = getattr(getattr(value, "dist", None), "name", None)
    if name is None or not hasattr(value, "ppf"):
        return None
    other = f"gs.distribution({name!r}, …)" if name in SHAPES else "gs.table of samples of it"
    return f"a frozen distribution of scipy.stats, {name!r}, has no units; write {_CALLS.get(name, other)}"


def _table(word: str, value: Any, **beside: Any) -> Distribution:
    try:
        return {word: plain(value), **{key: plain(item) for key, item in beside.items() if item is not None}}
    except UnitError as error:
        raise ScenarioError(f"{word}: {error}") from None
