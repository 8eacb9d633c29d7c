"""Shares of what was drawn together, beside axes of the grid: closed forms, errors, blocks, and what is refused."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr

from gridscan.errors import SensitivityError
from gridscan.sensitivity.variance import rank, variance_shares
from gridscan.sensitivity.zipped import members_of

# Of y = (1 + s) (a + 2 b + t) with a, b uniform on -1 to 1, s at labels ±0.5, t at labels 0, 1: by hand.
LABELS = {"s": ("imf", np.array([-0.5, 0.5])), "t": ("detector", np.array([0.0, 1.0]))}


def drawn(number=2048, seed=1, method="sobol", extra=0):
    if method == "sobol":
        points = scipy.stats.qmc.Sobol(2 + extra, rng=np.random.default_rng(seed)).random(number)
    else:
        points = np.random.default_rng(seed).random((number, 2 + extra))
    a, b, *idle = (xr.DataArray(2 * column - 1, dims="draw") for column in points.T)
    s, t = (xr.DataArray(values, dims=dim) for dim, values in LABELS.values())
    y = ((1 + s) * (a + 2 * b + t)).transpose("imf", "draw", "detector").rename("y")
    y = y.assign_attrs(units="1/yr", long_name="event rate").assign_coords(
        imf=["kroupa", "flat"], detector=["juno", "ice"]
    )
    members = {"a": a, "b": b, **{f"idle_{number}": column for number, column in enumerate(idle)}}
    coords = {name: ("draw", column.values, {"units": "1"}) for name, column in members.items()}
    coords["draw"] = ("draw", np.arange(number), {"design_method": method})
    return y.to_dataset().assign_coords(coords)


def exact():
    """Variances of the parts: the mean of (1 + s)^2 is 1.25, that of t 0.5."""
    a, b, t, mean = 1 / 3, 4 / 3, 0.25, 0.5
    whole = 1.25 * (a + b + t + mean**2) - mean**2
    first = {"imf": 0.25 * mean**2, "detector": t, "a": a, "b": b}
    total = {"imf": 0.25 * (a + b + t + mean**2), "detector": 1.25 * t, "a": 1.25 * a, "b": 1.25 * b}
    return {key: value / whole for key, value in first.items()}, {key: value / whole for key, value in total.items()}


def test_axes_and_parameters_that_were_drawn_have_their_exact_shares_together():
    first, total = exact()
    shares = variance_shares(drawn(), "y")
    assert shares["axis"].values.tolist() == ["imf", "draw", "detector"]
    assert shares["member"].values.tolist() == ["a", "b"]
    for key, known in (("first_order", first), ("total", total)):
        assert float(shares[key].sel(axis="imf")) == pytest.approx(known["imf"], abs=2e-3)
        assert float(shares[key].sel(axis="detector")) == pytest.approx(known["detector"], abs=2e-3)
        assert float(shares[key].sel(axis="draw")) == pytest.approx(known["a"] + known["b"], abs=2e-3)
        np.testing.assert_allclose(shares[f"member_{key}"], [known["a"], known["b"]], atol=2e-3)
    assert float(shares["member_unexplained"]) == pytest.approx(0.0, abs=1e-3)


def test_the_rank_has_parameters_in_place_of_the_draws():
    _, total = exact()
    ranked = rank(drawn(), "y")
    assert ranked["axis"].values.tolist() == sorted(total, key=lambda name: -total[name])
    np.testing.assert_allclose(ranked, sorted(total.values(), reverse=True), atol=2e-3)
    assert (abs(ranked - sorted(total.values(), reverse=True)) <= 2 * ranked["total_error"] + 1e-9).all()
    alone = rank(drawn(), "y", over="draw")
    assert set(alone["axis"].values[:2]) == {"a", "b"}
    assert alone.dims == ("axis", "imf", "detector")


@pytest.mark.filterwarnings("ignore:shares may be off:gridscan.errors.GridscanWarning")
def test_intervals_hold_the_exact_shares_of_random_draws():
    first, total = exact()
    known = {"first_order": first["b"], "total": total["b"]}
    inside = dict.fromkeys([*known, "axis"], 0)
    for seed in range(30):
        shares = variance_shares(drawn(150, seed, "random"), "y")
        for key, value in known.items():
            found = shares[[f"member_{key}", f"member_{key}_error"]].sel(member="b")
            off, error = (float(part) for part in found.values())
            inside[key] += abs(off - value) < 1.645 * error
        off = abs(float(shares["first_order"].sel(axis="detector")) - first["detector"])
        inside["axis"] += off < 1.645 * float(shares["first_order_error"].sel(axis="detector"))
    assert all(23 <= many <= 30 for many in inside.values()), inside


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("over", [None, "draw", ["draw", "imf"]])
def test_dask_gives_the_shares_of_numpy(over, log):
    dataset = drawn(128)
    dataset = dataset.assign(y=(dataset["y"] + 20).assign_attrs(units="1/yr"))
    lazy = dataset.chunk({"draw": 50, "imf": 1})
    expected, found = variance_shares(dataset, "y", over, log), variance_shares(lazy, "y", over, log).compute()
    xr.testing.assert_allclose(found, expected, rtol=1e-9)


def test_an_idle_parameter_has_a_share_of_nothing():
    shares = variance_shares(drawn(extra=1), "y")
    assert float(shares["member_first_order"].sel(member="idle_0")) == pytest.approx(0.0, abs=1e-4)
    assert float(shares["member_total"].sel(member="idle_0")) == pytest.approx(0.0, abs=2e-3)
    dataset = drawn(extra=1)
    dataset["y"].encoding["coordinates"] = "a b"
    assert variance_shares(dataset, "y")["member"].values.tolist() == ["a", "b"]


def test_too_few_draws_are_refused_with_how_many_it_takes():
    message = r"^16 draws are too few to tell the shares of 2 parameters apart; at least 32 are needed$"
    with pytest.raises(SensitivityError, match=message):
        rank(drawn(16), "y")


def test_members_are_what_moves_along_an_axis_and_no_weights_nor_what_labels_set():
    dataset = drawn(64).assign_coords(
        draw_weight=("draw", np.full(64, 1 / 64)), slope=("draw", np.ones(64), {"set_by": "imf"})
    )
    assert members_of(dataset["y"], "draw") == ["a", "b"]
    assert members_of(dataset["y"], "imf") == []
