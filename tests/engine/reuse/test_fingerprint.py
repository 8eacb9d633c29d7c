"""Extending, reordering and thinning out grids: what an earlier result holds is not computed again."""

from __future__ import annotations

import itertools
import math

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landscape import Grid, Land, blocks_of
from records import CHECKSUMS, content_of, place_of_checksums, variable_path

SIX = {name: [1.0, 2.0] for name in "bcdef"} | {"a": ["1 m", "2 m", "5 m"]}
DEPENDS = {
    "height": "abcdef",
    "colour": ("planet", "c", "cover"),
    "stones": "abd",
    "slope": "abc",
    "rough": "ab",
    "depth": ("planet",),
    "warmth": ("planet", "c"),
    "base": "e",
}
POOL = {
    **{name: [1.0, 2.0, 2.5, 4.0, 8.0] for name in "bcdef"},
    "a": ["1 m", "2 m", "4 m", "0.5 km"],
    "planet": ["earth", "venus", "mars", "mine"],
    "cover": ["bare", "woods"],
}
MINE = {"mine": {"albedo": 0.5, "layers": [1.0, 4.0, 2.0, 0.5]}}
DEFAULT = dict.fromkeys("bcdef", 2.0) | {"a": "3 m", "planet": "earth", "cover": "bare"}


@pytest.fixture
def land(tmp_path):
    return Land(tmp_path)


def wider(grid, **axes):
    return Grid(grid.outputs, {**grid.axes, **axes}, grid.parameters, records=grid.records)


def without(axes, *names):
    return {name: values for name, values in axes.items() if name not in names}


@pytest.mark.parametrize(("name", "place"), [*zip("abcdef", [0, 1, 2] * 2, strict=True), ("a", 3), ("f", 0)])
def test_one_value_more_on_one_of_six_axes_computes_exactly_the_new_cells(land, name, place):
    grid = Grid(["height"], SIX)
    assert land.run(grid).computed_by_variable["height"] == 96
    values = [*SIX[name]]
    values.insert(place, "7 m" if name == "a" else 7.0)
    more = wider(grid, **{name: values})
    new = 96 // len(SIX[name])
    assert land.forecast(more).reusable == {"height": 96}
    outcome = land.run(more)
    assert outcome.computed_by_variable["height"] == new
    assert (outcome.progress.computed, outcome.progress.reused) == (new, 96)
    assert land.cells["height"] == new
    kernels = {"rough": "ab", "base": "e"}
    expected = {key: math.prod(len(SIX[n]) for n in dims if n != name) for key, dims in kernels.items() if name in dims}
    assert {key: land.cells.get(key, 0) for key in expected} == expected
    assert not set(land.cells) & (set(kernels) - set(expected))
    land.same_as_undisturbed(more)


def test_values_added_to_two_axes_at_once_compute_an_l_shape(land):
    grid = Grid(["height"], SIX)
    land.run(grid)
    more = wider(grid, d=[1.0, 2.0, 3.0], f=[0.5, 1.0, 2.0])
    assert land.run(more).computed_by_variable["height"] == 96 // 4 * 9 - 96
    assert land.cells["height"] == 96 // 4 * 5
    land.same_as_undisturbed(more)


@pytest.mark.parametrize(
    "axes",
    [
        {name: values[::-1] for name, values in SIX.items()},
        dict(reversed(SIX.items())),
        {**SIX, "a": ["5 m", "1 m"], "d": [2.0]},
        {**without(SIX, "b", "e"), "c": [2.0, 1.0]},
        {},
    ],
    ids=["reversed values", "transposed", "fewer values", "fewer axes", "no axis"],
)
def test_what_was_there_already_in_any_order_is_not_computed(land, axes):
    land.run(Grid(["height", "stones"], SIX))
    less = Grid(["height", "stones"], axes, {"b": 1.0, "e": 2.0} if axes else {"a": "5 m", "f": 1.0})
    less = Grid(less.outputs, axes, {key: value for key, value in less.parameters.items() if key not in axes})
    outcome = land.run(less)
    assert set(outcome.computed_by_variable.values()) == {0}
    assert land.cells == {}
    land.same_as_undisturbed(less)


def test_a_single_value_that_becomes_an_axis_is_among_its_values(land):
    grid = Grid(["height", "colour"], without(SIX, "e", "a"), {"e": 2.5, "a": "4 m"})
    land.run(grid)
    more = Grid(grid.outputs, {**grid.axes, "e": [1.0, 2.5], "a": ["3 m", "4 m", "1 m"]})
    outcome = land.run(more)
    assert outcome.computed_by_variable == {
        "height": 16 * 5,
        "colour": 0,
        "intermediate/rough": 4,
        "intermediate/base": 1,
        "intermediate/depth": 0,
        "intermediate/warmth": 0,
    }
    assert (land.cells["rough"], land.cells["base"]) == (4, 1)
    land.same_as_undisturbed(more)


def test_a_default_is_a_value_like_any_other(land):
    land.run(Grid(["stones"], {"a": ["1 m", "2 m"]}))
    more = Grid(["stones"], {"a": ["1 m", "2 m"], "b": [1.0, 2.0]}, {"d": "2"})
    assert land.run(more).computed_by_variable["stones"] == 2
    land.same_as_undisturbed(more)


@pytest.mark.parametrize("new", ["stones", "slope", "rough", "depth", "warmth", "base"])
def test_an_output_more_computes_this_alone(land, new):
    before = Grid(["height", "colour"], SIX, {"planet": "mars"})
    land.run(before)
    after = Grid([new, *before.outputs], SIX, {"planet": "mars"})
    outcome = land.run(after)
    computed = {name for name, number in outcome.computed_by_variable.items() if number}
    # Kernels and integrals are there already.
    assert computed == set(land.cells) == {new} & {"stones", "slope"}
    land.same_as_undisturbed(after)


def test_the_error_of_a_kernel_is_computed_with_its_value(land):
    land.run(Grid(["colour", "height"], SIX, {"planet": "mars"}))
    after = Grid(["colour", "height", "depth_error"], SIX, {"planet": "mars"})
    computed = {name for name, number in land.run(after).computed_by_variable.items() if number}
    assert computed == {"depth_error", "intermediate/depth"}
    assert land.cells == {"depth": 1}
    land.same_as_undisturbed(after)


def test_a_kernel_of_which_only_the_error_was_there_is_computed(land):
    land.run(Grid(["depth_error"], {"planet": ["mars", "earth"]}))
    after = Grid(["colour", "depth_error"], {"planet": ["mars", "earth"]})
    outcome = land.run(after)
    assert outcome.computed_by_variable["intermediate/depth"] == 2
    assert land.cells["depth"] == 2
    land.same_as_undisturbed(after)


def test_another_formula_is_computed_and_what_goes_into_it_is_not(land):
    grid = Grid(["stones", "slope"], {"a": SIX["a"], "d": SIX["d"]})
    land.run(grid)

    def more(rough, a, d):
        return 20 * rough / a * (d * d)

    assert land.forecast(grid, stones=more).reusable == {"stones": 0, "slope": 3}
    outcome = land.run(grid, stones=more)
    assert outcome.computed_by_variable == {"stones": 6, "slope": 0, "intermediate/rough": 0}
    land.same_as_undisturbed(grid, stones=more)


def test_several_earlier_runs_lend_together(land):
    grids = [Grid(["stones"], {"a": ["1 m", "2 m"], "d": values}) for values in ([1.0, 2.0], [4.0, 2.0, 5.0], [8.0])]
    earlier_files(land, grids)
    more = Grid(["stones"], {"d": [8.0, 5.0, 4.0, 2.0, 1.0, 0.5], "a": ["2 m", "1 m"]})
    assert land.forecast(more).reusable == {"stones": 10}
    outcome = land.run(more)
    assert outcome.computed_by_variable == {"stones": 2, "intermediate/rough": 0}
    assert outcome.progress.reused == 10
    land.same_as_undisturbed(more)


def test_a_kernel_that_was_an_output_is_what_another_output_takes(land):
    land.run(Grid(["rough", "base"], {"a": SIX["a"]}))
    more = Grid(["height"], {"a": SIX["a"], "f": [1.0, 2.0, 4.0]})
    outcome = land.run(more)
    assert outcome.computed_by_variable == {"height": 9, "intermediate/rough": 0, "intermediate/base": 0}
    assert set(land.cells) == {"slope", "height"}
    # A length of kilometres has gone to metres and back.
    beside = Land(land.path.parent / "beside")
    beside.run(more)
    np.testing.assert_allclose(land.data().height, beside.data().height, rtol=1e-15)


def test_an_output_less_computes_nothing(land):
    land.run(Grid(["height", "colour", "stones"], SIX))
    land.run(less := Grid(["stones"], SIX))
    assert land.cells == {}
    land.same_as_undisturbed(less)


def test_an_output_more_and_a_value_more_at_once_run_each_kernel_once(land):
    land.run(Grid(["slope"], {"a": ["1 m", "2 m"], "b": [1.0, 2.0]}))
    more = Grid(["stones", "slope"], {"a": ["1 m", "2 m", "5 m"], "b": [1.0, 2.0]})
    outcome = land.run(more)
    assert outcome.computed_by_variable == {"stones": 6, "slope": 2, "intermediate/rough": 2}
    assert land.cells == {"stones": 6, "slope": 2, "rough": 2}
    land.same_as_undisturbed(more)


def test_zipped_axes_are_extended_row_by_row(land):
    rows = {"a": ["1 m", "2 m", "5 m"], "d": [1.0, 2.0, 2.0]}
    land.run(Grid(["stones"], {"b": [1.0, 2.0]}, zipped={"row": rows}))
    # The second row has another partner now, and the last one has come in.
    other = {"a": ["5 m", "1 m", "2 m", "4 m"], "d": [2.0, 1.0, 8.0, 1.0]}
    more = Grid(["stones"], {"b": [2.0, 1.0, 4.0]}, zipped={"place": other})
    assert land.run(more).computed_by_variable["stones"] == 4 * 3 - 2 * 2
    land.same_as_undisturbed(more)


def test_a_single_value_that_now_moves_with_an_axis_counts_where_it_is_the_same(land):
    land.run(Grid(["stones"], {"a": ["1 m", "2 m", "5 m"]}, {"d": 4.0}))
    more = Grid(["stones"], zipped={"row": {"a": ["5 m", "2 m", "1 m"], "d": [4.0, 1.0, 4.0]}})
    assert land.run(more).computed_by_variable["stones"] == 1
    land.same_as_undisturbed(more)


def test_the_rows_of_zipped_axes_with_one_value_are_reused_where_one_member_becomes_a_parameter(land):
    rows = {"a": ["1 m", "2 m", "5 m"], "d": [1.0, 2.0, 2.0]}
    land.run(Grid(["stones"], {"b": [1.0, 2.0]}, zipped={"row": rows}))
    less = Grid(["stones"], {"b": [1.0, 2.0], "a": ["2 m", "5 m", "1 m"]}, {"d": 2.0})
    assert land.run(less).computed_by_variable["stones"] == 2
    land.same_as_undisturbed(less)


@pytest.mark.parametrize("to_zipped", [True, False])
def test_axes_that_are_zipped_or_are_no_more_are_computed_anew_and_it_is_said(land, to_zipped):
    apart = Grid(["stones"], {"a": ["1 m", "2 m"], "d": [1.0, 2.0]})
    zipped = Grid(["stones"], zipped={"row": {"a": ["1 m", "2 m"], "d": [1.0, 2.0]}})
    before, after = (apart, zipped) if to_zipped else (zipped, apart)
    land.run(before)
    reason = land.forecast(after).reasons["stones"]
    assert reason == (
        "the axes zipped along 'row' were not zipped before"
        if to_zipped
        else "the axes zipped along 'row' are no longer zipped"
    )
    land.run(after)
    land.same_as_undisturbed(after)


def test_labels_are_known_by_what_they_bundle(land):
    land.run(Grid(["colour"], {"planet": ["earth", "mine"]}, records=MINE))
    renamed = {"yours": MINE["mine"], "mine": {"albedo": 0.5, "layers": [1.0, 4.0]}}
    more = Grid(["colour"], {"planet": ["venus", "mine", "yours", "earth"]}, records=renamed)
    outcome = land.run(more)
    assert outcome.computed_by_variable["colour"] == 2
    # The layers of "mine" are others, but its albedo is the same.
    assert land.cells["depth"] == 2
    land.same_as_undisturbed(more)


def test_vectors_are_known_by_their_values_whatever_the_length_of_those_beside_them(land):
    land.run(Grid(["depth"], {"planet": ["mars", "earth"]}))
    more = Grid(["depth"], {"planet": ["earth", "venus", "mars"]})
    assert land.run(more).computed_by_variable["depth"] == 1
    assert land.run(Grid(["depth"], {"planet": ["mars"]})).computed_by_variable["depth"] == 0
    land.same_as_undisturbed(Grid(["depth"], {"planet": ["mars"]}))


def test_more_realisations_keep_the_earlier_draws_and_another_seed_none(land):
    grid = Grid(["stones"], {"a": ["1 m", "2 m"]}, sampling={"realisations": 5, "seed": 3})
    land.run(grid)
    more = Grid(["stones"], {"a": ["2 m", "1 m", "4 m"]}, sampling={"realisations": 9, "seed": 3})
    outcome = land.run(more)
    assert outcome.computed_by_variable == {"stones": 1, "stones_drawn": 27 - 10, "intermediate/rough": 1}
    land.same_as_undisturbed(more)
    fewer = Grid(["stones"], {"a": ["2 m", "1 m"]}, sampling={"realisations": 2, "seed": 3})
    assert land.run(fewer).computed_by_variable["stones_drawn"] == 0
    land.same_as_undisturbed(fewer)
    other = Grid(["stones"], {"a": ["2 m", "1 m"]}, sampling={"realisations": 2, "seed": 4})
    assert land.forecast(other).reasons == {"stones_drawn": "'sampling_seed' has another value"}
    outcome = land.run(other)
    assert outcome.computed_by_variable == {"stones": 0, "stones_drawn": 4, "intermediate/rough": 0}
    land.same_as_undisturbed(other)


def test_fewer_digits_are_taken_from_more_but_not_the_other_way_round(land):
    axes = {"a": SIX["a"], "d": SIX["d"]}
    land.run(Grid(["stones", "height"], axes))
    single = Grid(["stones", "height"], axes, types={"stones": "float32"})
    assert set(land.run(single).computed_by_variable.values()) == {0}
    assert land.data().stones.dtype == np.float32
    land.same_as_undisturbed(single)
    again = Grid(["stones", "height"], axes)
    assert land.forecast(again).reasons == {"stones": "its type was float32"}
    computed = land.run(again).computed_by_variable
    assert {name for name, number in computed.items() if number} == {"stones"}
    assert "rough" not in land.cells
    land.same_as_undisturbed(again)


def test_what_does_not_fit_into_fewer_digits_is_told_as_in_an_undisturbed_run(land):
    axes = {"d": [1e18, 1.0, 1e25, 1e-25]}
    land.run(Grid(["stones"], axes))
    single = Grid(["stones"], axes, types={"stones": "float32"})
    outcome = land.run(single)
    assert outcome.computed_by_variable["stones"] == 2
    assert outcome.progress.failed == 2
    assert "for float32" in outcome.notes[0]
    np.testing.assert_array_equal(np.isnan(land.data().stones), [False, False, True, True])


@pytest.mark.parametrize("output", [{"format": "zarr"}, {"compression": "zlib"}], ids=["zarr", "zlib"])
def test_other_formats_lend_as_well(tmp_path, output):
    land = Land(tmp_path, "land.zarr" if "format" in output else "land.nc")
    grid = Grid(["stones", "colour"], {"a": SIX["a"], "planet": ["earth", "mars"]}, output=output)
    land.run(grid)
    more = Grid(grid.outputs, {"a": ["7 m", *SIX["a"]], "planet": ["venus", "earth"]}, output=output)
    computed = land.run(more).computed_by_variable
    assert (computed["stones"], computed["colour"], computed["intermediate/rough"]) == (1, 1, 1)
    land.same_as_undisturbed(more)


def test_what_failed_is_tried_again_and_what_did_not_is_not(land):
    def picky(rough, a, d):
        return np.where(d == 2.0, np.inf, 10 * rough / a * (d * d))

    grid = Grid(["stones", "slope"], {"d": [1.0, 2.0, 4.0], "a": SIX["a"], "c": SIX["c"]})
    assert land.run(grid, stones=picky).progress.failed == 3
    outcome = land.run(grid, stones=picky)
    assert outcome.progress.failed == 3
    assert outcome.computed_by_variable["slope"] == 0
    assert outcome.computed_by_variable["intermediate/rough"] == 0


# --- random grids


def options(name):
    values = POOL[name]
    several = st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)
    return st.one_of(st.none(), st.sampled_from(values), several, several)


@st.composite
def grids(draw):
    names = draw(st.permutations(sorted(POOL)))
    chosen = {name: draw(options(name)) for name in names}
    axes = {name: value for name, value in chosen.items() if isinstance(value, list)}
    while math.prod(len(values) for values in axes.values()) > 300:
        axes.pop(next(iter(axes)))
    single = {name: value for name, value in chosen.items() if value is not None and not isinstance(value, list)}
    outputs = draw(st.lists(st.sampled_from(sorted(DEPENDS)), min_size=1, max_size=4, unique=True))
    types = {name: "float32" for name in outputs if draw(st.integers(0, 5)) == 0}
    sampling = (
        {"realisations": draw(st.integers(1, 4)), "seed": draw(st.integers(0, 1))}
        if "stones" in outputs and draw(st.booleans())
        else None
    )
    return Grid(outputs, axes, single, records=MINE, types=types, sampling=sampling)


def values_of(grid, name):
    value = grid.axes.get(name, grid.parameters.get(name, DEFAULT[name]))
    return value if isinstance(value, list) else [value]


def cells_of(grid, key):
    """Return the cells of a variable of a grid, by the values of what it depends on."""
    quantity = key.removeprefix("intermediate/").removesuffix("_drawn")
    names = [*DEPENDS[quantity]]
    values = [values_of(grid, name) for name in names]
    if quantity == "depth":
        names, values = ["layers"], [[tuple(LAYERS[label]) for label in values_of(grid, "planet")]]
    if key.endswith("_drawn"):
        values += [range(grid.sampling["realisations"]), [grid.sampling["seed"]]]
    return set(itertools.product(*values))


LAYERS = {"earth": [0.5, 0.8], "mars": [0.1], "venus": [20, 40, 60], "mine": MINE["mine"]["layers"]}


def could_lend(grid, outcome, new, key):
    """Tell whether an earlier run has a variable of which another one can be made."""
    quantity = key.removeprefix("intermediate/")
    if key.endswith("_drawn"):
        return key in outcome.computed_by_variable
    for other in {quantity, f"intermediate/{quantity}"} & set(outcome.computed_by_variable):
        kind = grid.types.get(quantity, "float64") if other == quantity else "float64"
        wanted = new.types.get(quantity, "float64") if key == quantity else "float64"
        if kind in (wanted, "float64"):
            return True
    return False


def unfinish(path, shares):
    """Make a result one of a run that was stopped: with a share of its blocks, and something else for the others."""
    with h5py.File(path, "r+") as file:
        for key, old in content_of(file)["variables"].items():
            (where, counts), variable = place_of_checksums(file, key), file[variable_path(key)]
            for number, (place, share) in enumerate(zip(np.ndindex(*counts), itertools.cycle(shares), strict=False)):
                if share < 0.5:
                    file[CHECKSUMS][where.start + number] = 0
                    box = zip(place, old["block"], strict=True)
                    variable[tuple(slice(at * step, (at + 1) * step) for at, step in box)] = -7


def earlier_files(land, olds):
    """Run grids apart from each other, and leave the last as the result and the others as remains of runs."""
    outcomes = []
    for number, old in enumerate(olds):
        path, land.path = land.path, land.path.with_name(f"old{number}.nc")
        outcomes.append(land.run(old))
        last = number == len(olds) - 1
        land.path = land.path.rename(path if last else path.with_name(f".{path.name}.{number:012x}.work"))
        land.path = path
    return outcomes


@given(olds=st.lists(grids(), min_size=1, max_size=3), new=grids(), cells=st.sampled_from([1, 2, 3, 7, 50, 10**6]))
@settings(max_examples=12)
def test_any_grid_after_any_others_computes_what_is_new_and_equals_an_undisturbed_run(
    tmp_path_factory, olds, new, cells
):
    land = Land(tmp_path_factory.mktemp("land"), limits=blocks_of(cells))
    outcomes = earlier_files(land, olds)
    forecast = land.forecast(new)
    outcome = land.run(new)
    expected = {}
    for key in outcome.computed_by_variable:
        reused = [
            cells_of(old, key) for old, made in zip(olds, outcomes, strict=True) if could_lend(old, made, new, key)
        ]
        expected[key] = len(cells_of(new, key).difference(*reused))
    assert dict(outcome.computed_by_variable) == expected
    assert forecast.reusable == {
        key: land.data()[key].size - expected[key] for key in land.data().data_vars if key in expected
    }
    land.same_as_undisturbed(new)


@given(
    olds=st.lists(grids(), min_size=1, max_size=3),
    new=grids(),
    cells=st.sampled_from([1, 2, 3, 7]),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=9),
)
@settings(max_examples=6)
def test_what_stopped_runs_have_not_finished_is_never_taken(tmp_path_factory, olds, new, cells, shares):
    land = Land(tmp_path_factory.mktemp("land"), limits=blocks_of(cells))
    earlier_files(land, olds)
    for place in land.path.parent.glob("*land.nc*"):
        unfinish(place, shares)
    expected = land.forecast(new).reusable
    outcome = land.run(new)
    data = land.data()
    reused = {key: data[key].size - outcome.computed_by_variable[key] for key in expected}
    assert reused == expected
    land.same_as_undisturbed(new)


SENTENCES = [
    (Grid(["stones"], {"a": ["1 m", "2 m", "3 m"], "d": [1.0, 2.0]}), 4, "the others are new along 'a'"),
    (Grid(["stones"], {"a": ["1 m", "3 m"], "d": [2.0, 5.0]}), 1, "the others are new along 'a', 'd'"),
    (Grid(["stones"], {"a": ["7 m", "3 m"], "d": [2.0, 5.0]}), 0, "all values along 'a' are new"),
    (Grid(["stones"], {"a": ["1 m", "2 m"], "d": [1.0, 2.0]}, {"b": 1.0}), 0, "'b' has another value"),
    (Grid(["stones"], {"a": ["1 m", "2 m"]}, {"d": 7.0}), 0, "'d' has a value that was not there"),
    (
        Grid(["stones"], {"a": ["1.0000000000000002 m", "2 m"], "d": [1.0, 2.0]}),
        2,
        "the others are new along 'a'; 1 of 2 values of 'a' differs from what was there in the last digits only",
    ),
    (
        Grid(["stones"], {"a": ["0.9999999999999999 m", "1.9999999999999998 m"]}, {"d": 1 + 4e-16}),
        0,
        "'d' has a value that was not there; 2 of 2 values of 'a' differ from what was there in the last digits only",
    ),
    (Grid(["slope"], {"a": ["1 m", "2 m"], "c": [1.0, 2.0]}), 0, "it was not asked for before"),
    (Grid(["stones"], {"rough": ["1 km"], "a": ["1 m"]}), 0, "it depends on 'rough', as it did not before and depends"),
]


@pytest.mark.parametrize(("grid", "reusable", "reason"), SENTENCES)
def test_a_forecast_says_in_words_why_cells_have_to_be_computed(land, grid, reusable, reason):
    land.run(Grid(["stones"], {"a": ["1 m", "2 m"], "d": [1.0, 2.0]}))
    found = land.forecast(grid)
    assert found.reusable == {grid.outputs[0]: reusable}
    assert found.reasons[grid.outputs[0]].startswith(reason)
    assert land.run(grid).progress.reused == reusable


def test_a_run_names_the_axes_that_differ_in_the_last_digits_only(land):
    land.run(Grid(["stones"], {"a": ["1 m", "2 m"], "d": [1.0, 2.0]}))
    outcome = land.run(Grid(["stones"], {"a": ["1 m", "2.0000000000000004 m"], "d": [1.0, 2.0]}))
    said = "1 of 2 values of 'a' differs from what was there in the last digits only"
    assert outcome.notes == (f"{said}, so nothing of an earlier result is used for them",)
    assert outcome.progress.reused == 2


def test_a_forecast_does_not_count_what_has_to_run_again_for_something_else(land):
    land.run(Grid(["base"], types={"base": "float32"}))
    both = Grid(["base", "height"], types={"base": "float32"})
    found = land.forecast(both)
    assert found.reusable == {"base": 0, "height": 0}
    assert found.reasons["base"] == "its function has to run for 'intermediate/base', which was not stored before"
    assert land.run(both).computed_by_variable["base"] == 1


def test_a_forecast_tells_what_was_not_finished_from_what_is_new(land):
    grid = Grid(["stones"], {"a": ["1 m", "2 m", "4 m"], "d": [1.0, 2.0]})
    land.limits = blocks_of(2)
    land.stop(grid, 3)
    found = land.forecast(grid)
    assert found.reasons == {"stones": "the others were not finished"}
    assert 0 < found.reusable["stones"] < 6
    more = wider(grid, d=[1.0, 2.0, 3.0])
    assert land.forecast(more).reasons == {"stones": "the others are new along 'd' or were not finished"}
    assert land.forecast(Grid(["stones"], grid.axes)).notes == ()
    assert land.forecast(Grid(["colour"], {"c": [1.0, 2.0]})).reasons == {"colour": "it was not asked for before"}


def test_where_nothing_was_there_nothing_is_said(land):
    assert land.forecast(Grid(["stones"], {"d": [1.0]})).reasons == {}
