"""Questions about a quantity of which cells are left out where two axes decide: the others keep their weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import GridscanWarning, SensitivityError
from gridscan.sensitivity import summaries, variance

INNER, OUTER = np.linspace(1, 5, 5), np.geomspace(2, 8, 7)


def make_model():
    model = gs.Model("arms", "Arms of a galaxy")
    for name, value in (("inner", 1.0), ("outer", 9.0), ("rate", 2.0)):
        model.parameter(name, f"{value} kpc", name, minimum=0)
    model.require("outer must be above inner")(lambda outer, inner: outer > inner)

    @model.quantity("kpc^2")
    def area(outer, inner, rate):
        """Source: test."""
        return (outer - 0.5 * inner) * rate

    return model


@pytest.fixture(scope="module")
def grid():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        return make_model().evaluate(
            ["area"], inner=INNER, outer={"geomspace": [2, 8, 7], "weight": "uniform"}, rate=[1.0, 2.0, 5.0]
        )


def dense(grid):
    """Return values with inner, outer, rate, and the product of the weights of those that remain."""
    y = grid["area"].transpose("inner", "outer", "rate").values
    parts = [grid[f"{name}_weight"].values for name in ("inner", "outer", "rate")]
    weights = np.einsum("i,j,k->ijk", *parts) * np.isfinite(y)
    return np.where(np.isfinite(y), y, 0.0), weights


@pytest.mark.parametrize("chunked", [False, True])
def test_means_and_probabilities_are_those_of_the_remaining_weights(grid, chunked):
    asked = grid.chunk({"inner": 2, "outer": 3}) if chunked else grid
    y, weights = dense(grid)
    found = summaries.mean(asked, "area", ["inner", "outer"])
    per_rate = weights.sum(axis=(0, 1))
    expected = (weights * y).sum(axis=(0, 1)) / per_rate
    np.testing.assert_allclose(found["mean"], expected, rtol=1e-13)
    square = (weights * (y - expected) ** 2).sum(axis=(0, 1)) / per_rate
    np.testing.assert_allclose(summaries.std(asked, "area", ["inner", "outer"])["std"], np.sqrt(square), rtol=1e-12)
    above = (weights * (y > 5.0)).sum() / weights.sum()
    assert float(summaries.exceedance(asked, "area", 5.0)["exceedance"]) == pytest.approx(above, rel=1e-13)
    assert found.attrs["comment"].endswith(
        "of the 72 cells that remain: 33 of 105 cells are left out: outer must be above inner"
    )


@pytest.mark.parametrize("held_bytes", [10**8, 100])
def test_percentiles_are_those_of_the_remaining_weights(grid, held_bytes):
    asked = grid.chunk({"inner": 2, "outer": 3})
    found = summaries.percentiles(asked, "area", [10, 50, 90], ["inner", "outer"], held_bytes=held_bytes)
    y, weights = dense(grid)
    for rate in range(3):
        order = np.argsort(y[..., rate], axis=None)
        reached = np.cumsum(weights[..., rate].ravel()[order]) / weights[..., rate].sum()
        expected = [y[..., rate].ravel()[order][np.searchsorted(reached, share - 1e-12)] for share in (0.1, 0.5, 0.9)]
        assert found["percentiles"].isel(rate=rate).values.tolist() == expected


def test_shares_are_those_of_the_remaining_weights(grid):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        found = variance.variance_shares(grid, "area")
    y, weights = dense(grid)
    mean = (weights * y).sum() / weights.sum()
    whole = (weights * (y - mean) ** 2).sum() / weights.sum()
    for axis, name in enumerate(("inner", "outer", "rate")):
        others = tuple(k for k in range(3) if k != axis)
        own, rest = weights.sum(axis=others), weights.sum(axis=axis)
        of_own = (weights * y).sum(axis=others)[own > 0] / own[own > 0]
        of_rest = (weights * y).sum(axis=axis)[rest > 0] / rest[rest > 0]
        first = (own[own > 0] * (of_own - mean) ** 2).sum() / weights.sum() / whole
        total = 1 - (rest[rest > 0] * (of_rest - mean) ** 2).sum() / weights.sum() / whole
        shares = found.sel(axis=name)
        assert float(shares["first_order"]) == pytest.approx(first, rel=1e-12)
        assert float(shares["total"]) == pytest.approx(total, rel=1e-9, abs=1e-12)
    assert float(found["variance"]) == pytest.approx(whole, rel=1e-12)


def test_a_part_of_the_grid_of_which_nothing_remains_has_no_mean(grid):
    part = grid.sel(inner=5.0).isel(outer=slice(0, 4))
    assert not np.isfinite(part["area"]).any()
    with pytest.raises(SensitivityError, match="12 of 12 are not finite"):
        summaries.mean(part, "area")
    by_inner = summaries.mean(grid.isel(outer=slice(0, 4)), "area", ["outer", "rate"])["mean"]
    assert np.isfinite(by_inner.values).tolist() == [True, True, True, False, False]


def test_what_is_missing_for_another_reason_is_refused(grid):
    spoilt = grid.copy(deep=True)
    spoilt["area"][:] = np.nan
    spoilt["area"][{"inner": 0, "outer": 0, "rate": 0}] = 1.0
    with pytest.raises(SensitivityError, match="104 of 105 are not finite"):
        summaries.mean(spoilt, "area")


def test_draws_beside_such_axes_keep_the_share_of_each_parameter():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        drawn = make_model().evaluate(
            ["area"],
            inner=["1 kpc", "5 kpc"],
            outer={"values": ["4 kpc", "8 kpc"], "weight": "equal"},
            rate=gs.uniform("1 kpc", "3 kpc"),
            design=gs.Design(points=64),
        )
        order = drawn.gridscan.rank("area")
        mean = drawn.gridscan.mean("area", ["draw", "inner", "outer"])
    assert set(order["axis"].values.tolist()) == {"rate", "inner", "outer"}
    assert np.isfinite(order).all()
    values = drawn["area"].values
    assert float(mean["mean"]) == pytest.approx(np.nanmean(values), rel=1e-12)
    # The numbers of draws alone are uncertain, and inner of two numbers.
    alone = drawn.gridscan.mean("area")
    assert np.isnan(alone["mean"].sel(inner=5, outer=4))
    assert isinstance(alone, xr.Dataset)
