"""The plan of a run: what it promises is what is computed and written."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
import xarray as xr

import gridscan as gs
from gridscan.cli.report import plan_report
from gridscan.cli.tables import console
from gridscan.engine.forecast import forecast
from gridscan.engine.plan import default_memory, make_plan
from gridscan.errors import GridscanError, GridscanWarning, ModelError, StoreError
from gridscan.scenario.reader import Scenario

TEXT = """\
model = "planet"
[axes]
planet = ["earth", "mars", "venus"]
luminosity = { linspace = ["1 Lsun", "2 Lsun", 20] }
cooling_time = ["1 yr", "2 yr"]
[axes.zip.pair]
moons = [0, 1]
sky = ["clear", "clear"]
[output]
quantities = ["temperature", "heat", "heat_error", "tides"]
path = "out.nc"
"""


@pytest.fixture
def scenario(toy, tmp_path):
    return Scenario.parse(TEXT, model=toy, folder=tmp_path)


def test_the_plan_lists_axes_with_members_and_values(scenario):
    axes = {axis.name: axis for axis in make_plan(scenario).axes}
    assert [(axis.name, axis.size, axis.members) for axis in axes.values()] == [
        ("planet", 3, ("planet",)),
        ("luminosity", 20, ("luminosity",)),
        ("cooling_time", 2, ("cooling_time",)),
        ("pair", 2, ("moons", "sky")),
    ]
    assert axes["planet"].values == "earth, mars, venus"
    assert axes["luminosity"].values == "1, 1.05263, 1.10526, …, 2 Lsun"
    assert axes["pair"].values == "moons = 0, 1; sky = clear, clear"


def test_dimensions_and_bytes_are_those_of_what_is_written(scenario):
    plan = make_plan(scenario)
    path = gs.run(plan)
    assert path == plan.path == scenario.folder / "out.nc"
    with xr.open_dataset(path, engine="netcdf4") as written:
        outputs = {item.name: item for item in plan.quantities if item.output}
        assert set(outputs) == set(written.data_vars)
        for name, item in outputs.items():
            assert item.dims == written[name].dims
            assert item.cells == written[name].size
            assert item.nbytes == written[name].nbytes
        assert plan.output_bytes == sum(variable.nbytes for variable in written.data_vars.values())
        assert {axis.name: axis.size for axis in plan.axes} == dict(written.sizes)


def test_quantities_come_in_the_order_in_which_they_are_computed(scenario):
    names = [item.name for item in make_plan(scenario).quantities]
    assert names.index("irradiance") < names.index("absorbed") < names.index("temperature")
    assert {item.name for item in make_plan(scenario).quantities if not item.output} == {
        "irradiance",
        "absorbed",
        "depth",
    }


def test_other_quantities_and_another_path_may_be_asked_for(scenario, tmp_path):
    plan = make_plan(scenario, quantities=["decay"], path=tmp_path / "other.nc")
    assert [item.name for item in plan.quantities] == ["decay"]
    assert plan.path == tmp_path / "other.nc"
    with pytest.raises(ModelError, match="has no quantity 'decoy'; did you mean 'decay'"):
        make_plan(scenario, quantities=["decoy"])


def test_a_plan_says_what_has_no_effect(toy):
    text = TEXT.replace('["temperature", "heat", "heat_error", "tides"]', '["decay"]')
    text += '[parameters]\nalbedo = 0.1\nmoment = "2 yr"\n'
    assert make_plan(Scenario.parse(text, model=toy)).layout.idle == [
        f"the axis '{name}' has no effect on the quantities asked for" for name in ("planet",)
    ] + [
        "the value of 'albedo' has no effect on the quantities asked for",
        "the axis 'luminosity' has no effect on the quantities asked for",
        "the value of 'sky' has no effect on the quantities asked for",
        "the value of 'moons' has no effect on the quantities asked for",
    ]
    assert make_plan(Scenario.parse(TEXT, model=toy)).layout.idle == []


def _large(toy, cells):
    text = f"""\
model = "planet"
[axes]
luminosity = {{ linspace = ["1 Lsun", "2 Lsun", {cells // 1000}] }}
albedo = {{ linspace = [0, 0.9, 1000] }}
[output]
quantities = ["absorbed"]
"""
    return make_plan(Scenario.parse(text, model=toy))


def test_the_memory_of_a_large_grid_is_that_of_its_chunks_and_not_of_the_whole(toy):
    small, large, huge = (_large(toy, cells) for cells in (10_000, 50_000_000, 5_000_000_000))
    assert [item.blocks for item in large.quantities if item.output] == [65]
    assert small.peak_memory < large.peak_memory < 2e9
    assert huge.output_bytes == 40_000_000_000
    assert huge.peak_memory < 3e9
    assert small.peak_memory < 3e8


def test_a_run_stays_within_the_memory_that_it_is_given_and_refuses_what_is_not_enough(toy):
    plan = _large(toy, 50_000_000)
    assert plan.least_memory <= plan.peak_memory <= default_memory()
    narrow = make_plan(plan.scenario, memory=plan.least_memory)
    assert narrow.threads == 1
    assert narrow.peak_memory == plan.least_memory
    with pytest.raises(StoreError, match=r"'1MB' of memory is not enough; this run needs at least [0-9]{3}MB$"):
        make_plan(plan.scenario, memory="1MB")
    for none in ("plenty", "", "0GB", "-1GB", True, 0):
        with pytest.raises(StoreError, match=f"^{none!r} is not a size of memory; write for example '500MB' or '2GB'$"):
            make_plan(plan.scenario, memory=none)


def test_planning_computes_nothing(count, tmp_path):
    model, counters = count("irradiance", "absorbed", "temperature")
    plan = make_plan(Scenario.parse(TEXT, model=model, folder=tmp_path))
    assert plan.quantities
    assert all(counter.calls == 0 for counter in counters.values())


def test_the_plan_of_a_shipped_scenario_is_the_object_that_runs(tmp_path):
    plan = gs.plan("imf_scan", output=tmp_path / "out.nc")
    path = gs.run(plan)
    with gs.open(path) as written:
        assert {item.name: item.dims for item in plan.quantities if item.output} == {
            name: variable.dims for name, variable in written.data_vars.items()
        }
        assert all(np.isfinite(written[name]).all() for name in ("flux", "events_per_year"))


def test_a_plan_says_that_its_folder_is_made_where_there_is_none(scenario, tmp_path):
    assert forecast(make_plan(scenario)).notes == ()
    found = forecast(make_plan(scenario, path=tmp_path / "a" / "b" / "out.nc"))
    assert found.notes == (f"{tmp_path / 'a' / 'b'}: does not exist yet; the run creates this folder",)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").write_text("a file", encoding="utf-8")
    found = forecast(make_plan(scenario, path=tmp_path / "a" / "b" / "out.nc"))
    assert found.notes == (f"{tmp_path / 'a' / 'b'}: cannot be created: {tmp_path / 'a'} is a file, not a folder",)


def test_a_plan_says_that_a_folder_cannot_be_written_to(scenario, tmp_path, monkeypatch):
    # The tests may run as root, who may write everywhere.
    monkeypatch.setattr("os.access", lambda path, how: path != tmp_path or not how & os.W_OK)
    expected = f"{tmp_path}: not writable; give another path with --output"
    assert forecast(make_plan(scenario)).notes == (expected,)
    made = make_plan(scenario, path=tmp_path / "new" / "out.nc")
    assert forecast(made).notes[1:] == (expected,)


def test_a_plan_says_that_a_disk_has_too_little_room_unless_a_run_needs_no_more(scenario, tmp_path, monkeypatch):
    def full(_):
        return type("usage", (), {"free": 1_000_000})

    def stop(progress):
        if progress.computed:
            raise KeyboardInterrupt

    made = make_plan(scenario, path=tmp_path / "out.nc")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", full)
        (note,) = forecast(made).notes
        with pytest.raises(StoreError) as caught:
            gs.run(made)
        assert note == str(caught.value)
        assert "needs about 2 MB, but 1.0 MB are free on that disk" in note
    with pytest.raises(KeyboardInterrupt):
        gs.run(made, progress=stop)
    monkeypatch.setattr("shutil.disk_usage", full)
    assert forecast(made).notes == ()
    gs.run(made)
    assert forecast(made).notes == ()
    more = Scenario.parse(TEXT.replace("20]", "21]"), model=scenario.model)
    assert "are free on that disk" in forecast(make_plan(more, path=made.path)).notes[0]


def test_a_plan_tells_cells_that_could_not_be_computed_from_those_that_were_not_finished(toy, tmp_path):
    text = 'model = "planet"\n[axes]\nluminosity = ["1 Lsun", "2 Lsun"]\n[output]\nquantities = ["absorbed"]\n'
    model = toy.replace(absorbed=lambda irradiance: irradiance * np.where(irradiance > irradiance.min(), np.inf, 1.0))
    made = make_plan(Scenario.parse(text, model=model, folder=tmp_path))
    with pytest.warns(GridscanWarning, match="1 of 2 cells of 'absorbed' failed"):
        gs.run(made)
    found = forecast(made)
    assert found.reasons == {
        "absorbed": "the others failed, or share a block with cells that failed, and are tried again"
    }
    assert found.notes == ()


def test_what_a_plan_notes_is_shown(scenario, tmp_path):
    made = make_plan(scenario, path=tmp_path / "new" / "out.nc")
    screen = console()
    with screen.capture() as shown:
        screen.print(plan_report(made, forecast(made)))
    assert f"Note     {tmp_path / 'new'}: does not exist yet; the run creates this folder" in shown.get().replace(
        "\n", ""
    )


def test_a_faulty_source_is_refused_before_anything_is_planned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        GridscanError,
        match=r"no scenario 'imf_scam', neither a file nor a shipped one; did you mean 'imf_scan'",
    ):
        gs.plan("imf_scam")
    assert "gridscan.engine.plan" in sys.modules
