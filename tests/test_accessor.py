"""The accessor: the same answers as the functions, and quantities with the units of the attributes."""

import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot

import gridscan as gs
import gridscan.accessor
from gridscan.errors import ModelError, SensitivityError, UnitError
from gridscan.sensitivity import along_axis, discrimination, variance
from gridscan.units import parse_unit, registry, unit_attributes, unit_of


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
        (along_axis.crossing, ("events",), {"along": "sfr", "value": "30 / yr", "scale": "log"}),
        (variance.variance_shares, ("events",), {"over": "sfr", "log": True}),
        (variance.rank, ("events",), {"over": ["sfr", "imf"], "log": True}),
        (
            discrimination.discriminate,
            ("events", "imf"),
            {"exposure": "3 yr", "background": "1 / kt / yr", "significance": 2.0, "mass": "5 kt"},
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
    module = {"variance_shares": variance, "discriminate": discrimination}.get(method, along_axis)
    answer = getattr(dataset.gridscan, method)(*arguments)
    xr.testing.assert_identical(answer, getattr(module, method)(dataset, *arguments))


def test_a_mistake_is_told_through_the_accessor(dataset):
    with pytest.raises(SensitivityError, match=r"unknown quantity 'event'; did you mean 'events'\?"):
        dataset.gridscan.elasticity("event", along="sfr")


def test_quantify_gives_quantities_of_our_registry_in_the_units_of_the_attributes(dataset):
    before = dataset.copy(deep=True)
    quantified = dataset.gridscan.quantify()
    assert quantified["events"].pint.units == parse_unit("1/yr")
    assert quantified["events"].pint.registry is registry
    assert quantified["sfr"].pint.units == parse_unit("Msun/yr")
    assert quantified["fiducial_mass"].pint.units == parse_unit("kt")
    assert quantified["events"].attrs == {"long_name": "event rate"}
    assert quantified["sfr"].attrs == {"long_name": "rate"}
    xr.testing.assert_identical(quantified["quality"], dataset["quality"].assign_coords(quantified["quality"].coords))
    xr.testing.assert_identical(dataset, before)


def test_quantities_compute_with_their_units_and_come_back_readable(dataset):
    quantified = dataset.gridscan.quantify()
    count = quantified["events"] * registry.Quantity(2.0, "yr")
    np.testing.assert_allclose(count.pint.to("1").pint.magnitude, 2 * dataset["events"])
    plain = quantified.pint.dequantify()
    assert unit_of(plain["events"]) == parse_unit("1/yr")
    assert unit_of(plain["sfr"]) == parse_unit("Msun/yr")
    np.testing.assert_array_equal(plain["events"], dataset["events"])


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
