"""The variables of a result that say which cells failed."""

from __future__ import annotations

import sys

import netCDF4
import numpy as np
import pytest

import gridscan as gs
import gridscan.engine.partition
from gridscan.engine.failures import Failures
from gridscan.errors import GridscanWarning
from gridscan.evaluation.failing_cells import Messages
from gridscan.evaluation.layout import lay_out
from gridscan.limits import DEFAULT, Limits

ROOTS: dict[str, str] = {}


def make_model(name="roots", status=False):
    """Return a model whose outputs fail in some cells; it may have a quantity that is called status."""
    model = gs.Model(name, "A model")
    for axis in ("x", "y", "z"):
        model.parameter(axis, 1.0, f"Position along {axis}", unit="1")

    @model.quantity("1", long_name="root")
    def root(x, y):
        """Source: none."""
        return (x - y) ** 0.5

    @model.quantity("1", long_name="other root")
    def other(x, z):
        """Source: none."""
        return (x - 2 * z) ** 0.5

    @model.kernel("1", long_name="kernel", x="1")
    def talkative(x):
        """Source: none."""
        if np.ndim(x) and np.any(x > 2):
            raise ValueError(vars(sys.modules[__name__])["ROOTS"]["text"])
        return x

    if status:

        @model.quantity("1", long_name="marital status")
        def status(x):
            """Source: none."""
            return x + 1

    return model


def scenario(folder, quantities, model, extra="", **axes):
    if not axes and not extra:
        axes = {"x": [1, 2, 3], "y": [1, 2], "z": [1, 2]}
    lines = "\n".join(f"{name} = {{ values = {values}, unit = '1' }}" for name, values in axes.items())
    text = f'model = "m"\n[axes]\n{lines}\n{extra}\n[output]\nquantities = {quantities!r}\npath = "out.nc"\n'
    return gs.Scenario.parse(text, folder=folder, model=model)


def run(*arguments, limits=DEFAULT, **options):
    with pytest.warns(GridscanWarning, match="failed"):
        path = gs.run(scenario(*arguments, **options), limits=limits)
    with gs.open(path) as dataset:
        return dataset.load()


def test_one_status_tells_of_all_outputs_over_all_their_axes(tmp_path):
    found = run(tmp_path, ["root", "other"], make_model())
    assert list(found.data_vars) == ["root", "other", "run_status"]
    assert found.run_status.dims == ("x", "y", "z")
    assert found.run_status.dtype == np.int16
    wrong = np.isnan(found.root) | np.isnan(found.other)
    assert np.array_equal(found.run_status != 0, wrong.transpose("x", "y", "z"))
    assert found.run_status.attrs["flag_values"].tolist() == [0, 1, 2]
    assert found.run_status.attrs["flag_meanings"] == "computed failure_1 failure_2"
    assert found.run_status.attrs["messages"] == "1: 'root' is nan\n2: 'other' is nan"
    assert found.run_status.attrs["long_name"] == "whether a cell was computed, or why one of root, other was not"
    # Where both failed the first of the outputs is told of.
    assert found.run_status.sel(x=1, y=2, z=1) == 1
    assert found.run_status.sel(x=1, y=1, z=1) == 2


def test_an_output_called_status_keeps_its_name(tmp_path):
    found = run(tmp_path, ["root", "status"], make_model(status=True))
    assert found.status.values.tolist() == [2, 3, 4]
    assert found.run_status.values.tolist() == [[0, 1], [0, 0], [0, 0]]
    assert found.run_status.attrs["long_name"] == "whether a cell was computed, or why root was not"


def test_an_axis_called_status_keeps_its_name(tmp_path):
    model = gs.Model("status", "A model")
    model.parameter("status", 1.0, "Status", unit="1")

    @model.quantity("1", long_name="root")
    def run_status(status):
        """Source: none."""
        return (status - 2) ** 0.5

    found = run(tmp_path, ["run_status"], model, status=[1, 2, 3])
    assert found.run_status_2.values.tolist() == [1, 0, 0]
    assert found.status.values.tolist() == [1, 2, 3]


def test_outputs_of_different_axes_have_a_status_each_where_one_of_all_would_be_huge(tmp_path):
    limits = Limits(largest_status=26)
    found = run(tmp_path, ["root", "other"], make_model(), limits=limits, x=[1, 2, 3], y=[1, 2, 3], z=[1, 2, 3])
    assert list(found.data_vars) == ["root", "other", "root_run_status", "other_run_status"]
    assert np.array_equal(found.root_run_status != 0, np.isnan(found.root))
    assert np.array_equal(found.other_run_status != 0, np.isnan(found.other))
    assert found.other_run_status.attrs["messages"] == "1: 'other' is nan"


def test_a_run_without_failures_has_no_status(tmp_path):
    path = gs.run(scenario(tmp_path, ["root"], make_model(), x=[3, 4], y=[1, 2]))
    assert list(gs.open(path).data_vars) == ["root"]


def test_a_scalar_that_fails_is_told_of(tmp_path):
    found = run(tmp_path, ["root", "talkative"], make_model(), "[parameters]\nx = 1\ny = 3")
    assert found.run_status.dims == ()
    assert found.run_status == 1
    assert np.isnan(found.root)
    assert found.talkative == 1


def test_a_message_of_many_lines_is_told_in_one(tmp_path):
    ROOTS["text"] = "first\n   second\n"
    found = run(tmp_path, ["talkative"], make_model(), x=[1, 2, 3])
    assert len(found.run_status.messages.splitlines()) == 1
    assert found.run_status.messages.endswith("ValueError: first; second")


def test_long_messages_fit_into_a_file(tmp_path, monkeypatch):
    ROOTS["text"] = "x" * 100_000
    found = run(tmp_path, ["talkative"], make_model(), x=[1, 2, 3])
    assert 100 < len(found.run_status.messages) < 2000


@pytest.mark.parametrize("kind", ["nc", "zarr"])
def test_each_kind_of_file_has_the_same_status(tmp_path, kind):
    made = scenario(tmp_path, ["root", "other"], make_model())
    with pytest.warns(GridscanWarning, match="failed"):
        first = gs.open(gs.run(made)).load()
    with pytest.warns(GridscanWarning, match="failed"):
        second = gs.open(gs.run(made, output=tmp_path / f"second.{kind}")).load()
    assert second.run_status.dtype == first.run_status.dtype == np.int16
    assert second.run_status.values.tolist() == first.run_status.values.tolist()
    assert second.run_status.messages == first.run_status.messages


def test_the_axis_of_a_status_has_the_name_of_the_scenario(tmp_path):
    model = gs.Model("clock", "A model")
    model.parameter("time", 1.0, "Time", unit="s")

    @model.quantity("1", long_name="root")
    def root(time):
        """Source: none."""
        return (time / time) * np.where(time > 0 * time, 1.0, np.nan)

    made = gs.Scenario.parse(
        'model = "m"\n[axes]\ntime = ["-1 s", "1 s"]\n[output]\nquantities = ["root"]\npath = "out.nc"\n',
        folder=tmp_path,
        model=model,
    )
    with pytest.warns(GridscanWarning, match="1 of 2 cells of 'root' failed: 'root' is nan"):
        path = gs.run(made)
    with netCDF4.Dataset(path) as file:
        assert file["run_status"].dimensions == ("time",)
    assert gs.open(path).run_status.dims == ("time",)


def _told(order):
    """Return what failures tell that were told in an order."""
    layout = lay_out(_resolved(), ["root"])
    failures = Failures(gridscan.engine.partition.divide(layout))
    pieces = {
        0: ((slice(0, 1), slice(0, 2)), [[0, 1]], ["b"]),
        1: ((np.array([1, 2]), np.array([1])), [[1], [2]], ["c", "a"]),
        2: ((slice(1, 3), slice(0, 1)), [[1], [0]], ["a"]),
    }
    for number in order:
        positions, codes, texts = pieces[number]
        failures.add("root", positions, np.array(codes), Messages(list(texts)))
    (status,) = failures.statuses()
    grid = np.zeros((3, 2), dtype=int)
    for positions, codes in failures.parts(status):
        whole = [np.arange(size)[part] for part, size in zip(positions, (3, 2), strict=True)]
        grid[np.ix_(*whole)] = np.where(codes == 0, grid[np.ix_(*whole)], codes)
    return grid.tolist(), failures.attributes(status)["messages"], failures.notes()


def _resolved():
    from gridscan.inputs.resolve import resolve
    from gridscan.inputs.value_reader import Given

    return resolve(
        make_model(), {name: Given(values, (name,)) for name, values in {"x": [1, 2, 3], "y": [1, 2]}.items()}
    )


def test_what_is_told_does_not_depend_on_the_order_in_which_blocks_come_back():
    first = _told([0, 1, 2])
    # The codes follow the places of the blocks: b in the first, a in the next, and then c.
    assert first[0] == [[0, 1], [2, 3], [0, 2]]
    assert first[1] == "1: b\n2: a\n3: c"
    assert first[2][0] == "2 of 6 cells of 'root' failed: a"
    for order in ([2, 1, 0], [1, 0, 2], [1, 2, 0]):
        assert _told(order) == first


def test_many_reasons_are_told_in_a_few_lines():
    failures = Failures(gridscan.engine.partition.divide(lay_out(_resolved(), ["root"])))
    texts = [f"reason {number}" for number in range(6)]
    failures.add("root", (slice(0, 3), slice(0, 2)), np.arange(1, 7).reshape(3, 2), Messages(texts))
    notes = failures.notes()
    assert notes[:3] == [f"1 of 6 cells of 'root' failed: reason {number}" for number in range(3)]
    assert notes[3:] == ["and 3 more reasons; 'run_status' in the file says which cells failed"]
    assert failures.first() == "reason 0 (first at x = 1, y = 1)"


def test_millions_of_failed_cells_are_kept_small():
    failures = Failures(gridscan.engine.partition.divide(lay_out(_resolved(), ["root"])))
    codes = np.ones((1000, 1000), dtype=int)
    failures.add("root", (slice(0, 1000), slice(0, 1000)), codes, Messages(["it"]))
    ((_, part),) = [(key, part) for key, parts in failures._parts.items() for part in parts]
    assert len(part.codes) < 20_000
