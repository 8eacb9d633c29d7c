"""The accessor: the same answers as the functions, and quantities with the units of the attributes."""

import pickle
import subprocess
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pint
import pytest
import xarray as xr
from matplotlib import pyplot

import gridscan as gs
import gridscan.accessor
from gridscan.errors import ModelError, SensitivityError, UnitError
from gridscan.sensitivity import along_axis, crossings, discrimination, variance
from gridscan.units import convert, parse_unit, unit_attributes, unit_of


@pytest.fixture
def dataset():
    rates = np.arange(1.0, 41.0).reshape(10, 4) ** 1.5
    return xr.Dataset(
        {
            "events": (("sfr", "imf"), rates, {"units": "yr-1", "long_name": "event rate"}),
            "quality": (("imf",), ["good", "good", "bad", "good"], {"long_name": "quality"}),
        },
        coords={
            "sfr": ("sfr", np.linspace(0.5, 5, 10), unit_attributes(parse_unit("Msun/yr")) | {"long_name": "rate"}),
            "imf": ["kroupa", "salpeter", "top-heavy", "top-light"],
            "fiducial_mass": ((), 20.0, {"units": "kilotonne"}),
        },
    )


@pytest.mark.parametrize(
    ("function", "arguments", "options"),
    [
        (along_axis.elasticity, ("events",), {"along": "sfr"}),
        (along_axis.derivative, ("events",), {"along": "sfr"}),
        (along_axis.contrast, ("events",), {"along": "imf", "reference": "kroupa", "kind": "log"}),
        (crossings.crossing, ("events",), {"along": "sfr", "value": "30 / yr", "scale": "log"}),
        (variance.variance_shares, ("events",), {"over": "sfr", "log": True}),
        (variance.rank, ("events",), {"over": ["sfr", "imf"], "log": True}),
        (
            discrimination.discriminate,
            ("events", "imf"),
            {
                "exposure": "3 yr",
                "background": "1 / kt / yr",
                "background_error": 1e-3,
                "significance": 2.0,
                "mass": "5 kt",
            },
        ),
    ],
)
def test_a_method_gives_what_its_function_gives(dataset, function, arguments, options):
    answer = getattr(dataset.gridscan, function.__name__)(*arguments, **options)
    xr.testing.assert_identical(answer, function(dataset, *arguments, **options))
    assert f"{function.__module__}.{function.__name__}" in getattr(type(dataset.gridscan), function.__name__).__doc__


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("elasticity", ("events", "sfr")),
        ("contrast", ("events", "imf", "salpeter")),
        ("crossing", ("events", "sfr", 30.0)),
        ("variance_shares", ("events",)),
        ("discriminate", ("events", "imf")),
    ],
)
def test_a_method_has_the_defaults_of_its_function(dataset, method, arguments):
    module = {"variance_shares": variance, "discriminate": discrimination, "crossing": crossings}.get(
        method, along_axis
    )
    answer = getattr(dataset.gridscan, method)(*arguments)
    xr.testing.assert_identical(answer, getattr(module, method)(dataset, *arguments))


def test_a_mistake_is_told_through_the_accessor(dataset):
    with pytest.raises(SensitivityError, match=r"unknown quantity 'event'; did you mean 'events'\?"):
        dataset.gridscan.elasticity("event", along="sfr")


def test_quantify_gives_quantities_of_the_application_registry_in_the_units_of_the_attributes(dataset):
    before = dataset.copy(deep=True)
    quantified = dataset.gridscan.quantify()
    assert quantified["events"].pint.units == pint.Unit("1/year")
    assert quantified["events"].pint.registry is pint.get_application_registry().get()
    assert quantified["sfr"].pint.units == pint.Unit("Msun/year")
    assert quantified["fiducial_mass"].pint.to("kg").pint.magnitude == 20e6
    assert quantified["events"].attrs == {"long_name": "event rate"}
    assert quantified["sfr"].attrs == {"long_name": "rate"}
    xr.testing.assert_identical(quantified["quality"], dataset["quality"].assign_coords(quantified["quality"].coords))
    xr.testing.assert_identical(dataset, before)


def test_quantities_compute_with_those_of_the_user_and_survive_pickling(dataset):
    quantified = dataset.gridscan.quantify()
    count = quantified["events"] * pint.Quantity(2.0, "yr")
    np.testing.assert_allclose(count.pint.to("1").pint.magnitude, 2 * dataset["events"])
    mass = pickle.loads(pickle.dumps(quantified["fiducial_mass"].data))
    assert mass.to("kg").magnitude == 20e6


def test_dequantify_is_the_way_back_also_for_what_was_computed(dataset):
    quantified = dataset.gridscan.quantify()
    assert quantified.gridscan.dequantify()["sfr"].variable.identical(dataset["sfr"].variable)
    product = quantified.assign(product=quantified["events"] * quantified["fiducial_mass"] * quantified["sfr"])
    plain = product.gridscan.dequantify()
    assert unit_of(plain["product"]) == parse_unit("Gg*Msun/yr^2")
    assert unit_of(plain["events"]) == parse_unit("1/yr")
    np.testing.assert_array_equal(plain["events"], dataset["events"])
    assert plain.gridscan.quantify()["product"].pint.units == product["product"].pint.units


def test_dequantify_calls_a_unit_by_its_name_in_the_result():
    result = gs.model("red_supergiants").evaluate(["number_of_electrons"], fiducial_mass=["1 kt", "2 kt"])
    plain = result.gridscan.quantify().gridscan.dequantify()
    xr.testing.assert_identical(plain, result)
    in_tonnes = result.gridscan.quantify().pint.to(fiducial_mass=pint.Unit("tonne")).gridscan.dequantify()
    assert unit_of(in_tonnes["fiducial_mass"]) == parse_unit("t")
    np.testing.assert_allclose(in_tonnes["fiducial_mass"], [1e3, 2e3])


def test_what_was_computed_is_saved_with_its_units_by_way_of_dequantify_as_the_documentation_says(dataset, tmp_path):
    quantified = dataset.gridscan.quantify()
    quantified = quantified.assign(product=quantified["events"] * quantified["sfr"])
    with pytest.raises(TypeError, match="pint"):
        quantified.to_netcdf(tmp_path / "refused.nc", engine="netcdf4")
    recipe = 'q.gridscan.dequantify().to_netcdf("more.nc")'
    documented = (Path(__file__).parents[1] / "docs" / "units.md").read_text()
    assert recipe in documented
    assert recipe in " ".join(type(dataset.gridscan).quantify.__doc__.split())
    more = tmp_path / "more.nc"
    quantified.gridscan.dequantify().to_netcdf(more)
    with gs.open(more) as found:
        assert unit_of(found["product"]) == parse_unit("Msun/yr^2")
        np.testing.assert_array_equal(found["events"], dataset["events"])


def test_dequantify_leaves_plain_numbers_alone(dataset):
    assert dataset.gridscan.dequantify() is dataset


def test_questions_take_quantities_and_answer_with_units(dataset):
    answer = dataset.gridscan.quantify().gridscan.derivative("events", along="sfr")
    xr.testing.assert_allclose(answer, dataset.gridscan.derivative("events", along="sfr"))
    assert unit_of(answer) == parse_unit("1/Msun")


def test_quantities_of_another_registry_keep_their_size(dataset):
    other = pint.UnitRegistry(force_ndarray_like=True)
    other.define("fortyear = 40 * year")
    quantified = dataset[["events"]].drop_vars(["sfr", "fiducial_mass"]).gridscan.quantify(other)
    assert quantified["events"].pint.registry is other
    plain = quantified.assign(events=quantified["events"].pint.to("1/fortyear")).gridscan.dequantify()
    back = convert(plain["events"].values, unit_of(plain["events"]), parse_unit("1/yr"))
    np.testing.assert_allclose(back, dataset["events"], rtol=1e-14)
    with pytest.raises(UnitError, match=r"^'sfr' is in 'Msun/yr', which the registry does not know"):
        dataset.gridscan.quantify(other)


def test_where_the_application_registry_has_another_year_the_quantities_are_those_of_gridscan():
    code = """
import pint, xarray as xr
pint.set_application_registry(pint.UnitRegistry(force_ndarray_like=True))
pint.get_application_registry().define("year = 365 * day = yr")
import gridscan as gs
gs.model  # registers the accessor
from gridscan.units import registry
found = xr.Dataset({"rate": ("x", [1.0], {"units": "yr^-1"})}).gridscan.quantify()
assert found["rate"].pint.registry is registry
print(found.gridscan.dequantify()["rate"].attrs["units"])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "yr^-1", done.stderr


def test_quantify_stays_lazy(dataset):
    assert dataset.chunk({"sfr": 3}).gridscan.quantify()["events"].pint.dequantify().chunks is not None


def test_quantify_names_the_variable_whose_unit_cannot_be_read(dataset):
    dataset["events"].attrs["units"] = "blorp"
    with pytest.raises(UnitError, match=r"^the unit of 'events' is not known: unknown unit 'blorp'"):
        dataset.gridscan.quantify()


def test_pint_xarray_is_imported_only_when_quantities_are_asked_for():
    code = "import sys, gridscan.accessor; sys.exit('pint_xarray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_figure_of_the_model_is_drawn_of_its_dataset():
    found = gs.evaluate("imf_scan").isel(radius=3)
    above, below = found.gridscan.figure("signal", along="time", by="imf")
    assert len(above.get_legend().get_texts()) == found.imf.size
    assert "events" in below.get_ylabel()
    (only,) = found.gridscan.figure("counts", "carbon_burning_rsg", along="imf")
    assert "carbon-burning" in only.get_ylabel()
    pyplot.close("all")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("signl",), "model 'red_supergiants' has no figure 'signl'; did you mean 'signal'?"),
        (("signal", "flux"), "--kind signal takes no quantity; remove 'flux'"),
        (("movie",), "figure 'movie' is a movie; write it with gridscan plot FILE --kind movie"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_refused(dataset, given, message):
    with pytest.raises(ModelError) as caught:
        dataset.assign_attrs(gridscan_model="red_supergiants").gridscan.figure(*given)
    assert str(caught.value).startswith(message)


def test_the_figure_of_a_dataset_of_no_known_model_needs_the_model(dataset):
    with pytest.raises(ModelError, match="unknown model ''; installed are"):
        dataset.gridscan.figure("swing")
    own = gs.Model("swing", "A swing")
    own.figure("swing", "")(lambda found: found)
    assert dataset.gridscan.figure("swing", model=own) is dataset
