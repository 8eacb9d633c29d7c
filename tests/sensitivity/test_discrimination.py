"""Required masses: the reference table, units, masses and backgrounds of every kind, refusals."""

import math

import dask
import numpy as np
import pytest
import xarray as xr
from reference import reference

import gridscan as gs
from gridscan.errors import GridscanWarning, ModelError, SensitivityError, UnitError
from gridscan.numerics.poisson import scale_to_discriminate
from gridscan.numerics.uncertain_background import exposure_to_discriminate
from gridscan.sensitivity.discrimination import discriminate
from gridscan.units import parse_unit, unit_of

REFERENCE = reference("red_supergiants")["required_mass"]
CASES = [dict(zip(REFERENCE["columns"], row, strict=True)) for row in REFERENCE["rows"]]


@pytest.fixture
def grid():
    rates = np.array([[[1.0, 2.0, 3.0, 3.0]], [[4.0, 0.0, 6.0, 7.0]]]) * np.array([[1.0], [0.5], [0.1]])
    return xr.Dataset(
        {
            "events": (("detector", "radius", "imf"), rates, {"units": "yr-1", "long_name": "event rate"}),
            "noise": (("radius",), [0.5, 0.25, 0.0], {"units": "yr-1"}),
            "weights": (("imf",), [1.0, 2.0, 3.0, 4.0], {"units": "megatonne"}),
            "flux": (("imf",), np.ones(4), {"units": "cm-2 s-1"}),
        },
        coords={
            "detector": ["juno", "super-k"],
            "radius": ("radius", [1.0, 0.5, 2.0], {"units": "kiloparsec", "long_name": "radius"}),
            "imf": ["kroupa", "salpeter", "top-heavy", "top-light"],
            "fiducial_mass": ("detector", [20.0, 22.5], {"units": "kilotonne", "role": "detector_mass"}),
            "slope": ("imf", [1.0, 2.0, 3.0, 4.0], {"units": "1"}),
        },
    )


def case_name(case):
    pair = f"{case['imf_a']}-{case['imf_b']}"
    return f"{pair} at {case['radius_kpc']} kpc, {case['background_per_kton_year']:g} per kt and year"


def test_the_reference_table_has_all_its_cases():
    assert len(CASES) == 18


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_the_required_mass_is_that_of_the_reference(case, method):
    rates = [case["rate_a_per_year_100kt"], case["rate_b_per_year_100kt"]]
    dataset = xr.Dataset({"events": ("imf", rates, {"units": "yr-1"})}, coords={"imf": [case["imf_a"], case["imf_b"]]})
    result = discriminate(
        dataset,
        "events",
        "imf",
        exposure=f"{case['exposure_years']} yr",
        background=f"{case['background_per_kton_year']} / kt / yr",
        significance=case["z_sigma"],
        mass="100 kt",
    )
    mass = result["required_mass"].sel({"method": method, "imf_a": case["imf_a"], "imf_b": case["imf_b"]})
    assert unit_of(mass) == parse_unit("kt")
    expected = case[f"required_mass_kton_{method}"]
    assert float(mass) == pytest.approx(expected, rel=REFERENCE["relative_tolerance"], abs=0)


@pytest.mark.parametrize("method", ["asimov", "gaussian"])
def test_every_pair_of_labels_in_every_cell_is_that_of_the_formula(grid, method):
    result = discriminate(grid, "events", "imf", exposure="5 yr", background="noise", significance=2)
    assert result["scale_factor"].dims == ("method", "imf_a", "imf_b", "detector", "radius")
    rates, noise = grid["events"].transpose("imf", "detector", "radius").values, grid["noise"].values
    for a in range(4):
        for b in range(4):
            expected = scale_to_discriminate(rates[a], rates[b], noise, 5.0, 2.0, method)
            found = result.sel({"method": method}).isel(imf_a=a, imf_b=b)
            np.testing.assert_allclose(found["scale_factor"], expected, rtol=1e-13)
            np.testing.assert_allclose(found["required_mass"], expected * [[20.0], [22.5]], rtol=1e-13)


def test_equal_rates_are_infinitely_hard_to_tell_apart_and_never_nan(grid):
    result = discriminate(grid, "events", "imf")
    scale = result["scale_factor"]
    assert not scale.isnull().any()
    for label in grid["imf"].values:
        assert np.isinf(scale.sel(imf_a=label, imf_b=label)).all()
    assert np.isinf(scale.sel(imf_a="top-heavy", imf_b="top-light", detector="juno")).all()
    assert np.isinf(result["required_mass"].sel(imf_a="kroupa", imf_b="kroupa")).all()


def test_the_factors_are_symmetric_in_the_two_scenarios(grid):
    scale = discriminate(grid, "events", "imf", background="1 / kt / yr")["scale_factor"]
    np.testing.assert_array_equal(scale, scale.transpose("method", "imf_b", "imf_a", ...))


def test_the_result_says_what_it_is_in_which_unit_and_for_which_setting(grid):
    result = discriminate(grid, "events", "radius", background="2 / day")
    assert result["method"].values.tolist() == ["asimov", "gaussian", "exact"]
    assert result["scale_factor"].attrs == {
        "units": "1",
        "long_name": "factor by which the detector has to grow to discriminate event rate of radius_a, radius_b",
        "comment": "exposure 10 yr, background 2 / day, significance 3; infinite where the rates are equal",
    }
    mass = result["required_mass"].attrs
    assert unit_of(mass) == parse_unit("kt")
    assert mass["long_name"] == "detector mass that discriminates event rate of radius_a, radius_b"
    for side in ("radius_a", "radius_b"):
        np.testing.assert_array_equal(result[side], grid["radius"])
        assert result[side].attrs == grid["radius"].attrs
    assert result["slope"].dims == ("imf",)
    assert "radius" not in result.coords


def test_exposure_background_mass_and_rates_may_be_in_any_unit(grid):
    expected = discriminate(grid, "events", "imf", exposure="2 yr", background="3 / kt / yr", mass="7 kt")
    other = grid.copy()
    other["events"] = (grid["events"] / 365.25).assign_attrs(units="d-1")
    found = discriminate(other, "events", "imf", exposure="730.5 day", background="3e-6 / kg / yr", mass="7e6 kg")
    np.testing.assert_allclose(found["scale_factor"], expected["scale_factor"], rtol=1e-12)
    np.testing.assert_allclose(found["required_mass"], expected["required_mass"] * 1e6, rtol=1e-12)
    assert found["required_mass"].attrs["units"] == "kg"


def test_a_background_per_mass_is_that_of_the_mass(grid):
    per_mass = discriminate(grid, "events", "imf", background="3 / kt / yr", mass="7 kt")
    in_all = discriminate(grid, "events", "imf", background="21 / yr", mass="7 kt")
    xr.testing.assert_allclose(per_mass["scale_factor"], in_all["scale_factor"], rtol=1e-13)


def test_a_scenario_that_changes_the_detector_has_the_mass_and_background_of_its_own(grid):
    result = discriminate(grid, "events", "detector", background="0.1 / kt / yr", significance=2)
    result = result.sel({"method": "gaussian"}).sel(radius=1.0, imf="kroupa")
    pair = result.sel(detector_a="juno", detector_b="super-k")
    counts = (1.0 + 2.0) * 10, (4.0 + 2.25) * 10
    expected = 4 * max(counts) / (counts[0] - counts[1]) ** 2
    assert float(pair["scale_factor"]) == pytest.approx(expected, rel=1e-13)
    assert float(pair["required_mass"]) == pytest.approx(expected * 20.0, rel=1e-13)
    mirrored = result.sel(detector_a="super-k", detector_b="juno")
    assert float(mirrored["required_mass"]) == pytest.approx(expected * 22.5, rel=1e-13)


def test_a_mass_may_be_named_and_may_bring_a_dimension_of_its_own(grid):
    result = discriminate(grid[["events", "weights"]].isel(detector=0), "events", "radius", mass="weights")
    assert unit_of(result["required_mass"]) == parse_unit("Mt")
    ratio = result["required_mass"] / result["scale_factor"]
    np.testing.assert_allclose(ratio.isel(radius_a=0, radius_b=1, method=0), [1, 2, 3, 4], rtol=1e-13)
    by_detector = grid[["events"]].assign(events=grid["events"].isel(detector=0, drop=True))
    assert discriminate(by_detector, "events", "imf")["required_mass"]["detector"].values.tolist() == [
        "juno",
        "super-k",
    ]


def test_without_a_mass_there_is_a_factor_and_no_required_mass(grid):
    result = discriminate(grid.drop_vars("fiducial_mass"), "events", "imf")
    assert list(result.data_vars) == ["scale_factor"]


@pytest.mark.parametrize("chunks", [{}, {"imf": 1}, {"radius": 2, "detector": 1}])
@pytest.mark.parametrize("along", ["imf", "detector", "radius"])
def test_dask_gives_the_numbers_of_numpy_and_computes_nothing_before_it_is_asked(grid, chunks, along):
    expected = discriminate(grid, "events", along, background="1 / kt / yr")

    def refuse(*_args, **_options):
        raise AssertionError("computed while the graph was built")

    with dask.config.set(scheduler=refuse):
        lazy = discriminate(grid.chunk(chunks), "events", along, background="1 / kt / yr")
    assert lazy["required_mass"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), expected)


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (UnitError, {"name": "flux"}, "'flux' is in '1/cm^2/s'; expected a rate of events such as '1/yr'"),
        (UnitError, {"exposure": "10 kt"}, "'exposure' is in 'kt'; expected a time such as '10 yr'"),
        (UnitError, {"exposure": "long"}, "'long' does not begin with a number; expected a value such as '2 kpc'"),
        (
            UnitError,
            {"background": "1 / kpc"},
            "background '1 / kpc' is in '1/kpc'; expected a rate such as '1 / yr', "
            "or a rate per mass such as '1 / kt / yr'",
        ),
        (UnitError, {"mass": "10 kpc"}, "mass 'mass' is in 'kpc'; expected a mass such as '100 kt'"),
        (UnitError, {"mass": "radius"}, "mass 'radius' is in 'kpc'; expected a mass such as '100 kt'"),
        (
            SensitivityError,
            {"mass": "wieghts"},
            "mass 'wieghts' is neither a value nor a name; did you mean 'weights'? ('wieghts' does not begin with a "
            "number; expected a value such as '2 kpc'); "
            "the dataset has: events, noise, weights, flux, radius, fiducial_mass, slope",
        ),
        (SensitivityError, {"mass": "0 kt"}, "mass 'mass' must be finite and positive; found 0"),
        (SensitivityError, {"exposure": "0 yr"}, "exposure must be finite and positive; found 0"),
        (
            SensitivityError,
            {"background": "1 / yr", "background_error": -0.1},
            "background_error must be a share of the background such as 0.01, finite and not negative; found -0.1",
        ),
        (SensitivityError, {"background": "1 / yr", "background_error": math.inf}, "background_error must be a share"),
        (
            UnitError,
            {"background": "1 / yr", "background_error": "1 / yr"},
            "background_error must be a share of the background such as 0.01 or '1 %': '1 / yr' is in '1/yr'",
        ),
        (
            SensitivityError,
            {"background_error": 0.1},
            "background_error is given without a background; give one, such as background='1 / yr'",
        ),
        (SensitivityError, {"significance": -1.0}, "significance must be finite and positive; found -1"),
        (
            SensitivityError,
            {"background": "-1 / yr"},
            "'events' cannot be discriminated: background rates must be finite and not negative; "
            "found 1 of 1, such as -1",
        ),
        (SensitivityError, {"name": "event"}, "unknown quantity 'event'; did you mean 'events'?; the dataset has: "),
        (
            SensitivityError,
            {"along": "inf"},
            "'events' does not depend on an axis 'inf'; did you mean 'imf'?; its axes",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_found_and_what_is_expected(grid, error, arguments, message):
    arguments = {"name": "events", "along": "imf"} | arguments
    with pytest.raises(error) as refused:
        discriminate(grid, **arguments)
    assert str(refused.value).startswith(message)


def test_the_detector_mass_is_what_the_model_declares_it_to_be_whatever_its_name(grid):
    expected = discriminate(grid, "events", "imf", background="1 / kt / yr")
    renamed = grid.rename(fiducial_mass="tonnage")
    result = discriminate(renamed, "events", "imf", background="1 / kt / yr")
    np.testing.assert_array_equal(result["required_mass"], expected["required_mass"])
    del renamed.tonnage.attrs["role"]
    assert "required_mass" not in discriminate(renamed, "events", "imf")


def test_of_several_detector_masses_one_has_to_be_chosen(grid):
    both = grid.assign_coords(buffer=("detector", [1.0, 2.0], {"units": "kilotonne", "role": "detector_mass"}))
    with pytest.raises(SensitivityError, match=r"the dataset has 2 detector masses; choose one with mass=….*buffer"):
        discriminate(both, "events", "imf")
    assert "required_mass" in discriminate(both, "events", "imf", mass="buffer")


def test_a_result_tells_which_parameter_is_the_detector_mass(tmp_path):
    model = gs.Model("tank", "Events in a tank")
    model.parameter("tonnage", "2 kt", "Mass of the tank", minimum=0, role="detector_mass")
    model.parameter("strength", "3 / kt / yr", "Events per mass", minimum=0)

    @model.quantity("1/yr", long_name="events")
    def events(tonnage, strength):
        """M R. Source: definition."""
        return tonnage * strength

    text = 'model = "tank"\n[axes]\nstrength = ["3 / kt / yr", "4 / kt / yr"]\n[parameters]\ntonnage = "5 kt"\n'
    scenario = gs.Scenario.parse(text + '[output]\nquantities = ["events"]\n', model=model)
    gs.run(scenario, output=tmp_path / "tank.nc")
    with gs.open(tmp_path / "tank.nc") as dataset:
        assert dataset.tonnage.attrs["role"] == "detector_mass"
        found = discriminate(dataset, "events", "strength")
        np.testing.assert_allclose(found["required_mass"], 5 * found["scale_factor"])
    with pytest.raises(ModelError, match="'other' has the unknown role 'detector_mas'; did you mean 'detector_mass'"):
        model.parameter("other", "2 kt", "Another mass", role="detector_mas")


def test_a_background_per_mass_without_a_mass_is_refused(grid):
    with pytest.raises(
        SensitivityError, match=r"'1 / kt / yr' is per mass and no mass is known; give one, such as mass="
    ):
        discriminate(grid.drop_vars("fiducial_mass"), "events", "imf", background="1 / kt / yr")


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_a_rate_that_is_negative_or_not_finite_is_refused_with_its_name_also_when_lazy(grid, bad):
    grid["events"][0, 0, 1] = bad
    message = rf"'events' cannot be discriminated: rates must be finite and not negative; .*such as {bad:g}"
    with pytest.raises(SensitivityError, match=message):
        discriminate(grid, "events", "imf")
    lazy = discriminate(grid.chunk(), "events", "imf")
    with pytest.raises(SensitivityError, match=message):
        lazy.compute()


@pytest.mark.parametrize("taken", ["method", "imf_a", "imf_b"])
def test_an_axis_of_the_name_of_the_result_is_refused(grid, taken):
    with pytest.raises(SensitivityError, match=rf"^an axis named '{taken}' clashes with one of the result; rename it"):
        discriminate(grid.rename(detector=taken), "events", "imf")


def test_for_few_events_the_exact_method_asks_for_more():
    """Of 0 events against 1 the likelihood ratio of expected counts says 4.5 times; exp(-6.6) is the 3 sigma."""
    few = xr.Dataset({"events": ("imf", [0.0, 0.1], {"units": "yr-1"})}, coords={"imf": ["none", "one"]})
    factor = discriminate(few, "events", "imf").scale_factor.sel(imf_a="none", imf_b="one")
    assert float(factor.sel({"method": "asimov"})) == pytest.approx(4.5, rel=1e-12)
    assert float(factor.sel({"method": "exact"})) == pytest.approx(6.6077, abs=1e-4)


SHARED = {"exposure": "5 yr", "background": "noise", "background_error": "2 %", "significance": 2}


@pytest.mark.filterwarnings("ignore:no mass suffices")
@pytest.mark.parametrize("method", ["asimov", "gaussian"])
def test_with_a_background_error_every_pair_is_that_of_the_formula(grid, method):
    result = discriminate(grid, "events", "imf", **SHARED)
    rates, noise = grid["events"].transpose("imf", "detector", "radius").values, grid["noise"].values
    for a in range(4):
        for b in range(4):
            expected = exposure_to_discriminate((5 * rates[a], 5 * noise), (5 * rates[b], 5 * noise), 0.02, 2.0, method)
            found = result.sel({"method": method}).isel(imf_a=a, imf_b=b)
            np.testing.assert_allclose(found["scale_factor"], expected, rtol=1e-13)
            np.testing.assert_allclose(found["required_mass"], expected * [[20.0], [22.5]], rtol=1e-13)


@pytest.mark.filterwarnings("ignore:no mass suffices .*gaussian")
def test_where_no_mass_suffices_the_answer_is_never_and_says_so():
    """Above 20 ± 2 events a difference of about 7 is 3 sigma at most: 1 is hidden from any mass, 10 is not."""
    rates = xr.Dataset({"events": ("imf", [1.0, 2.0, 12.0], {"units": "yr-1"})}, {"imf": ["a", "b", "c"]})
    options = {"background": "20 / yr", "background_error": 0.1, "mass": "100 kt"}
    message = r"no mass suffices in 2 of 6 cells of different rates \(method asimov\): a background known to 10 % hides"
    with pytest.warns(GridscanWarning, match=message):
        result = discriminate(rates, "events", "imf", **options)
    for variable in (result["scale_factor"], result["required_mass"]):
        assert np.isinf(variable.sel(imf_a="a", imf_b="b")).all()
        assert np.isfinite(variable.sel(imf_a="a", imf_b="c")).all()
        assert not variable.isnull().any()
        assert variable.attrs["comment"] == (
            "exposure 10 yr, background 20 / yr known to 10 %, significance 3; infinite where the rates are equal or "
            "no mass suffices; without the method exact, which knows no background error"
        )
    assert result["method"].values.tolist() == ["asimov", "gaussian"]


def test_equal_rates_alone_are_no_reason_for_a_warning(grid, recwarn):
    discriminate(grid, "events", "imf", background="1e-3 / yr", background_error=0.01)
    assert not [warning for warning in recwarn if "no mass" in str(warning.message)]


def test_no_background_error_changes_nothing(grid):
    expected = discriminate(grid, "events", "imf", background="noise")
    for none in (0, 0.0, "0", "0 %"):
        xr.testing.assert_identical(
            discriminate(grid, "events", "imf", background="noise", background_error=none), expected
        )
    small = discriminate(grid, "events", "imf", background="noise", background_error=1e-9)
    xr.testing.assert_allclose(small["scale_factor"], expected["scale_factor"].isel(method=[0, 1]), rtol=1e-9)


@pytest.mark.filterwarnings("ignore:no mass suffices")
def test_a_background_error_is_a_share_of_each_scenario_s_own_background(grid):
    result = discriminate(grid, "events", "detector", background="0.1 / kt / yr", background_error=0.05, significance=2)
    counts = (10 * 1.0, 10 * 2.0), (10 * 4.0, 10 * 2.25)
    for method in ("asimov", "gaussian"):
        cell = result.sel({"method": method}).sel(radius=1.0, imf="kroupa", detector_a="juno", detector_b="super-k")
        expected = float(exposure_to_discriminate(*counts, 0.05, 2.0, method))
        assert float(cell["scale_factor"]) == pytest.approx(expected, rel=1e-13)
        assert float(cell["required_mass"]) == pytest.approx(expected * 20.0, rel=1e-13)


@pytest.mark.filterwarnings("ignore:no mass suffices")
@pytest.mark.parametrize("along", ["imf", "detector"])
def test_dask_gives_the_numbers_of_numpy_with_a_background_error(grid, along):
    options = {"background": "1 / kt / yr", "background_error": 0.1}
    expected = discriminate(grid, "events", along, **options)
    lazy = discriminate(grid.chunk({"radius": 2, "imf": 1}), "events", along, **options)
    assert lazy["required_mass"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), expected)


@pytest.mark.parametrize(
    ("model", "quantity", "options", "background"),
    [
        ("red_supergiants", "events_per_year", {"imf": ["kroupa", "top-heavy"]}, "1 / kt / yr"),
        ("presupernova", "elastic_rate", {"initial_mass": ["15 Msun", "25 Msun"]}, "1e6 / yr"),
    ],
)
def test_never_is_an_answer_for_rates_of_both_models(model, quantity, options, background):
    along = next(iter(options))
    dataset = gs.model(model).evaluate([quantity], **options)
    with pytest.warns(GridscanWarning, match="no mass suffices"):
        never = dataset.gridscan.discriminate(quantity, along, background=background, background_error=0.5)
    assert np.isinf(never["scale_factor"]).all()
    known = dataset.gridscan.discriminate(quantity, along, background=background)
    assert np.isfinite(known["scale_factor"].sel({"method": "asimov"}).isel({f"{along}_a": 0, f"{along}_b": 1})).all()
