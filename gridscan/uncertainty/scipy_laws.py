"""The distributions of scipy.stats that a scenario can name: a fixed list, each exact in both of its tails."""

from __future__ import annotations

from typing import Any

#: Shapes of each distribution, by scipy's names of both.
SHAPES: dict[str, tuple[str, ...]] = {
    "arcsine": (),
    "beta": ("a", "b"),
    "cauchy": (),
    "chi2": ("df",),
    "expon": (),
    "gamma": ("a",),
    "genpareto": ("c",),
    "gumbel_l": (),
    "gumbel_r": (),
    "halfcauchy": (),
    "invgamma": ("a",),
    "laplace": (),
    "logistic": (),
    "lomax": ("c",),
    "maxwell": (),
    "pareto": ("b",),
    "powerlaw": ("a",),
    "rayleigh": (),
    "t": ("df",),
    "weibull_min": ("c",),
}


def law(name: str) -> Any:
    """Return a distribution of scipy.stats.

    Parameters
    ----------
    name
        One of the names in `SHAPES`.

    Returns
    -------
    scipy.stats.rv_continuous
        With its methods `cdf`, `sf`, `ppf`, `isf` and `pdf`.

    Examples
    --------
    >>> from gridscan.uncertainty.scipy_laws import law
    >>> float(law("expon").isf(1.0))
    0.0
    """
    # Half a second to import, for nothing where a scenario names none of them.
    from scipy import stats

    laws = {
        "arcsine": stats.arcsine,
        "beta": stats.beta,
        "cauchy": stats.cauchy,
        "chi2": stats.chi2,
        "expon": stats.expon,
        "gamma": stats.gamma,
        "genpareto": stats.genpareto,
        "gumbel_l": stats.gumbel_l,
        "gumbel_r": stats.gumbel_r,
        "halfcauchy": stats.halfcauchy,
        "invgamma": stats.invgamma,
        "laplace": stats.laplace,
        "logistic": stats.logistic,
        "lomax": stats.lomax,
        "maxwell": stats.maxwell,
        "pareto": stats.pareto,
        "powerlaw": stats.powerlaw,
        "rayleigh": stats.rayleigh,
        "t": stats.t,
        "weibull_min": stats.weibull_min,
    }
    return laws[name]
