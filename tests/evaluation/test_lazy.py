"""Evaluation: dimensions, sharing, laziness, integrals, kernels, cutting, and what is refused."""

from __future__ import annotations

import itertools

import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridscan.errors import EvaluationError, GridscanError, GridscanWarning, ModelError, ScenarioError
from gridscan.evaluation.layout import input_settings, lay_out
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import Given
from gridscan.limits import Limits
from gridscan.model import Model
from gridscan.units import parse_unit, unit_of

SIGMA = 5.670374419e-8
AXES = {
    "planet": ["earth", "mars", "venus"],
    "luminosity": ["0.5 Lsun", "1 Lsun"],
    "sky": ["clear", "overcast"],
    "cooling_time": [1, 5, 10],
    "end": [2, 10],
    "moment": [0.5, 1.5],
    "moons": [0, 1, 2],
}
EVERYTHING = ["irradiance", "absorbed", "depth", "depth_error", "temperature", "decay", "heat", "heat_error", "tides"]


def test_one_name_gives_an_array_and_a_list_a_dataset(toy):
    assert isinstance(toy.evaluate("temperature"), xr.DataArray)
    assert list(toy.evaluate(["temperature"]).data_vars) == ["temperature"]
    assert list(toy.evaluate(("tides", "decay", "tides")).data_vars) == ["tides", "decay"]


def test_the_numbers_are_those_of_the_formulas(toy):
    found = toy.evaluate(EVERYTHING)
    irradiance = 3.828e26 / (4 * np.pi * 149_597_870_700.0**2)
    assert float(found.irradiance) == pytest.approx(irradiance, rel=1e-13)
    assert float(found.absorbed) == pytest.approx(irradiance * 0.7 / 4, rel=1e-13)
    assert float(found.depth) == pytest.approx(0.8)
    assert float(found.temperature) == pytest.approx((irradiance * 0.7 / 4 * 1.6 / SIGMA) ** 0.25, rel=1e-9)
    assert float(found.decay) == pytest.approx(np.exp(-0.2))
    assert float(found.heat) == pytest.approx(irradiance * 0.7 / 4 * 5 * 31.5576 * (1 - np.exp(-2)), rel=1e-12)


def test_results_carry_units_and_names(toy):
    found = toy.evaluate(EVERYTHING, **AXES)
    for name, variable in found.data_vars.items():
        assert unit_of(variable) == toy.quantities[name].unit
        assert variable.attrs["long_name"] == toy.quantities[name].long_name
    assert found.heat_error.attrs["long_name"] == "absolute error estimate of the heat lost per area"
    assert found.tides.attrs["comment"] == "missing (NaN) where there is no moon"
    assert unit_of(found.luminosity) == parse_unit("Lsun")
    assert found.luminosity.values.tolist() == [0.5, 1.0]
    assert found.planet.values.tolist() == ["earth", "mars", "venus"]
    assert found.albedo.dims == ("planet",)


SAID = ("source", "gridscan_model", "gridscan_settings")


@pytest.mark.parametrize(
    ("name", "dims"),
    [
        ("irradiance", ("planet", "luminosity")),
        ("absorbed", ("planet", "luminosity", "sky")),
        ("depth", ("planet",)),
        ("temperature", ("planet", "luminosity", "sky")),
        ("decay", ("cooling_time", "moment")),
        ("heat", ("planet", "luminosity", "sky", "cooling_time", "end")),
        ("heat_error", ("planet", "luminosity", "sky", "cooling_time", "end")),
        ("tides", ("moons",)),
    ],
)
def test_a_quantity_has_exactly_the_dimensions_that_it_depends_on(toy, name, dims):
    alone = toy.evaluate(name, **AXES)
    together = toy.evaluate(EVERYTHING, **AXES)[name]
    assert alone.dims == together.dims == dims
    assert alone.shape == tuple(len(AXES[dim]) for dim in dims)
    xr.testing.assert_equal(alone.variable, together.variable)
    # An array alone says how it was computed; of several, the Dataset does.
    assert alone.attrs == {**together.attrs, **{key: alone.attrs[key] for key in SAID}}


def test_an_axis_without_effect_is_no_coordinate_of_the_result(toy):
    found = toy.evaluate("tides", planet=["earth", "mars"], moons=[1, 2])
    assert set(found.coords) == {"moons", "moons_weight"}


def test_a_single_value_is_a_coordinate_only_of_what_depends_on_it(toy):
    found = toy.evaluate(["tides"], moons=2, luminosity="2 Lsun", sky="overcast")
    assert set(found.coords) == {"moons"}
    assert "luminosity" in toy.evaluate(["irradiance"], luminosity="2 Lsun").coords


def test_shared_parts_are_computed_once_and_on_their_own_cells(count):
    model, counters = count("irradiance", "absorbed", "temperature", "decay")
    model.evaluate(EVERYTHING, **AXES)
    assert (counters["irradiance"].calls, counters["irradiance"].cells) == (1, 6)
    assert (counters["absorbed"].calls, counters["absorbed"].cells) == (1, 12)
    assert (counters["temperature"].calls, counters["temperature"].cells) == (1, 12)


def test_what_was_not_asked_for_is_not_computed(count):
    model, counters = count("irradiance", "absorbed", "temperature", "decay")
    model.evaluate("absorbed")
    assert {name: counter.calls for name, counter in counters.items()} == {
        "irradiance": 1,
        "absorbed": 1,
        "temperature": 0,
        "decay": 0,
    }


def test_lazy_and_eager_results_agree_in_every_bit(toy):
    eager = toy.evaluate(EVERYTHING, **AXES)
    lazy = toy.evaluate(EVERYTHING, limits=Limits(eager_cells=1, chunk_cells=2), **AXES)
    for name in EVERYTHING:
        assert isinstance(lazy[name].data, dask.array.Array), name
        assert isinstance(eager[name].data, np.ndarray), name
    xr.testing.assert_identical(lazy.compute(), eager)


def test_large_quantities_are_lazy_and_small_ones_are_not(toy):
    found = toy.evaluate(["irradiance", "temperature"], limits=Limits(eager_cells=6, chunk_cells=2), **AXES)
    assert isinstance(found.irradiance.data, np.ndarray)
    assert isinstance(found.temperature.data, dask.array.Array)


def test_a_slice_computes_only_the_chunks_that_it_touches(count):
    limits = Limits(eager_cells=100, chunk_cells=100)
    model, counters = count("irradiance", "absorbed")
    found = model.evaluate("absorbed", limits=limits, luminosity=list(range(1, 101)), orbit=list(range(1, 101)))
    assert counters["absorbed"].calls == 0
    assert found.data.npartitions == 100
    counters["irradiance"].reset()
    found.isel(luminosity=3, orbit=slice(0, 5)).compute()
    assert counters["absorbed"].cells == counters["irradiance"].cells == 100
    counters["absorbed"].reset()
    found.isel(luminosity=slice(5, 15)).compute()
    assert counters["absorbed"].cells == 2000


def test_nothing_is_computed_of_a_large_grid_before_it_is_asked_for(count):
    model, counters = count("irradiance", "absorbed")
    axis = {"linspace": [1, 2, 1000]}
    found = model.evaluate("absorbed", luminosity=axis, orbit=axis, albedo={"linspace": [0, 1, 1000]})
    assert found.size == 10**9
    assert counters["absorbed"].calls == 0
    assert counters["irradiance"].cells == 10**6
    value = float(found[500, 2, 999])
    assert value == 0
    assert max(map(max, found.chunks)) <= 1000
    assert counters["absorbed"].cells <= 4_000_000


def test_a_grid_beyond_any_memory_can_be_sliced(toy):
    axis = {"linspace": [1, 2, 10_000]}
    found = toy.evaluate("absorbed", luminosity=axis, orbit=axis, albedo={"linspace": [0, 1, 10_000]})
    assert found.size == 10**12
    corner = found.isel(luminosity=-1, orbit=-1, albedo=0)
    assert float(corner) == pytest.approx(float(toy.evaluate("absorbed", luminosity=2, orbit=2, albedo=0)), rel=1e-12)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("name", ["inner", "part", "block", "x"])
def test_an_axis_may_have_any_name(lazy, name):
    model = Model("m", "M")
    model.parameter(name, 1.0, "An axis")
    model.parameter("weights", [1.0, 2.0], "Weights", vector="weight", padded=True)
    model.parameter("others", [1.0, 2.0, 3.0], "Others", vector="other", padded=True)
    namespace: dict = {}
    exec(f"def product({name}, weights, others): return {name} * weights.sum(-1) * others.sum(-1), {name}", namespace)
    model.kernel("1", error=True, **{name: "1"}, weights="1", others="1")(namespace["product"])
    limits = Limits(eager_cells=1 if lazy else 10**6, chunk_cells=100)
    found = model.evaluate(["product", "product_error"], limits=limits, **{name: [1, 2, 3]})
    assert found["product"].values.tolist() == [18, 36, 54]
    assert found["product_error"].values.tolist() == [1, 2, 3]


def test_vectors_of_different_lengths_run_along_their_axis(toy):
    found = toy.evaluate("depth", planet=["venus", "mars", "earth"])
    assert found.values.tolist() == [60, 0.1, 0.8]


@pytest.mark.parametrize("lazy", [False, True])
def test_a_kernel_with_an_error_gives_both(toy, lazy):
    limits = Limits(eager_cells=1 if lazy else 10**6, chunk_cells=100)
    found = toy.evaluate(["depth_error", "depth"], limits=limits, layers=[[1, 2], [3, 4]])
    assert found.depth.values.tolist() == [2, 4]
    np.testing.assert_allclose(found.depth_error, [0.002, 0.004], rtol=1e-15)


def test_a_kernel_runs_once_for_its_value_and_its_error():
    calls = []
    model = Model("m", "M")
    model.parameter("x", 1.0, "X")

    @model.kernel("1", error=True, x="1")
    def rough(x):
        calls.append(x)
        return x, x / 10

    assert set(model.evaluate(["rough", "rough_error"], x=[1, 2])) == {"rough", "rough_error"}
    assert len(calls) == 1


CLOSED_FORMS = {
    "polynomial": (lambda x: x**3, lambda a, b: (b**4 - a**4) / 4),
    "exponential": (np.exp, lambda a, b: np.exp(b) - np.exp(a)),
    "oscillation": (lambda x: np.cos(20 * x), lambda a, b: (np.sin(20 * b) - np.sin(20 * a)) / 20),
    "peak": (lambda x: 1 / (1 + 25 * x**2), lambda a, b: (np.arctan(5 * b) - np.arctan(5 * a)) / 5),
    "constant": (lambda x: 0 * x + 3, lambda a, b: 3 * (b - a)),
    "zero": (lambda x: 0 * x, lambda a, b: 0 * (b - a)),
    "odd": (np.sinh, lambda a, b: np.cosh(b) - np.cosh(a)),
    "cancelling": (lambda x: np.cos(np.pi * x), lambda a, b: (np.sin(np.pi * b) - np.sin(np.pi * a)) / np.pi),
}


def _integrating(integrand, accuracy=1e-9):
    model = Model("m", "M")
    for name, default in {"x": 0.0, "low": 0.0, "high": 1.0}.items():
        model.parameter(name, default, name)

    def total(x):
        return integrand(x)

    model.integral("1", over="x", lower="low", upper="high", accuracy=accuracy)(total)
    return model


@pytest.mark.parametrize("form", CLOSED_FORMS)
def test_integrals_agree_with_their_closed_forms_and_know_their_error(form):
    integrand, closed = CLOSED_FORMS[form]
    low, high = np.array([-1.0, 0.0, 0.5]), np.array([1.0, 2.0])
    found = _integrating(integrand).evaluate(["total", "total_error"], low=low, high=high)
    exact = closed(low[:, None], high)
    largest = np.abs(integrand(np.linspace(-1, 2, 301))).max() * (high - low[:, None])
    assert (np.abs(found.total - exact) <= 1e-9 * np.abs(exact) + 1e-14 * largest).all()
    assert (np.abs(found.total - exact) <= found.total_error + 1e-15 * largest).all()
    assert (found.total_error <= 1e-9 * np.abs(exact) + 1e-14 * largest).all()


def test_a_cell_of_an_integral_does_not_depend_on_its_neighbours():
    model = _integrating(lambda x: 1 / (1 + 100 * x**2))
    high = np.geomspace(0.01, 30, 25)
    together = model.evaluate(["total", "total_error"], high=high)
    for index, value in enumerate(high):
        alone = model.evaluate(["total", "total_error"], high=value)
        assert float(alone.total) == float(together.total[index])
        assert float(alone.total_error) == float(together.total_error[index])


def test_limits_in_reverse_order_change_the_sign():
    model = _integrating(np.exp)
    assert float(model.evaluate("total", low=1, high=0)) == -float(model.evaluate("total", low=0, high=1))


@pytest.mark.parametrize("integrand", [lambda x: np.sign(x - 0.3), lambda x: np.abs(x - 0.3) ** -0.9])
def test_an_integral_that_does_not_converge_is_refused(integrand):
    with pytest.raises(EvaluationError, match=r"'total': the integral over 'x' has a relative error of about .*1e-09"):
        _integrating(integrand).evaluate("total")


def test_an_integrand_that_is_not_finite_is_refused():
    with pytest.raises(EvaluationError, match="'total': the integral over 'x'"):
        _integrating(lambda x: np.where(x > 0.5, np.nan, x)).evaluate("total")


def test_an_integral_follows_a_replaced_integrand(toy):
    steady = toy.replace(decay=lambda moment: 0 * moment / moment + 1)
    found = steady.evaluate(["heat", "absorbed"], end=[1, 2])
    np.testing.assert_allclose(found.heat / found.absorbed, np.array([1, 2]) * 31.5576, rtol=1e-12)


def test_an_integral_follows_a_cut_integrand(toy):
    found = toy.evaluate("heat", absorbed=["100 W/m^2", "200 W/m^2"], decay=0.5, end="4 yr")
    assert found.dims == ("absorbed",)
    np.testing.assert_allclose(found, np.array([1, 2]) * 100 * 0.5 * 4 * 31.5576, rtol=1e-12)


def test_what_is_integrated_over_may_be_an_axis_beside_the_integral(toy):
    found = toy.evaluate(["heat", "decay"], moment=[1, 2, 3])
    assert found.heat.dims == ()
    assert found.decay.dims == ("moment",)
    assert float(found.heat) == float(toy.evaluate("heat"))


def test_a_value_for_a_quantity_cuts_the_graph(count):
    model, counters = count("irradiance", "absorbed", "temperature")
    found = model.evaluate("temperature", absorbed=["240 W/m^2", "0.48 kW/m^2"], planet="mars")
    assert counters["irradiance"].calls == counters["absorbed"].calls == 0
    np.testing.assert_allclose(found, (np.array([240, 480]) * 1.075 / SIGMA) ** 0.25, rtol=1e-9)
    assert found.dims == ("absorbed",)
    assert found.absorbed.values.tolist() == [240, 480]
    assert unit_of(found.absorbed) == parse_unit("W/m^2")


def test_a_value_that_was_given_stays_and_has_no_error(toy):
    found = toy.evaluate(["depth_error", "temperature"], depth=3)
    assert float(found.temperature) == float(toy.evaluate("temperature", depth=3))
    assert float(found.depth_error) == 0.0


def test_a_cut_error_estimate_stays_when_its_value_is_computed(toy):
    model = toy.copy()

    @model.quantity("1")
    def spread(depth, depth_error):
        return depth_error / depth

    assert float(model.evaluate("spread", depth_error=0.4)) == pytest.approx(0.5)


def test_a_constant_can_be_overridden(toy):
    ratio = toy.evaluate("temperature", stefan_boltzmann_constant="5.670374419e-8 W/m^2/K^4") / toy.evaluate(
        "temperature"
    )
    assert float(ratio) == pytest.approx(1, rel=1e-10)
    doubled = toy.evaluate("temperature", stefan_boltzmann_constant="2 stefan_boltzmann_constant")
    assert float(doubled / toy.evaluate("temperature")) == pytest.approx(0.5**0.25, rel=1e-12)


def test_asking_for_what_was_given_is_refused(toy):
    with pytest.raises(ScenarioError, match="'absorbed' is given a value, so there is nothing to compute for it"):
        toy.evaluate(["temperature", "absorbed"], absorbed="240 W/m^2")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("temprature", "model 'planet' has no quantity 'temprature'; did you mean 'temperature'?; there are"),
        ("albedo", "model 'planet' has no quantity 'albedo'"),
        ([], "no quantity was asked for"),
        (["temperature", "hat"], "model 'planet' has no quantity 'hat'; did you mean 'heat'?"),
    ],
)
def test_what_cannot_be_computed_is_refused(toy, names, message):
    with pytest.raises((ModelError, ScenarioError)) as caught:
        toy.evaluate(names)
    assert str(caught.value).startswith(message)


def test_missing_values_are_allowed_only_where_they_are_declared(toy):
    found = toy.evaluate("tides", moons=[0, 1, 2])
    assert np.isnan(found[0])
    assert found[1:].values.tolist() == [1, 0.5]


def _dimmed(value):
    return lambda luminosity, orbit: (
        np.where(luminosity / luminosity * orbit > 3 * orbit, 1, value) * (luminosity / orbit**2)
    )


@pytest.mark.parametrize("lazy", [False, True])
def test_a_result_that_is_not_finite_is_refused_with_its_first_cell(toy, lazy):
    limits = Limits(eager_cells=1 if lazy else 10**6, chunk_cells=100)
    broken = toy.replace(tides=lambda moons: 1 / (moons - 2))
    with pytest.raises(EvaluationError) as caught:
        broken.evaluate("tides", limits=limits, moons=[1, 2, 3]).compute()
    assert str(caught.value) == "'tides' is inf (first at moons = 2)"


def test_the_first_cell_is_named_by_its_labels_and_values(toy):
    broken = toy.replace(absorbed=lambda irradiance, albedo, sky: np.log(albedo - 0.3) * irradiance + 0 * (sky == "x"))
    with pytest.raises(EvaluationError) as caught:
        broken.evaluate("absorbed", luminosity=["0.5 Lsun", "2 Lsun"], planet=["venus", "mars"])
    assert str(caught.value) == ("'absorbed' is nan (first at luminosity = 0.5 Lsun, planet = mars)")


def test_a_single_value_that_is_not_finite_is_refused(toy):
    with pytest.raises(EvaluationError, match=r"^'decay' is nan$"):
        toy.replace(decay=lambda moons: moons * np.nan).evaluate("decay")


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda moons: np.ones((2, 5)) * moons.sum(), r"returned an array of shape \(2, 5\), expected \(3,\)"),
        (lambda moons: np.ones(5) * moons.sum(), r"returned an array of shape \(5,\), expected \(3,\)"),
        (lambda moons: np.array(["a"] * moons.size), "returned <U1, expected numbers"),
        (lambda moons: {} if isinstance(moons, np.ndarray) else moons, "returned dict, expected numbers"),
        (lambda moons: moons + 1j, "returned complex128, expected numbers"),
    ],
)
def test_a_function_that_returns_the_wrong_thing_is_named(toy, lazy, function, message):
    limits = Limits(eager_cells=1 if lazy else 10**6, chunk_cells=100)
    with pytest.raises(EvaluationError, match=rf"^'tides' \({__file__}:\d+\) {message}$"):
        toy.replace(tides=function).evaluate("tides", limits=limits, moons=[1, 2, 3]).compute()


def test_a_function_may_return_less_than_the_whole_grid(toy):
    constant = toy.replace(temperature=lambda absorbed: 0 * absorbed.sum() ** 0 + 300 * (absorbed / absorbed).mean())
    flat = Model("m", "M")
    flat.parameter("x", 1.0, "X")
    flat.parameter("y", 1.0, "Y")
    flat.quantity("1")(_only_x)
    found = flat.evaluate("_only_x", x=[1, 2], y=[1, 2, 3])
    assert found.values.tolist() == [[1, 1, 1], [2, 2, 2]]
    with pytest.raises(GridscanError, match="expected the declared unit 'K'"):
        constant.evaluate("temperature")


def _only_x(x, y):
    return x if y.size else y


def test_a_result_can_be_changed_without_changing_anything_else(toy):
    first = toy.evaluate("decay", moment=[1, 2])
    first[:] = 0
    assert float(toy.evaluate("decay", moment=[1, 2])[0]) == pytest.approx(np.exp(-0.2))


def test_the_settings_of_a_result_name_every_input_with_its_unit(toy):
    resolved = resolve(toy, {"planet": Given(["earth", "mars"]), "luminosity": Given("2 Lsun"), "moons": Given(3)})
    settings_found = input_settings(lay_out(resolved, ["temperature"]))
    assert settings_found["planet"] == ["earth", "mars"]
    assert settings_found["albedo"] == {"value": [0.3, 0.25], "unit": "1"}
    assert settings_found["luminosity"] == {"value": 2.0, "unit": "Lsun"}
    assert settings_found["layers"] == {"value": [[0.5, 0.8], [0.1, 0.1]], "unit": "1"}
    assert settings_found["sky"] == "clear"
    assert "moons" not in settings_found


def test_a_label_of_which_every_value_is_overridden_is_no_coordinate_of_the_result(toy):
    assert toy.evaluate("absorbed", albedo=0.1).planet.item() == "earth"
    found = toy.evaluate("absorbed", albedo=0.1, orbit="2 AU")
    assert "planet" not in found.coords
    assert found.albedo.item() == 0.1
    both = toy.evaluate(["absorbed", "depth"], albedo=0.1, orbit="2 AU", layers=[[0.1], [0.3, 0.2]])
    assert "planet" not in both.coords


def test_values_without_effect_are_listed(toy):
    resolved = resolve(toy, {name: Given(value) for name, value in AXES.items()})
    idle = [line.split("'")[1] for line in lay_out(resolved, ["absorbed"]).idle]
    assert set(idle) == {"moons", "moment", "end", "cooling_time"}
    assert lay_out(resolved, ["tides", "heat", "decay"]).idle == []


def test_zipped_values_move_together(toy):
    given_values = {
        "planet": Given(["earth", "mars"], (), "world"),
        "moons": Given([1, 2], (), "world"),
        "luminosity": Given([1, 2]),
    }
    found = compute_lazily(lay_out(resolve(toy, given_values), ["temperature", "tides"]))
    assert found.temperature.dims == ("world", "luminosity")
    assert found.tides.dims == ("world",)
    assert found.planet.dims == found.moons.dims == ("world",)
    assert float(found.temperature[1, 1]) == float(toy.evaluate("temperature", planet="mars", luminosity=2))


_VALUES = {
    "planet": st.lists(st.sampled_from(["earth", "mars", "venus"]), min_size=1, max_size=3, unique=True),
    "luminosity": st.lists(st.floats(0.1, 10), min_size=1, max_size=3, unique=True),
    "sky": st.lists(st.sampled_from(["clear", "overcast"]), min_size=1, max_size=2, unique=True),
    "cooling_time": st.lists(st.floats(0.5, 20), min_size=1, max_size=3, unique=True),
    "moment": st.lists(st.floats(0, 20), min_size=1, max_size=3, unique=True),
    "albedo": st.lists(st.floats(0, 1), min_size=1, max_size=2, unique=True),
    "end": st.lists(st.floats(1, 20), min_size=1, max_size=2, unique=True),
}
_GRIDS = st.lists(st.sampled_from(list(_VALUES)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: _VALUES[name] for name in names})
)
_NAMES = ["temperature", "decay", "heat", "absorbed"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grid=_GRIDS)
def test_a_grid_holds_what_its_cells_give_one_by_one(toy, grid):
    whole = toy.evaluate(_NAMES, **grid)
    for values in itertools.product(*grid.values()):
        cell = dict(zip(grid, values, strict=True))
        alone = toy.evaluate(_NAMES, **cell)
        for name in _NAMES:
            place = {dim: cell[dim] for dim in whole[name].dims}
            np.testing.assert_allclose(whole[name].sel(place), alone[name], rtol=1e-13)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grid=_GRIDS, random=st.randoms(use_true_random=False))
def test_permuting_the_axes_permutes_the_result(toy, grid, random):
    order = list(grid)
    random.shuffle(order)
    first = toy.evaluate(_NAMES, **grid)
    second = toy.evaluate(_NAMES, **{name: grid[name] for name in order})
    for name in _NAMES:
        assert second[name].dims == tuple(dim for dim in order if dim in first[name].dims)
        np.testing.assert_allclose(second[name].transpose(*first[name].dims), first[name], rtol=1e-13)


def test_a_value_without_effect_is_said(toy):
    with pytest.warns(GridscanWarning, match="the axis 'moons' has no effect on the quantities asked for"):
        toy.evaluate("irradiance", moons=[1, 2])
    with pytest.warns(GridscanWarning, match="the value of 'planet' has no effect"):
        toy.evaluate("irradiance", planet="mars", orbit="1 AU")


def test_an_array_that_a_formula_keeps_is_left_alone():
    kept = np.array([1000.0, 2000.0])
    model = Model("keeper", "Keeps an array")
    model.parameter("axis", "1 m", "Axis")

    @model.quantity("m")
    def start(axis):
        return 0 * axis

    @model.quantity("km")
    def table(start, axis):
        return kept if isinstance(axis, np.ndarray) else start + axis

    for _ in range(2):
        np.testing.assert_array_equal(model.evaluate("table", axis=[1, 2]), [1.0, 2.0])


def test_an_if_on_an_array_is_told_what_to_do_instead():
    model = Model("choosy", "Chooses")
    model.parameter("way", "left", "Way", choices=["left", "right"])

    @model.quantity("1")
    def side(way):
        return 1.0 if way == "left" else 2.0

    with pytest.raises(EvaluationError, match=r"choose with np\.where, not with if"):
        model.evaluate("side", way=["left", "right"])


def test_a_lazy_value_that_is_not_finite_names_the_quantity_in_which_that_began():
    model = Model("chain", "Quantities that are made of each other")
    model.parameter("far", "1", "Far")
    model.parameter("near", "1", "Near")

    @model.quantity("1")
    def first(far):
        with np.errstate(invalid="ignore"):
            return np.log(far)

    @model.quantity("1")
    def second(first, near):
        return first * near

    @model.quantity("1")
    def last(second):
        return second + 1

    found = model.evaluate(
        "last", far=[3.0, 2.0, -1.0], near=[1.0, 2.0, 5.0, 7.0], limits=Limits(eager_cells=4, chunk_cells=4)
    )
    assert isinstance(found.data, dask.array.Array)
    np.testing.assert_allclose(found[:2], np.log([[3.0], [2.0]]) * [1.0, 2.0, 5.0, 7.0] + 1)
    with pytest.raises(EvaluationError, match=r"'last' is nan: 'first', of which it is made, is nan there.*far = -1"):
        found.compute()
