"""Units of variables that were computed from others: xarray keeps attributes, and a product says the unit of one."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.errors import GridscanWarning, UnitError
from gridscan.sensitivity.recorded_units import UNITS, doubt_about, without_doubtful_units
from gridscan.units import parse_unit, unit_of

SCENARIO = """
model = "red_supergiants"
axes.time = ["10 Myr", "15 Myr", "20 Myr"]
axes.radius = ["0.5 kpc", "1 kpc", "3 kpc"]
axes.detector = ["juno", "super-k"]
output.quantities = ["flux", "events_per_year", "carbon_burning_rsg"]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return gs.run(gs.Scenario.parse(SCENARIO), output=tmp_path_factory.mktemp("run") / "small.nc")


@pytest.fixture(params=["opened", "evaluated", "evaluated by the model", "opened by xarray"])
def result(request, path):
    if request.param == "evaluated":
        return gs.evaluate(gs.Scenario.parse(SCENARIO))
    if request.param == "evaluated by the model":
        axes = {"time": ["10 Myr", "15 Myr", "20 Myr"], "radius": ["0.5 kpc", "1 kpc", "3 kpc"]}
        names = ["flux", "events_per_year", "carbon_burning_rsg"]
        return gs.model("red_supergiants").evaluate(names, **axes, detector=["juno", "super-k"])
    if request.param == "opened by xarray":
        return xr.open_dataset(path, decode_times=False)
    return gs.open(path)


COMPUTED = {
    "product": lambda ds: ds.assign(y=ds.flux * ds.fiducial_mass * ds.time),
    "ratio": lambda ds: ds.assign(y=ds.events_per_year / ds.events_per_year.isel(detector=0, drop=True)),
    "square under its own name": lambda ds: ds.assign(y=ds.flux, flux=ds.flux**2).drop_vars("y").assign(y=ds.flux**2),
    "variance": lambda ds: ds.expand_dims(z=2).var("z").rename(flux="y"),
    "scaled": lambda ds: ds.assign(y=ds.flux * 2),
    "renamed": lambda ds: ds.rename(flux="y"),
    "of numbers": lambda ds: ds.assign(y=("radius", np.array([3.0, 2.0, 1.0]), {"units": "m"})),
}


def asked(question, *arguments, **options):
    """Return an answer, and what was said about units on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = question(*arguments, **options)
    texts = [str(item.message) for item in caught if issubclass(item.category, GridscanWarning)]
    return answer, [text for text in texts if "unit" in text]


@pytest.mark.parametrize("computed", sorted(COMPUTED))
def test_an_answer_about_what_was_computed_asserts_no_unit(result, computed):
    ask = COMPUTED[computed](result).gridscan
    answer, said = asked(ask.derivative, "y", along="radius")
    assert len(said) == 1
    assert said[0].startswith("the answer has no unit, since that of 'y' is not known: its attribute 'units' says")
    assert not {"units", "unit_name"} & answer.attrs.keys()
    difference, said = asked(ask.contrast, "y", "radius", 1, kind="difference")
    assert "units" not in difference.attrs
    assert len(said) == 1
    shares, said = asked(ask.variance_shares, "y", over="radius")
    assert "units" not in shares["mean"].attrs
    assert shares["total"].attrs["units"] == "1"
    assert len(said) == 1
    for dimensionless in (ask.elasticity, lambda name, along: ask.contrast(name, along, 1)):
        answer, said = asked(dimensionless, "y", "radius")
        assert answer.attrs["units"] == "1"
        assert said == []


@pytest.mark.parametrize(
    "compute",
    [
        lambda ds: ds.assign(flux=ds.flux**2),
        lambda ds: ds.assign(flux=ds.flux * ds.time),
        lambda ds: ds.expand_dims(z=2).var("z"),
        lambda ds: ds.expand_dims(z=2).mean("z"),
        lambda ds: ds.where(ds.radius > 0),
        lambda ds: ds.fillna(0.0),
        lambda ds: ds[["flux"]].interp(radius=[0.6, 1.0, 2.0]),
    ],
)
def test_what_was_computed_under_the_name_of_a_result_asserts_no_unit(result, compute):
    answer, said = asked(compute(result).gridscan.derivative, "flux", along="radius")
    assert "units" not in answer.attrs
    assert "since that of 'flux' is not known: " in said[0]
    assert "compute with ds.gridscan.quantify()" in said[0]


def test_a_changed_attribute_or_axis_asserts_no_unit(result):
    changed = result.copy()
    changed["flux"].attrs["units"] = "m^-2 s^-1"
    answer, said = asked(changed.gridscan.derivative, "flux", along="radius")
    assert "units" not in answer.attrs
    assert "says 'm^-2 s^-1', but that of the run was in '1/cm^2/s'" in said[0]
    in_parsec = result.assign_coords(radius=result.radius * 1000)
    for question, options in (
        (in_parsec.gridscan.derivative, {}),
        (in_parsec.gridscan.crossing, {"value": float(result.flux.mean())}),
    ):
        answer, said = asked(question, "flux", along="radius", **options)
        assert "units" not in answer.attrs
        assert "since that of 'radius' is not known" in said[0]


@pytest.mark.parametrize(
    "select",
    [
        lambda ds: ds,
        lambda ds: ds.sel(detector="juno"),
        lambda ds: ds.isel(radius=[2, 0, 1]),
        lambda ds: ds.sortby("radius", ascending=False),
        lambda ds: ds.chunk({"radius": 2}),
        lambda ds: ds.load().copy(deep=True),
        lambda ds: ds.transpose(),
        lambda ds: ds.drop_vars("events_per_year"),
        lambda ds: xr.concat([ds.isel(radius=[0]), ds.isel(radius=[1, 2])], "radius", data_vars="minimal"),
        lambda ds: ds[["flux"]],
    ],
)
def test_what_was_only_selected_keeps_its_unit(result, select):
    answer = select(result).gridscan.derivative("flux", along="radius")
    assert unit_of(answer) == parse_unit("1/cm^2/s/kpc")


def test_a_question_that_needs_the_unit_refuses_by_name(result):
    dataset = result.assign(rate=result.events_per_year * 0.5)
    with pytest.raises(UnitError, match=r"^the unit of 'rate' is not known: .*: compute with ds.gridscan.quantify\(\)"):
        dataset.gridscan.discriminate("rate", along="detector")
    with pytest.raises(UnitError, match="'rate'"):
        dataset.gridscan.crossing("rate", along="radius", value="1 / yr")


def test_quantify_warns_by_name_and_leaves_the_numbers(result):
    dataset = result.assign(y=result.flux * result.fiducial_mass * result.time)
    with pytest.warns(GridscanWarning, match=r"^'y' gets no unit: its attribute 'units' says"):
        quantified = dataset.gridscan.quantify()
    assert quantified["y"].pint.units is None
    assert not {"units", "unit_name"} & quantified["y"].attrs.keys()
    np.testing.assert_array_equal(quantified["y"], dataset["y"])
    assert quantified["flux"].pint.units is not None


def test_computing_with_quantities_gives_units_that_hold(result):
    quantified = result.gridscan.quantify()
    y = quantified.flux * quantified.fiducial_mass * quantified.time
    dataset = quantified.assign(y=y, flux=quantified.flux**2).gridscan.dequantify()
    assert unit_of(dataset.gridscan.derivative("y", along="radius")) == parse_unit("Gg*Myr/cm^2/s/kpc")
    assert unit_of(dataset.gridscan.derivative("flux", along="radius")) == parse_unit("1/cm^4/s^2/kpc")
    assert unit_of(dataset.gridscan.derivative("events_per_year", along="radius")) == parse_unit("1/yr/kpc")


def test_a_dequantified_dataset_can_be_written_and_keeps_its_record(path, tmp_path):
    quantified = gs.open(path).gridscan.quantify()
    with pytest.raises(TypeError, match="got pint"):
        quantified.to_netcdf(tmp_path / "never.nc", engine="netcdf4")
    plain = quantified.assign(y=quantified.flux * quantified.time).gridscan.dequantify()
    plain.to_netcdf(tmp_path / "own.nc")
    again = xr.open_dataset(tmp_path / "own.nc", decode_times=False)
    assert unit_of(again.gridscan.derivative("y", along="radius")) == parse_unit("Myr/cm^2/s/kpc")


def test_a_file_that_kept_a_wrong_attribute_is_not_believed(path, tmp_path):
    dataset = gs.open(path)
    dataset.assign(y=dataset.flux * dataset.fiducial_mass * dataset.time).to_netcdf(tmp_path / "wrong.nc")
    again = xr.open_dataset(tmp_path / "wrong.nc", decode_times=False)
    answer, said = asked(again.gridscan.derivative, "y", along="radius")
    assert "units" not in answer.attrs
    assert "'y' is not known: its attribute 'units' says 'Myr', but the run did not compute it" in said[0]


def test_a_dataset_that_is_no_result_is_taken_at_its_word():
    dataset = xr.Dataset({"y": ("x", [1.0, 2.0], {"units": "m"})}, {"x": [1.0, 2.0]})
    assert without_doubtful_units(dataset) == (dataset, {})
    assert doubt_about(dataset.assign(z=dataset.y * 2), "z") is None


def test_results_of_older_versions_are_believed_until_something_is_computed(path):
    older = gs.open(path)
    del older.attrs[UNITS]
    assert doubt_about(older, "flux") is None
    assert doubt_about(older.assign(y=older.flux * older.time), "y") is not None


def test_the_record_holds_each_unit_by_name(path):
    recorded = json.loads(gs.open(path).attrs[UNITS])
    assert recorded["flux"] == "1/cm^2/s"
    assert recorded["fiducial_mass"] == "kt"
    assert "detector" not in recorded


def test_answers_about_other_datasets_say_that_their_units_are_as_stated(result):
    flux = ("distance", [4.0, 1.0, 0.25], {"units": "cm-2 s-1"})
    other = xr.Dataset({"flux": flux}, {"distance": ("distance", [1.0, 2.0, 4.0], {"units": "kiloparsec"})}).gridscan
    both = "units as stated by the attribute of 'flux' and 'distance'"
    assert other.derivative("flux", along="distance").attrs["comment"] == both
    alone = "units as stated by the attribute of 'flux'"
    assert other.contrast("flux", "distance", 1, kind="difference").attrs["comment"] == alone
    assert alone in other.mean("flux")["mean"].attrs["comment"]
    shares = other.variance_shares("flux")
    assert alone in shares["mean"].attrs["comment"]
    assert alone not in shares["total"].attrs["comment"]
    assert "comment" not in other.elasticity("flux", along="distance").attrs
    assert "comment" not in result.gridscan.derivative("flux", along="radius").attrs


def test_answers_about_an_array_of_a_result_vouch_for_its_unit_until_it_is_computed_with(result):
    whole = result["flux"].gridscan.derivative("radius")
    assert "comment" not in whole.attrs
    product = (result["flux"] * result["fiducial_mass"] * result["time"]).gridscan.derivative("radius")
    assert product.attrs["comment"] == "units as stated by the attribute of 'quantity' and 'radius'"
