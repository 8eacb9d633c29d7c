"""Weights belong to the file and to no cell: changed ones are written, and no number is computed again."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from landscape import Land

from gridscan.engine.forecast import forecast
from gridscan.engine.plan import make_plan
from gridscan.engine.reuse.fingerprint import run_identity
from gridscan.run import perform
from gridscan.scenario.reader import Scenario
from gridscan.scenario.schema import Storage

TEXT = """\
model = "landscape"
[axes]
planet = ["earth", "mars"]
d = {{ linspace = [1, 4, 4], weight = {weight} }}
b = [1, 2, 4]
[output]
quantities = ["height", "colour"]
"""


@pytest.fixture
def land(tmp_path):
    return Land(tmp_path)


def plan_of(land, weight):
    for tally in land.tallies.values():
        tally.reset()
    return make_plan(Scenario.parse(TEXT.format(weight=weight), model=land.model), path=land.path, limits=land.limits)


@pytest.mark.filterwarnings("ignore:shares may be off:gridscan.errors.GridscanWarning")
@pytest.mark.parametrize("changed", ['"log-uniform"', "[1, 0, 0, 5]"])
def test_other_weights_change_shares_and_no_cell(land, changed):
    perform(plan_of(land, '"uniform"'))
    before = land.data()
    found = forecast(plan_of(land, changed))
    assert not found.reasons
    assert sum(found.reusable.values()) == plan_of(land, changed).block_plan.output_cells
    outcome = perform(plan_of(land, changed))
    assert land.cells == {}
    assert outcome.progress.computed == 0
    after = land.data()
    np.testing.assert_array_equal(after["height"], before["height"])
    assert after.attrs["gridscan_identity"] == before.attrs["gridscan_identity"]
    assert abs(after["d_weight"] - before["d_weight"]).max() > 0.04
    shares, others = (one.gridscan.variance_shares("height")["total"] for one in (before, after))
    assert abs(shares - others).max() > 0.01


def test_a_run_of_the_same_weights_finds_its_file_complete(land):
    perform(plan_of(land, "[1, 1, 2, 2]"))
    content = land.path.read_bytes()
    perform(plan_of(land, "[1, 1, 2, 2]"))
    assert land.cells == {}
    assert land.path.read_bytes() == content


def test_a_run_that_was_stopped_goes_on_with_other_weights(land):
    perform(plan_of(land, '"uniform"'))
    land.path.unlink()
    perform(plan_of(land, "[1, 2, 3, 4]"))
    weights = land.data()["d_weight"]
    np.testing.assert_allclose(weights, [0.1, 0.2, 0.3, 0.4])
    assert weights.attrs["measure"] == "given"
    assert land.data()["height"].encoding["coordinates"].split() == ["d_weight", "b_weight"]


def test_files_that_differ_in_weights_alone_are_two():
    """Such as those of two versions of gridscan that take other weights of the same scenario."""
    headers = [
        xr.Dataset(coords={"d_weight": ("d", np.array(weights), {"measure": "uniform"})})
        for weights in ([0.25, 0.75], [0.5, 0.5], [0.25, 0.75])
    ]
    first, other, same = (run_identity({}, {}, header, Storage()) for header in headers)
    assert first == same
    assert first != other


def test_the_plan_says_by_which_measure_each_axis_has_weights(land):
    assert [(axis.name, axis.weight) for axis in plan_of(land, '"log-uniform"').axes] == [
        ("planet", "equal"),
        ("d", "log-uniform"),
        ("b", "uniform"),
    ]
