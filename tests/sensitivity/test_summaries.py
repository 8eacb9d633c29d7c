"""Means, deviations, percentiles and probabilities: closed forms, intervals that hold them, units, blocks, refusals."""

import dask
import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import gridscan as gs
from gridscan.errors import SensitivityError, UnitError
from gridscan.sensitivity.summaries import exceedance, mean, percentiles, std
from gridscan.units import readable, unit_of


def drawn(values, **coords):
    dims = ("draw", "imf", "radius")[: np.ndim(values)]
    return xr.Dataset({"y": (dims, np.asarray(values), {"units": "km", "long_name": "height"})}, coords=coords)


@pytest.mark.parametrize(
    ("law", "level"), [(scipy.stats.norm(3, 2), 5.0), (scipy.stats.lognorm(0.5), 2.0), (scipy.stats.uniform(1, 2), 2.5)]
)
def test_intervals_of_ninety_percent_hold_the_exact_value_in_about_ninety_of_a_hundred_repetitions(law, level):
    """All repetitions at once: the other axis are they, of which each has its own error."""
    dataset = drawn(law.rvs((400, 2000), random_state=np.random.default_rng(7)))
    found = {
        "mean": (mean(dataset, "y"), law.mean()),
        "exceedance": (exceedance(dataset, "y", level), law.sf(level)),
        "std": (std(dataset, "y"), law.std()),
    }
    for key, (answer, exact) in found.items():
        inside = float((abs(answer[key] - exact) < 1.645 * answer[f"{key}_error"]).mean())
        assert 0.85 < inside < 0.95
    percents = [10.0, 16.0, 50.0, 84.0, 90.0]
    answer = percentiles(dataset, "y", percents)
    exact = xr.DataArray(law.ppf(np.array(percents) / 100), dims="percentile")
    inside = (abs(answer["percentiles"] - exact) < 1.645 * answer["percentiles_error"]).mean("imf")
    assert ((inside > 0.85) & (inside < 0.95)).all()


def test_the_answers_have_units_sentences_and_the_other_axes():
    values = np.random.default_rng(1).normal(size=(50, 2, 3))
    dataset = drawn(values, imf=["kroupa", "flat"], radius=("radius", [1.0, 2.0, 4.0], {"units": "kpc"}))
    for answer, key in (
        (mean(dataset, "y"), "mean"),
        (std(dataset, "y"), "std"),
        (percentiles(dataset, "y"), "percentiles"),
    ):
        assert [readable(unit_of(answer[name])) for name in (key, f"{key}_error")] == ["km", "km"]
        assert answer[key].dims[-2:] == ("imf", "radius")
        assert answer[key].attrs["comment"] == "weights: draw equal; units as stated by the attribute of 'y'"
    assert readable(unit_of(exceedance(dataset, "y", "300 m")["exceedance"])) == "1"
    assert exceedance(dataset, "y", "300 m").attrs["title"] == "probability that height is above 300 m over draw"
    np.testing.assert_allclose(exceedance(dataset, "y", "300 m")["exceedance"], (values > 0.3).mean(0), rtol=1e-12)
    assert percentiles(dataset, "y")["percentile"].values.tolist() == [2.5, 16.0, 50.0, 84.0, 97.5]
    over_all = mean(dataset, "y", ["draw", "imf", "radius"])["mean"]
    weights = np.array([1 / 6, 0.5, 1 / 3])
    assert float(over_all) == pytest.approx(float((values.mean((0, 1)) * weights).sum()), rel=1e-12)
    assert over_all.attrs["comment"] == (
        "weights: draw equal, imf equal, radius uniform; units as stated by the attribute of 'y'"
    )


def test_without_draws_the_answer_is_over_all_axes_of_the_grid():
    x = np.linspace(0.0, 1.0, 101)
    dataset = xr.Dataset({"y": ("x", x**2, {"units": "1"})}, {"x": x})
    found = mean(dataset, "y")
    assert float(found["mean"]) == pytest.approx(1 / 3, abs=2e-5)
    # The trapezoid of half as many points is off by four times as much.
    assert float(found["mean_error"]) == pytest.approx(3 * abs(float(found["mean"]) - 1 / 3), rel=1e-6)
    assert float(std(dataset, "y")["std"]) == pytest.approx(np.sqrt(4 / 45), abs=1e-4)
    share = exceedance(dataset, "y", 0.25)
    assert abs(float(share["exceedance"]) - 0.5) < 0.011
    middle = percentiles(dataset, "y", [10, 50, 90])
    assert (abs(middle["percentiles"] - np.array([0.01, 0.25, 0.81])) < 2 * middle["percentiles_error"]).all()
    assert float(middle["percentiles_error"].max()) < 0.02


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_answers_follow_the_weights_and_neither_order_nor_blocks(data):
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = generator.lognormal(size=(6, 4))
    many = np.array(data.draw(st.lists(st.integers(0, 3), min_size=6, max_size=6).filter(lambda some: sum(some) > 1)))
    dataset = drawn(values).rename(draw="case").assign_coords(case_weight=("case", many / 7.0))
    order = data.draw(st.permutations(range(6)))
    chunks = {"case": data.draw(st.integers(1, 6)), "imf": data.draw(st.integers(1, 4))}
    repeated = drawn(np.repeat(values, many, axis=0)).rename(draw="case")
    for ask in (
        mean,
        std,
        lambda *on, over: exceedance(*on, "1 km", over),
        lambda *on, over: percentiles(*on, 30, over),
    ):
        expected = ask(repeated, "y", over="case")
        for other in (dataset, dataset.isel(case=list(order)), dataset.chunk(chunks)):
            key, error = expected.data_vars
            found = ask(other, "y", over="case")
            np.testing.assert_allclose(found[key], expected[key], rtol=1e-9)
            assert (found[error] >= 0).all()


def test_nothing_is_computed_before_it_is_asked_for():
    dataset = drawn(np.random.default_rng(2).normal(size=(40, 3))).chunk({"draw": 10, "imf": 1})

    def refuse(*_args, **_options):
        raise AssertionError("computed while the graph was built")

    with dask.config.set(scheduler=refuse):
        lazy = [mean(dataset, "y"), std(dataset, "y"), percentiles(dataset, "y"), exceedance(dataset, "y", 0.0)]
    eager = dataset.compute()
    answers = [mean(eager, "y"), std(eager, "y"), percentiles(eager, "y"), exceedance(eager, "y", 0.0)]
    for one, other in zip(lazy, answers, strict=True):
        xr.testing.assert_allclose(one.compute(), other, rtol=1e-12)


def test_where_all_draws_agree_a_probability_is_known_to_half_a_draw():
    dataset = drawn(np.linspace(1.0, 2.0, 100))
    for level in (0.5, 3.0):
        found = exceedance(dataset, "y", level)
        assert float(found["exceedance"]) in (0.0, 1.0)
        assert 0.003 < float(found["exceedance_error"]) < 0.01


def test_the_accessors_of_datasets_and_arrays_answer_alike():
    dataset = drawn(np.random.default_rng(6).normal(size=(60, 2)))
    for one, other in (
        (dataset.gridscan.mean("y"), dataset["y"].gridscan.mean()),
        (dataset.gridscan.std("y", "imf"), dataset["y"].gridscan.std("imf")),
        (dataset.gridscan.percentiles("y", [5, 95]), dataset["y"].gridscan.percentiles([5, 95])),
        (dataset.gridscan.exceedance("y", "1 km"), dataset["y"].gridscan.exceedance("1 km")),
    ):
        xr.testing.assert_identical(one.drop_attrs(deep=False), other.drop_attrs(deep=False))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda ds: percentiles(ds, "y", [50, 100]), r"^percentages are above 0 and below 100; found 100$"),
        (lambda ds: percentiles(ds, "y", []), r"^percentages are above 0 and below 100; found \[\]$"),
        (lambda ds: mean(ds, "y", "imd"), r"^'y' does not depend on an axis 'imd'; did you mean 'imf'\?; its axes are"),
        (lambda ds: mean(ds.isel(draw=0), "y", []), r"^'y' needs an axis to vary along; its axes are: imf$"),
        (
            lambda ds: mean(ds.isel(draw=[0]), "y"),
            r"^'y' has a single draw along 'draw', which says nothing of its spread$",
        ),
        (lambda ds: std(ds.where(ds["y"] > 1), "y"), r"^the question about 'y' needs finite values; \d+ of 20 are not"),
        (lambda ds: exceedance(ds, "y", np.inf), r"^an exceedance needs a finite value; found inf$"),
        (lambda ds: percentiles(ds.rename(imf="percentile"), "y"), r"^an axis named 'percentile' clashes with one of"),
    ],
)
def test_a_question_without_an_answer_is_refused(ask, message):
    with pytest.raises(SensitivityError, match=message):
        ask(drawn(np.random.default_rng(3).normal(size=(10, 2))))


def test_a_value_in_another_unit_is_refused():
    with pytest.raises(UnitError, match=r"^'3 s' is in 's'; 'y' needs a value in 'km'$"):
        exceedance(drawn(np.arange(10.0)), "y", "3 s")


def test_a_scenario_with_what_is_uncertain_answers_in_its_units():
    model = gs.Model("fall", "A stone")
    model.parameter("height", "1 m", "Height", minimum=0)
    model.parameter("gravity", "9.8 m/s^2", "Gravity", minimum=0)

    @model.quantity("m^2/s^2", long_name="square of the speed")
    def square(height, gravity):
        """2 g h. Source: none."""
        return 2 * gravity * height

    found = model.evaluate(
        "square",
        height=gs.uniform("1 m", "3 m"),
        gravity=gs.uniform("9 m/s^2", "11 m/s^2"),
        design=gs.Design(method="sobol", points=1024, seed=3),
    )
    assert float(found.gridscan.mean()["mean"]) == pytest.approx(40.0, rel=1e-3)
    # Of 2 g h: 4 (E[h^2] E[g^2] - E[h]^2 E[g]^2).
    exact = 4 * ((4 + 1 / 3) * (100 + 1 / 3) - 400)
    assert float(found.gridscan.std()["std"]) == pytest.approx(np.sqrt(exact), rel=2e-3)
    shares = found.gridscan.variance_shares()
    assert shares["member"].values.tolist() == ["height", "gravity"]
    first = np.array([4 * 100 / 3, 4 * 4 / 3]) / exact
    np.testing.assert_allclose(shares["member_first_order"], first, atol=2e-3)
    np.testing.assert_allclose(shares["member_total"], 1 - first[::-1], atol=2e-3)
    assert found.gridscan.rank()["axis"].values.tolist() == ["height", "gravity"]
