"""Cells that cannot be computed: told apart, told of, and no harm to the others."""

from __future__ import annotations

import functools
import itertools
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gridscan as gs
import gridscan.engine.partition
import gridscan.evaluation.failing_cells
from gridscan.errors import EvaluationError, GridscanWarning
from gridscan.evaluation.failing_cells import Messages
from gridscan.inputs.sampling import Sampling
from gridscan.limits import Limits
from gridscan.run import perform, plan

SIZES = {"x": 4, "y": 5, "z": 3}


class Told(dict[str, np.ndarray]):
    """The cells of each formula that fail, known to this process only, beside all that code is known by."""

    def update(self, masks):
        super().update(masks)
        vars(logging.getLogger(__name__))["told"] = self


BAD = Told()


def positions(*arrays):
    """Return at which cells of the grid arguments are: an axis has the values 1, 2, 3, ..."""
    return tuple(np.rint(array).astype(int) - 1 for array in np.broadcast_arrays(*arrays))


def refuse(name, *arrays):
    """Raise where a cell is bad, as a kernel would, with the value of the first one in the message."""
    # What a library is told is no part of the code by which results are known: a fault that comes and goes.
    told = getattr(logging.getLogger(__name__), "told", {})
    if isinstance(arrays[0], np.ndarray) and name in told:
        wrong = told[name][positions(*arrays)]
        if wrong.any():
            first = " ".join(f"{item[wrong][0]:g}" for item in np.broadcast_arrays(*arrays))
            raise ValueError(f"{name} cannot be at {first}")


def make_model(**missing):
    """Return a model with formulas and kernels that refuse the cells of BAD."""
    model = gs.Model("risky", "A model of which some cells fail")
    for name in SIZES:
        model.parameter(name, 1.0, f"Position along {name}", unit="1")

    @model.kernel("1", long_name="kernel of all axes", x="1", y="1", z="1")
    def whole(x, y, z):
        """Source: none."""
        refuse("whole", x, y, z)
        return x + 10 * y + 100 * z

    @model.kernel("1", long_name="kernel of one axis", x="1", missing=missing.get("part"))
    def part(x):
        """Source: none."""
        refuse("part", x)
        return np.where(x == 3, np.nan, 2 * x) if missing else 2 * x

    @model.quantity("1", long_name="small formula")
    def small(y):
        """Source: none."""
        refuse("small", y)
        return 3 * y

    @model.quantity("1", long_name="sum of all", missing=missing.get("total"))
    def total(part, small, z):
        """Source: none."""
        return part + small + z

    @model.quantity("1", long_name="a logarithm", missing=missing.get("logarithm"))
    def logarithm(x, y):
        """Source: none."""
        return np.log(x - y + 1)

    @model.quantity("1", long_name="expected events", count=True)
    def events(part, y):
        """Source: none."""
        return part * (3 - y)

    return model


#: Blocks of a few cells.
SMALL = Limits(largest_costly_block=20, fewest_blocks=3, smallest_block=1)
run_small = functools.partial(gs.run, limits=SMALL)


@pytest.fixture
def bad():
    """Return a function that says which cells of a formula fail."""
    BAD.clear()
    yield BAD.update
    BAD.clear()


def scenario(folder, quantities, model, extra="", **sizes):
    axes = "\n".join(
        f"{name} = {{ values = {list(range(1, size + 1))}, unit = '1' }}" for name, size in (sizes or SIZES).items()
    )
    text = f'model = "risky"\n[axes]\n{axes}\n{extra}\n[output]\nquantities = {quantities!r}\npath = "out.nc"\n'
    return gs.Scenario.parse(text, folder=folder, model=model)


def run(*arguments, **options):
    made = scenario(*arguments, **options)
    with pytest.warns(GridscanWarning) as caught:
        path = run_small(made)
    with gs.open(path) as dataset:
        return dataset.load(), [str(item.message) for item in caught if "failed" in str(item.message)]


def performed(made):
    return perform(plan(made, limits=SMALL))


def grid(*names):
    return np.meshgrid(*(np.arange(1.0, SIZES[name] + 1) for name in names), indexing="ij")


def mask(*cells, names=("x", "y", "z")):
    wrong = np.zeros([SIZES[name] for name in names], dtype=bool)
    for cell in cells:
        wrong[cell] = True
    return wrong


def whole_values():
    x, y, z = grid("x", "y", "z")
    return x + 10 * y + 100 * z


def test_a_cell_that_raises_fails_alone_and_tells_why(tmp_path, bad):
    bad({"whole": mask((2, 3, 1), (0, 0, 0))})
    found, warned = run(tmp_path, ["whole"], make_model())
    assert np.array_equal(np.isnan(found.whole), BAD["whole"])
    assert found.whole.values[~BAD["whole"]].tolist() == whole_values()[~BAD["whole"]].tolist()
    assert np.array_equal(found.run_status != 0, BAD["whole"])
    messages = dict(line.split(": ", 1) for line in found.run_status.messages.splitlines())
    assert "ValueError: whole cannot be at 3 4 2" in messages[str(found.run_status.values[2, 3, 1])]
    assert "ValueError: whole cannot be at 1 1 1" in messages[str(found.run_status.values[0, 0, 0])]
    assert len(warned) == 2
    assert all(text.startswith("1 of 60 cells of 'whole' failed: 'whole' (") for text in warned)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.tuples(*(st.integers(0, size - 1) for size in SIZES.values())), min_size=1, max_size=59))
@example({(x, y, z) for x, y, z in itertools.product(range(4), range(5), range(3)) if (x + y + z) % 2})
def test_exactly_the_cells_that_fail_are_missing(tmp_path, bad, cells):
    BAD.clear()
    bad({"whole": mask(*cells)})
    found, _ = run(tmp_path, ["whole"], make_model())
    (tmp_path / "out.nc").unlink()
    np.testing.assert_array_equal(found.whole, np.where(BAD["whole"], np.nan, whole_values()))
    assert np.array_equal(found.run_status != 0, BAD["whole"])


def test_values_that_are_not_finite_are_told_apart_by_what_they_are(tmp_path, bad):
    found, warned = run(tmp_path, ["logarithm", "part"], make_model())
    x, y = grid("x", "y")
    with np.errstate(all="ignore"):
        wanted = np.log(x - y + 1)
    np.testing.assert_array_equal(found.logarithm, np.where(np.isfinite(wanted), wanted, np.nan))
    assert found.part.values.tolist() == [2, 4, 6, 8]
    messages = dict(line.split(": ", 1) for line in found.run_status.messages.splitlines())
    told = np.vectorize(lambda code: messages.get(str(code), "computed"))(found.run_status.values)
    assert np.array_equal(told == "'logarithm' is -inf", np.isneginf(wanted))
    assert np.array_equal(told == "'logarithm' is nan", np.isnan(wanted))
    assert "flag_meanings" in found.run_status.attrs
    assert warned[0] == "6 of 20 cells of 'logarithm' failed: 'logarithm' is nan"


def test_values_that_may_be_missing_have_not_failed(tmp_path, bad):
    found, warned = run(tmp_path, ["logarithm"], make_model(logarithm="where there is none"))
    x, y = grid("x", "y")
    assert np.array_equal(np.isnan(found.logarithm), x < y)
    assert np.array_equal(found.run_status != 0, x - y == -1)
    assert warned == ["4 of 20 cells of 'logarithm' failed: 'logarithm' is -inf ('run_status' in the file says which)"]


def test_what_is_made_of_a_failed_factor_fails_with_its_reason(tmp_path, bad):
    bad({"small": np.array([False, True, False, False, False])})
    found, warned = run(tmp_path, ["total"], make_model())
    x, y, z = grid("x", "y", "z")
    np.testing.assert_array_equal(found.total, np.where(y == 2, np.nan, 2 * x + 3 * y + z))
    assert "ValueError: small cannot be at 2" in found.run_status.messages
    assert len(warned) == 1


def test_what_is_made_of_a_failed_intermediate_quantity_fails_with_its_reason(tmp_path, bad):
    bad({"part": np.array([False, False, False, True])})
    found, warned = run(tmp_path, ["total"], make_model())
    x, y, z = grid("x", "y", "z")
    np.testing.assert_array_equal(found.total, np.where(x == 4, np.nan, 2 * x + 3 * y + z))
    assert found.run_status.attrs["messages"].startswith("1: 'part' could not be computed: 'part' (")
    assert "ValueError: part cannot be at 4" in found.run_status.messages
    assert warned[0].startswith("15 of 60 cells of 'total' failed: 'part' could not be computed: 'part' (")


def test_a_failed_intermediate_quantity_is_told_from_one_that_may_be_missing(tmp_path, bad):
    bad({"part": np.array([False, True, False, False])})
    model = make_model(part="at three", total="where its part is")
    found, _ = run(tmp_path, ["total"], model)
    x, _, _ = grid("x", "y", "z")
    assert np.array_equal(np.isnan(found.total), (x == 2) | (x == 3))
    assert np.array_equal(found.run_status != 0, x == 2)
    BAD.clear()
    # The cells that failed are tried again, and those that were missing are not.
    outcome = performed(scenario(tmp_path, ["total"], model))
    assert 15 <= outcome.progress.computed <= 30
    with gs.open(outcome.path) as dataset:
        assert np.array_equal(np.isnan(dataset.total), x == 3)
        assert "run_status" not in dataset


def test_an_intermediate_value_that_is_not_finite_counts_for_what_is_made_of_it(tmp_path, bad):
    model = make_model()

    @model.kernel("1", long_name="kernel with an infinite value", x="1")
    def scale(x):
        """Source: none."""
        return np.where(x == 2, np.inf, x)

    @model.quantity("1", long_name="what is left")
    def left(scale, y):
        """Source: none."""
        return y / scale

    path = run_small(scenario(tmp_path, ["left"], model))
    np.testing.assert_array_equal(gs.open(path).left, model.evaluate("left", x=[1, 2, 3, 4], y=[1, 2, 3, 4, 5]))


def test_nothing_is_drawn_where_the_mean_is_none(tmp_path, bad):
    sampling = "[sampling]\nrealisations = 7\nseed = 3"
    bad({"part": np.array([False, True, False, False])})
    found, warned = run(tmp_path, ["events"], make_model(), sampling, x=4, y=5)
    x, y = grid("x", "y")
    failed, negative = x == 2, y > 3
    assert np.array_equal(np.isnan(found.events), failed)
    assert np.array_equal(np.isnan(found.events_drawn).all("realisation"), failed | negative)
    assert np.array_equal(np.isnan(found.events_drawn).any("realisation"), failed | negative)
    assert found.run_status.dims == ("x", "y")
    assert np.array_equal(found.run_status != 0, failed | negative)
    assert "'events' is negative, so it cannot be drawn from" in found.run_status.messages
    assert "42 of 140 cells of 'events_drawn' failed: 'events' is negative, so it cannot be drawn from" in warned
    # The others are those that are drawn without any failure.
    BAD.clear()
    sampling = Sampling(realisations=7, seed=3)
    whole = make_model().evaluate(["events"], x=[1, 2, 3, 4], y=[1, 2, 3], sampling=sampling)
    drawn = found.events_drawn.transpose("x", "y", "realisation").values
    assert drawn[:, :3][~failed[:, :3]].tolist() == whole.events_drawn.values[~failed[:, :3]].tolist()


@pytest.mark.parametrize("earlier", [True, False])
def test_where_everything_fails_there_is_one_error_and_no_file(tmp_path, bad, earlier):
    if earlier:
        run_small(scenario(tmp_path, ["whole"], make_model(), x=2, y=5, z=3))
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    bad({"whole": mask((...,))})
    with pytest.raises(EvaluationError) as caught:
        run_small(scenario(tmp_path, ["whole"], make_model().replace(x=lambda y: y + 0.0), y=4, z=3))
    assert str(caught.value).startswith("no cell can be computed: 'whole' (")
    assert "\n" not in str(caught.value)
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


def test_only_blocks_with_failures_are_computed_again(tmp_path, bad):
    bad({"whole": mask((3, 4, 2))})
    made = scenario(tmp_path, ["whole"], make_model())
    with pytest.warns(GridscanWarning, match="1 of 60 cells of 'whole' failed"):
        run_small(made)
    with pytest.warns(GridscanWarning, match="1 of 60 cells of 'whole' failed"):
        run_small(made)
    BAD.clear()
    outcome = performed(made)
    assert outcome.progress.computed == 15
    assert outcome.progress.reused == 45
    with gs.open(outcome.path) as dataset:
        np.testing.assert_array_equal(dataset.whole, whole_values())
        assert list(dataset.data_vars) == ["whole"]
    assert performed(made).was_made


def test_a_mended_formula_leaves_no_old_number(tmp_path, bad):
    bad({"whole": mask((3, 4, 2))})
    broken = scenario(tmp_path, ["whole", "small"], make_model())
    with pytest.warns(GridscanWarning, match="failed"):
        run_small(broken)

    def mended(x, y, z):
        return x + 10 * y + 200 * z

    kernel = gs.kernel("1", x="1", y="1", z="1")(mended)
    model = make_model().replace(whole=kernel)
    outcome = performed(scenario(tmp_path, ["whole", "small"], model))
    x, y, z = grid("x", "y", "z")
    with gs.open(outcome.path) as dataset:
        np.testing.assert_array_equal(dataset.whole, x + 10 * y + 200 * z)
    assert outcome.progress.computed == 60
    assert outcome.progress.reused == 5


@pytest.mark.parametrize("pattern", ["scattered", "triangle", "slab"])
def test_the_search_for_cells_at_fault_ends(monkeypatch, tmp_path, pattern):
    calls = []
    shape = (200, 100, 50)
    random = np.random.default_rng(5)
    x, y, z = np.meshgrid(*(np.arange(size) for size in shape), indexing="ij")
    wrong = {"scattered": random.random(shape) < 0.3, "triangle": x + y > 250, "slab": y == 7}[pattern]

    def values(part):
        calls.append(part)
        assert len(calls) < 6000
        if wrong[np.ix_(*part)].any():
            raise EvaluationError("it fails")
        return {"a": (x + 1000.0 * y + z / 1000)[np.ix_(*part)]}

    found, messages = {"a": np.full(shape, np.nan)}, Messages()
    codes = gridscan.evaluation.failing_cells.find_failing_cells(values, found, "it fails", shape, messages)
    assert not (codes[wrong] == 0).any()
    good = codes == 0
    assert np.array_equal(found["a"][good], (x + 1000.0 * y + z / 1000)[good])
    assert np.isnan(found["a"][~good]).all()
    if pattern == "slab":
        assert np.array_equal(~good, wrong)
    if pattern == "triangle":
        # What is lost of the others lies along the edge.
        assert good[~wrong].mean() > 0.98
    assert any("that were not tested one by one" in text for text in messages.texts)


def test_few_cells_are_found_with_few_calls(monkeypatch):
    calls = []
    wrong = np.zeros((40, 40, 40), dtype=bool)
    for place in range(40):
        wrong[place, place, (7 * place) % 40] = True

    def values(part):
        calls.append(part)
        if wrong[np.ix_(*part)].any():
            raise EvaluationError("it fails")
        return {"a": np.ones([len(positions) for positions in part])}

    found, messages = {"a": np.full(wrong.shape, np.nan)}, Messages()
    codes = gridscan.evaluation.failing_cells.find_failing_cells(values, found, "it fails", wrong.shape, messages)
    assert np.array_equal(codes != 0, wrong)
    assert messages.texts == ["it fails"]
    # Each of 40 cells among 64,000 is found by halving 16 times.
    assert len(calls) < 3 * 128 + 2 * 40 * 16


def test_messages_beyond_a_thousand_are_counted_together():
    messages = Messages()
    codes = [messages.code(f"reason {number}") for number in range(1500)]
    assert codes[:1000] == list(range(1, 1001))
    assert set(codes[1000:]) == {1001}
    assert messages.code("reason 7") == 8
    other = Messages(["new", "reason 7"])
    assert messages.merged(other, np.array([0, 1, 2])).tolist() == [0, 1001, 8]
