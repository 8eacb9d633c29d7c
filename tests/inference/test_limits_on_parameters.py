"""Limits on a parameter: where a signal reaches what a count excludes, and the outcomes without a number."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import poisson

from gridscan.errors import GridscanError
from gridscan.numerics.poisson_limits import exact_upper_limit

STRENGTH = np.geomspace(1e-3, 1e3, 13)


def _grid(power=2.0, **more):
    mass = np.array([1.0, 10.0, 100.0])
    values = 4.0 * STRENGTH**power / mass[:, None]
    coords = {"mass": ("mass", mass, {"units": "MeV"}), "strength": ("strength", STRENGTH, {"units": "cm^2"}), **more}
    return xr.Dataset({"events": (("mass", "strength"), values, {"units": "1/yr"})}, coords)


@pytest.mark.parametrize("chunks", [None, {"mass": 1, "strength": 4}])
@pytest.mark.parametrize(("power", "outcome"), [(2.0, "excluded above"), (-1.0, "excluded below")])
def test_a_limit_is_where_the_signal_is_as_large_as_the_limit_on_it(power, outcome, chunks):
    ds = _grid(power)
    ds = ds if chunks is None else ds.chunk(chunks)
    found = ds.gridscan.limit("events", "strength", observed=2, exposure="10 yr", background="0.1 / yr").compute()
    level = exact_upper_limit(2, 1.0)
    assert found["limit"].values == pytest.approx((level * ds["mass"].values / 40.0) ** (1 / power), rel=1e-9)
    assert found["outcome"].values.tolist() == [outcome] * 3
    assert found["limit"].attrs["units"] == ds["strength"].attrs["units"]
    assert float(found["signal_limit"]) == pytest.approx(level)


def test_outcomes_without_a_number_are_told_apart():
    values = np.array([[1e3, 1e4, 1e5], [1e-5, 1e-4, 1e-3], [1.0, 2.0, 4.0], [1.0, np.nan, 4.0]])
    ds = xr.Dataset({"events": (("mass", "x"), values, {"units": "1"})}, {"x": [1.0, 2.0, 3.0]})
    found = ds.gridscan.limit("events", "x", observed=0)
    expected = ["excluded everywhere", "allowed everywhere", "excluded above", "no limit"]
    assert found["outcome"].values.tolist() == expected
    assert np.isfinite(found["limit"].values).tolist() == [False, False, True, False]


def test_the_order_of_the_axis_does_not_matter():
    ds = _grid()
    mixed = ds.isel(strength=np.random.default_rng(1).permutation(STRENGTH.size))
    one, other = (item.gridscan.limit("events", "strength", exposure="1 yr") for item in (ds, mixed))
    xr.testing.assert_identical(one, other)


def test_the_expected_limit_has_the_bands_of_the_background_alone():
    found = _grid().gridscan.limit("events", "strength", exposure="10 yr", background="0.9 / yr")
    counts = poisson.ppf([0.0227501, 0.1586553, 0.5, 0.8413447, 0.9772499], 9.0)
    levels = [exact_upper_limit(int(count), 9.0) for count in counts]
    assert found["expected_signal_limit"].values == pytest.approx(levels)
    assert found["expected_limit"].sel(mass=10.0).values == pytest.approx([(level / 4.0) ** 0.5 for level in levels])
    assert found["sigma"].values.tolist() == [-2, -1, 0, 1, 2]
    assert "limit" not in found


def test_half_of_all_experiments_have_a_limit_below_the_median():
    """Seeded experiments without a signal: the bands are quantiles of the limits that they set."""
    counts = np.random.default_rng(5).poisson(9.0, 100_000)
    numbers, times = np.unique(counts, return_counts=True)
    limits = np.repeat([exact_upper_limit(int(number), 9.0) for number in numbers], times)
    found = _grid().gridscan.limit("events", "strength", exposure="10 yr", background="0.9 / yr")
    bands = found["expected_signal_limit"].values
    assert bands == pytest.approx(np.quantile(limits, [0.02275, 0.15866, 0.5, 0.84134, 0.97725]), rel=1e-9)


def test_each_detector_has_its_own_background():
    rates = xr.DataArray([0.1, 0.5, 2.0], dims="mass", attrs={"units": "1/yr"})
    ds = _grid(noise=rates)
    found = ds.gridscan.limit("events", "strength", observed=3, exposure="10 yr", background="noise")
    assert found["signal_limit"].dims == ("mass",)
    assert found["signal_limit"].values == pytest.approx([exact_upper_limit(3, 10 * rate) for rate in rates.values])


@pytest.mark.parametrize("method", ["cls", "cls-asymptotic", "bayes", "feldman-cousins"])
def test_many_counts_have_about_the_same_limit_by_every_method(method):
    found = _grid(1.0).gridscan.limit(
        "events", "strength", observed=400, exposure="100 yr", background="4 / yr", method=method
    )
    assert float(found["signal_limit"]) == pytest.approx(1.645 * 20, rel=0.06)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "cl"}, "unknown method 'cl'; did you mean 'cls'"),
        ({"confidence": 90}, "confidence is above 0 and below 1, such as 0.9; found 90"),
        ({"observed": 1.5}, "a count is a whole number"),
        ({"exposure": None}, "give an exposure in 'yr'"),
        ({"background": "nois"}, "background: .*did you mean 'noise'"),
        ({"background": "5 m"}, "background: '5 m' is in 'm'"),
        ({"background_error": 1.0}, "a background of zero with an error"),
        ({"method": "cls-asymptotic"}, "the asymptotic limit needs a background above zero"),
        ({"method": "feldman-cousins", "background": 2, "background_error": 1}, "knows no error of the background"),
        ({"background": "strength_noise"}, "the background may not vary along 'strength'"),
        ({"along": "mas"}, "does not depend on an axis 'mas'; did you mean 'mass'"),
    ],
)
def test_a_wrong_question_has_one_clear_message(options, words):
    ds = _grid(
        noise=("mass", [0.1, 0.5, 2.0], {"units": "1/yr"}), strength_noise=("strength", STRENGTH, {"units": "1"})
    )
    asked = {"along": "strength", "exposure": "10 yr", **options}
    with pytest.raises(GridscanError, match=words):
        ds.gridscan.limit("events", **asked)


def test_a_signal_that_rises_and_falls_excludes_no_single_value():
    ds = xr.Dataset({"events": ("x", [1.0, 9.0, 1.0], {"units": "1"})}, {"x": [1.0, 2.0, 3.0]})
    with pytest.raises(GridscanError, match="reaches the limit more than once along 'x', so that no single value"):
        ds.gridscan.limit("events", "x", observed=0)
