"""Screening against functions whose indices are known exactly, in scenarios."""

import warnings

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import GridscanWarning, ScenarioError, SensitivityError

# Quarter points of the unit interval, at which steps of elementary effects begin and end, are exact in every law below.
SCENARIO = """
model = "waves"
[uncertain]
first  = { uniform = ["-3.141592653589793 m", "3.141592653589793 m"] }
second = { uniform = ["-3.141592653589793 m", "3.141592653589793 m"] }
third  = { uniform = ["-3.141592653589793 m", "3.141592653589793 m"] }
[output]
quantities = ["ishigami"]
"""
VARIANCE = 0.5 + 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18
BOTH = 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
FIRST = {"first": 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2 / VARIANCE, "second": 49 / 8 / VARIANCE, "third": 0.0}
TOTAL = {"first": FIRST["first"] + BOTH / VARIANCE, "second": FIRST["second"], "third": BOTH / VARIANCE}
WEIGHTS = {"light": {"factor": 1.0, "source": "test"}, "heavy": {"factor": 3.0, "source": "test"}}


@pytest.fixture(scope="module")
def model():
    made = gs.Model("waves", "Functions with known indices")
    for name in ("first", "second", "third", "idle"):
        made.parameter(name, "1 m", f"The {name} place")
    kind = made.label("kind", "light", "Kind", records=WEIGHTS)
    made.parameter("factor", kind, "Factor")
    made.parameter("zero", 0.0, "A number that is zero")
    made.parameter("whole", 2, "A whole number", integer=True)
    made.parameter("metre", "1 m", "Unit of the places")

    @made.quantity("1", long_name="Ishigami's function")
    def ishigami(first, second, third, metre, idle):
        """Source: T. Ishigami and T. Homma (1990)."""
        x, y, z = first / metre, second / metre, third / metre
        return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x) + 0 * (idle / metre)

    @made.quantity("1", long_name="sum")
    def linear(first, second, factor, metre, zero, whole):
        """Source: test."""
        return (first + 2 * second) / metre * factor + zero + whole

    @made.quantity("1", long_name="root")
    def root(first, metre, second):
        """Source: test."""
        return np.where(first / metre < 0.95, np.nan, second / metre)

    return made


def scenario(model, text=SCENARIO, **overrides):
    return gs.Scenario.parse(text, model=model, overrides=overrides)


def screened(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GridscanWarning)
        return gs.screen(*arguments, **options)


def by_name(table, variable):
    return dict(zip(table["parameter"].values.tolist(), table[variable].values.tolist(), strict=True))


def test_indices_are_the_exact_ones_within_their_errors(model):
    table = screened(scenario(model, metre="1 m"), "ishigami", share=0, points=4096)
    for name in FIRST:
        row = table.sel(parameter=name)
        assert abs(float(row["first_order"]) - FIRST[name]) <= 1.5 * float(row["first_order_error"])
        assert abs(float(row["total"]) - TOTAL[name]) <= 1.5 * float(row["total_error"])
        assert float(row["total_error"]) < 0.04
    assert abs(float(table["mean"]) - 3.5) < 0.1
    assert float(table["standard_deviation"]) == pytest.approx(np.sqrt(VARIANCE), rel=0.03)
    assert table["mean"].attrs["units"] == table["effect"].attrs["units"] == "1"


def test_without_a_number_of_points_the_order_is_settled(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = gs.screen(scenario(model), "ishigami", share=0)
    assert table["parameter"].values[:3].tolist() == ["first", "second", "third"]
    gaps = -np.diff(table["total"].values)
    errors = table["total_error"].values
    assert ((gaps > np.hypot(errors[1:], errors[:-1])) | (errors[:-1] <= 0.02)).all()


def test_an_input_without_effect_has_zeros_and_no_interval(model):
    row = screened(scenario(model), "ishigami", points=64).sel(parameter="idle")
    for name in ("first_order", "first_order_error", "total", "total_error", "effect_size", "effect_spread"):
        assert float(row[name]) == 0.0


def test_effects_of_a_sum_are_its_slopes_over_the_widths_of_the_distributions(model):
    text = SCENARIO.replace("ishigami", "linear")
    table = screened(scenario(model, text), "linear", share=1e-9, points=1024)
    assert by_name(table, "effect")["first"] == pytest.approx(2 * np.pi, rel=1e-6)
    assert by_name(table, "effect_size")["second"] == pytest.approx(4 * np.pi, rel=1e-6)
    assert by_name(table, "first_order")["second"] == pytest.approx(0.8, abs=0.05)
    # What cannot vary is said.
    assert "not varied (word, whole number, list or zero): zero, whole" in table.attrs["comment"]


def test_a_normal_input_has_finite_effects(model):
    text = SCENARIO.replace('uniform = ["-3.141592653589793 m", "3.141592653589793 m"]', 'normal = ["0 m", "1 m"]')
    table = screened(scenario(model, text), "ishigami", points=32)
    assert all(np.isfinite(table[name]).all() for name in table.data_vars)
    assert "normal, mean 0 m, standard deviation 1 m" in by_name(table, "varied_over")["first"]


def test_numbers_of_which_nothing_is_known_vary_around_their_values(model):
    text = '\nmodel = "waves"\noutput.quantities = ["linear"]\n'
    table = screened(scenario(model, text), "linear", share=0.2, points=8192)
    ranges = by_name(table, "varied_over")
    assert ranges["first"] == "uniform, 0.8 to 1.2 m"
    assert ranges["factor"] == "uniform, 0.8 to 1.2"
    # (x + 2 y) c / u: to first order the relative slopes are 1/3, 2/3, 1 and -1.
    shares = by_name(table, "first_order")
    assert shares["second"] == pytest.approx(4 / 23, abs=0.03)
    assert shares["factor"] == pytest.approx(9 / 23, abs=0.03)


def test_axes_and_labels_vary_and_bring_what_they_set(model):
    text = SCENARIO.replace("[uncertain]", '[axes]\nkind = ["light", "heavy"]\n[uncertain]').replace(
        "ishigami", "linear"
    )
    table = screened(scenario(model, text), "linear", points=128)
    assert by_name(table, "varied_over")["kind"] == "choice of light (50 %), heavy (50 %)"
    assert "factor" not in table["parameter"]
    held = screened(scenario(model, text), "linear", at={"kind": "heavy"}, points=32)
    assert "kind" not in held["parameter"]
    assert "at kind = heavy" in held.attrs["comment"]
    text = text.replace("[axes]", '[axes]\nmetre = ["1 m", "2 m"]')
    fixed = screened(scenario(model, text), "linear", at={"metre": "2 m"}, points=32)
    assert "metre" not in fixed["parameter"]
    assert "at metre = 2 m" in fixed.attrs["comment"]
    # A label of which the scenario names one varies on demand.
    varied = screened(scenario(model, SCENARIO.replace("ishigami", "linear")), "linear", vary=["kind"], points=32)
    assert "kind" in varied["parameter"]


def test_what_is_drawn_together_is_one_factor(model):
    text = SCENARIO.replace(
        "[output]",
        '[[correlated]]\nparameters = ["first", "second"]\ncorrelation = [[1.0, 0.5], [0.5, 1.0]]\n[output]',
    )
    table = screened(scenario(model, text), "ishigami", points=64)
    assert {"first, second", "third"} <= set(table["parameter"].values.tolist())
    assert "correlation 0.5 of first and second" in by_name(table, "varied_over")["first, second"]


def test_equal_seeds_give_equal_tables_and_others_differ(model):
    one, same, other = (screened(scenario(model), "ishigami", points=64, seed=seed) for seed in (1, 1, 2))
    assert one.identical(same)
    assert not one["total"].equals(other["total"])


def test_some_points_that_cannot_be_computed_are_left_out_with_a_warning(model):
    text = '\nmodel = "waves"\nuncertain.first = { uniform = ["0.94 m", "1.2 m"] }\noutput.quantities = ["root"]\n'
    with pytest.warns(GridscanWarning, match="points were left out: 'root' is nan"):
        table = gs.screen(scenario(model, text), "root", share=0, points=512)
    assert np.isfinite(table["total"]).all()


def test_points_that_a_model_rules_out_are_left_out_with_its_reason(model):
    made = model.copy()
    made.require("first must be below 1.19 m", first="m")(lambda first: first < 1.19)
    text = (
        'model = "waves"\nuncertain.first = { uniform = ["1 m", "1.2 m"] }\noutput.quantities = ["linear"]\n'
        'uncertain.second = { uniform = ["1 m", "1.2 m"] }\n'
    )
    with pytest.warns(GridscanWarning, match="points were left out: first must be below 1.19 m"):
        table = gs.screen(scenario(made, text), "linear", share=0, points=512)
    # What remains is x + 2 y with x of a slightly narrower range.
    widths = np.array([0.19, 2 * 0.2]) ** 2
    row = table.sel(parameter="second")
    assert abs(float(row["total"]) - widths[1] / widths.sum()) <= 1.5 * float(row["total_error"]) < 0.1


def test_too_many_such_points_are_refused(model):
    text = '\nmodel = "waves"\nuncertain.first = { uniform = ["0 m", "2 m"] }\noutput.quantities = ["root"]\n'
    with pytest.raises(SensitivityError, match=r"'root' cannot be computed at .* of the points: 'root' is nan"):
        gs.screen(scenario(model, text), "root")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"share": -0.1},
            SensitivityError,
            "the share by which numbers vary must be from 0, .* to below 1; found -0.1",
        ),
        ({"points": 8}, SensitivityError, "the number of base points must be at least 32, found 8"),
        ({"at": {"frist": "1 m"}}, ScenarioError, "'frist' is not an axis of the scenario"),
        ({"vary": ["kinds"]}, ScenarioError, "'kinds' is not a label; did you mean 'kind'?"),
    ],
)
def test_a_mistake_is_told(model, options, error, message):
    with pytest.raises(error, match=message.replace("?", r"\?")):
        gs.screen(scenario(model), "ishigami", **options)


def test_where_nothing_varies_there_is_nothing_to_screen(model):
    made = model.copy()

    @made.quantity("1")
    def nothing(zero):
        """Source: test."""
        return 1 + 0 * zero

    text = '\nmodel = "waves"\noutput.quantities = ["nothing"]\n'
    with pytest.raises(SensitivityError, match="nothing varies that 'nothing' depends on"):
        gs.screen(gs.Scenario.parse(text, model=made), "nothing")
