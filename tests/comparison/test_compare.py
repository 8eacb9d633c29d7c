"""Two results are compared cell by cell, axis by axis and by what they were made of, worst first."""

import json

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli import main
from gridscan.errors import StoreError

KPC = {"units": "kiloparsec"}


def fluxes(values, distance=(1.0, 2.0, 4.0), name="flux", units="cm-2 s-1", **coords):
    data = {name: (("imf", "distance"), np.array(values, dtype=float), {"units": units})}
    return xr.Dataset(data, {"imf": ["kroupa", "flat"], "distance": ("distance", np.array(distance), KPC), **coords})


BASE = [[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]]


def test_what_is_the_same_is_the_same():
    found = gs.compare(fluxes(BASE), fluxes(BASE))
    assert found.same
    assert str(found) == "all quantities agree"
    assert (found.quantities[0].cells, found.quantities[0].differing) == (6, 0)


def test_cells_that_differ_are_counted_and_the_worst_is_named():
    other = fluxes([[1.0, 2.5, 3.0], [4.0, 5.0005, np.nan]])
    found = gs.compare(fluxes(BASE), other)
    (flux,) = found.quantities
    assert not found.same
    assert (flux.differing, flux.cells, flux.worst) == (2, 6, pytest.approx(0.2, rel=1e-14))
    assert flux.at == {"imf": "kroupa", "distance": "2 kpc"}
    assert flux.values == (2.0, 2.5)
    assert "flux: 2 of 6 cells, by up to 0.2 at imf = kroupa, distance = 2 kpc (2 and 2.5 1/cm^2/s)" in str(found)
    assert gs.compare(fluxes(BASE), other, rtol=1e-3).quantities[0].differing == 1
    assert gs.compare(fluxes(BASE), other, rtol=0.2000001).same


def test_a_cell_that_only_one_has_differs_whatever_the_tolerance():
    other = fluxes([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = gs.compare(fluxes(BASE), other, rtol=10)
    assert found.quantities[0].worst == np.inf
    assert "by a value that only one has at imf = flat, distance = 4 kpc (nan and 6" in str(found)


def test_quantities_stand_worst_first():
    first = fluxes(BASE).assign(events=fluxes(BASE, name="events")["events"], mass=((), 1.0, {"units": "kg"}))
    second = first.assign(flux=first.flux * 1.01, events=first.events * 1.1).drop_vars("mass").assign(time=1.0)
    assert [item.name for item in gs.compare(first, second).quantities] == ["mass", "time", "events", "flux"]
    assert "mass: only in A" in str(gs.compare(first, second))
    assert "time: only in B" in str(gs.compare(first, second))


def test_axes_in_another_order_and_with_other_points_are_matched_by_their_values():
    turned = fluxes(BASE).transpose().isel(distance=[2, 0, 1], imf=[1, 0])
    assert gs.compare(fluxes(BASE), turned).same
    fewer = gs.compare(fluxes(BASE), turned.isel(distance=[0, 2]))
    assert not fewer.same
    assert fewer.quantities[0].same
    assert (fewer.quantities[0].cells, fewer.axes) == (4, ("only A has distance 1",))
    assert gs.compare(turned.isel(imf=[0]), fluxes(BASE)).axes == ("only B has imf kroupa",)
    apart = gs.compare(fluxes(BASE), fluxes(BASE, distance=(7.0, 8.0, 9.0)))
    assert "flux: no cell in common" in str(apart)


def test_axes_that_agree_to_the_last_digits_but_not_in_bits_are_said_by_name():
    found = gs.compare(fluxes(BASE), fluxes(BASE, distance=(1.0, np.nextafter(2.0, 3.0), 4.0)))
    assert found.same
    assert found.axes == ("1 of 3 values of 'distance' agree to the last digits, but not in bits",)


def test_units_of_one_dimension_are_converted_and_others_are_not_compared():
    per_metre = fluxes(np.array(BASE) * 1e4, units="m-2 s-1")
    found = gs.compare(fluxes(BASE), per_metre, rtol=1e-14)
    assert found.same
    assert found.quantities[0].notes == ("in '1/cm^2/s' in A and in '1/m^2/s' in B",)
    in_parsec = fluxes(BASE).assign_coords(distance=("distance", [1000.0, 2000.0, 4000.0], {"units": "parsec"}))
    assert gs.compare(fluxes(BASE), in_parsec).axes == ("'distance' is in 'kpc' in A and in 'pc' in B",)
    assert gs.compare(fluxes(BASE), in_parsec).same
    masses = gs.compare(fluxes(BASE), fluxes(BASE, units="kg"))
    assert "flux: in '1/cm^2/s' in A and in 'kg' in B" in str(masses)
    assert not masses.same


def test_an_axis_is_compared_with_the_one_value_at_which_the_other_holds_it():
    assert "only A has imf flat" in str(gs.compare(fluxes(BASE), fluxes(BASE).sel(imf="kroupa")))
    held = gs.compare(fluxes(BASE).sel(distance=4.0), fluxes(BASE))
    assert (held.quantities[0].cells, held.quantities[0].differing) == (2, 0)
    lost = gs.compare(fluxes(BASE), fluxes(BASE).sel(imf="kroupa", drop=True))
    assert "flux: over imf, distance in A and over distance in B" in str(lost)


def test_words_and_numbers_are_told_apart():
    words = xr.Dataset({"status": ("n", ["fine", "failed"])})
    assert gs.compare(words, words).same
    assert "1 of 2 cells" in str(gs.compare(words, xr.Dataset({"status": ("n", ["fine", "fine"])})))
    assert "words in the other" in str(gs.compare(words, xr.Dataset({"status": ("n", [0.0, 1.0])})))


def test_files_larger_than_a_block_are_compared_in_blocks(monkeypatch):
    from gridscan.comparison import cells

    seen = []
    monkeypatch.setattr(cells, "block_of", lambda shape, **_: (1, *shape[1:]))
    monkeypatch.setattr(cells, "_relative", lambda x, y, old=cells._relative: seen.append(x.shape) or old(x, y))
    other = fluxes([[1.0, 2.5, 3.0], [4.0, 9.0, np.nan]])
    found = gs.compare(fluxes(BASE), other).quantities[0]
    assert seen == [(1, 3), (1, 3)]
    assert (found.differing, found.at["imf"], found.worst) == (2, "flat", pytest.approx(4 / 9))


@pytest.mark.parametrize("rtol", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_has_to_be_a_number(rtol):
    with pytest.raises(StoreError, match="rtol is a number of at least 0"):
        gs.compare(fluxes(BASE), fluxes(BASE), rtol=rtol)


SCENARIO = """
model = "red_supergiants"
axes.detector = ["juno", "super-k"]
axes.mean_energy = { values = [0.9, 1.0], unit = "MeV" }
output.quantities = ["number_of_electrons", "mean_cross_section"]
output.derived.share = "mean_cross_section / '1e-44 cm^2'"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    gs.run(gs.Scenario.parse(SCENARIO), output=folder / "a.nc")
    gs.run(gs.Scenario.parse(SCENARIO), output=folder / "same.nc")
    changed = SCENARIO.replace("e-44", "e-43").replace("[0.9, 1.0]", "[1.0, 1.1]")
    gs.run(gs.Scenario.parse(changed), overrides={"pinching": 3}, output=folder / "b.nc")
    return folder


def test_what_results_were_made_of_is_compared(folder):
    found = gs.compare(folder / "a.nc", folder / "b.nc")
    kinds = {(item.kind, item.name): (item.first, item.second) for item in found.inputs}
    assert kinds["input", "pinching"] == ("2.0", "3.0")
    assert kinds["override", "pinching"] == ("none", "3")
    assert kinds["formula", "share"] == ("mean_cross_section / '1e-44 cm^2'", "mean_cross_section / '1e-43 cm^2'")
    assert ("code", "share") in kinds
    assert "axes.mean_energy" in kinds["scenario", "text"][0]
    assert {kind for kind, _ in kinds} == {"input", "override", "formula", "code", "scenario"}
    same = gs.compare(folder / "a.nc", folder / "same.nc")
    assert (same.same, same.inputs) == (True, ())


def test_an_axis_is_compared_with_the_setting_of_a_result_that_does_not_have_it(folder, tmp_path):
    fixed = "\n".join(line for line in SCENARIO.splitlines() if "mean_energy =" not in line)
    gs.run(gs.Scenario.parse(fixed), output=tmp_path / "fixed.nc")
    found = gs.compare(folder / "a.nc", tmp_path / "fixed.nc", rtol=1e-12)
    assert all(item.same for item in found.quantities)
    assert found.axes == ("only A has mean_energy 1",)


def test_the_command_ends_as_diff_does(folder):
    run = CliRunner().invoke
    assert run(main, ["diff", str(folder / "a.nc"), str(folder / "same.nc")]).exit_code == 0
    differ = run(main, ["diff", str(folder / "a.nc"), str(folder / "b.nc"), "--rtol", "1e-9"])
    assert differ.exit_code == 1
    assert differ.output.splitlines()[0] == "2 of 3 quantities differ"
    assert "input pinching: 2.0 in A, 3.0 in B" in differ.output
    lacking = run(main, ["diff", str(folder / "a.nc"), str(folder / "none.nc")])
    assert lacking.exit_code == 2
    assert "none.nc: no such file" in lacking.output
    as_json = json.loads(run(main, ["diff", str(folder / "a.nc"), str(folder / "b.nc"), "--json"]).output)
    assert as_json["same"] is False
    assert [item["name"] for item in as_json["quantities"]][-1] == "number_of_electrons"
