"""How a run is divided: blocks that tile, contiguous and of a limited size, in which what is costly runs once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from landscape import Grid, Land, Tally, blocks_of

import gridscan as gs
from gridscan.engine.partition import VariableGroup, split
from gridscan.engine.plan import make_plan
from gridscan.evaluation.block_shape import block_of, together
from gridscan.evaluation.positions import products
from gridscan.inputs.sampling import DRAWN
from gridscan.limits import DEFAULT
from gridscan.model import Model
from gridscan.run import perform
from gridscan.scenario.reader import Scenario

shapes = st.lists(st.integers(1, 9), max_size=5).map(tuple)


def group_of(shape, block):
    return VariableGroup(tuple("abcdefgh"[: len(shape)]), shape, block, (), ())


@given(shape=shapes, costly=st.booleans(), cells=st.integers(1, 60), fewest=st.integers(1, 64))
@example(shape=(), costly=True, cells=1, fewest=64)
@example(shape=(4, 9, 5), costly=False, cells=12, fewest=1)
def test_blocks_tile_a_shape_in_contiguous_runs_of_a_limited_size(shape, costly, cells, fewest):
    group = group_of(shape, block_of(shape, costly, blocks_of(cells, fewest_blocks=fewest)))
    place = np.arange(math.prod(shape)).reshape(shape)
    runs = [place[group.box(number)].ravel() for number in range(group.number)]
    for run in runs:
        assert run.size <= cells
        np.testing.assert_array_equal(run, np.arange(run[0], run[0] + run.size))
    # In order they are all cells, each once.
    np.testing.assert_array_equal(np.concatenate(runs), np.arange(math.prod(shape)))
    assert group.number == math.prod(group.counts)


@given(
    shape=st.lists(st.integers(1, 300_000), max_size=5).map(tuple),
    costly=st.booleans(),
)
@example(shape=(10**5, 10**5), costly=True)
@example(shape=(10**10,), costly=False)
def test_blocks_are_neither_too_small_nor_too_large_nor_too_many(shape, costly):
    cells = math.prod(shape)
    block = math.prod(block_of(shape, costly))
    number = math.prod(group_of(shape, block_of(shape, costly)).counts)
    assert block <= DEFAULT.largest_block
    if costly:
        assert block <= max(DEFAULT.largest_costly_block, cells / 20_000)
    # The axes at the end may not fit, which can halve a block, and the next ones may not be divisible.
    fewest = cells / DEFAULT.largest_block
    assert number <= max(64, 4 * cells / 65_536, 4 * fewest) or costly
    assert number >= min(cells, fewest)
    if not costly and cells >= 64 * 65_536:
        assert number >= 64


@given(counts=shapes, cells=st.integers(1, 50), data=st.data())
def test_blocks_that_go_together_are_one_range_of_a_limited_size(counts, cells, data):
    block = tuple(data.draw(st.integers(1, 4)) for _ in counts)
    spans = together(counts, block, blocks_of(cells))
    assert all(1 <= span <= count for span, count in zip(spans, counts, strict=True))
    assert math.prod(spans) == 1 or math.prod(spans) * math.prod(block) <= cells


@given(data=st.data(), shape=st.lists(st.integers(1, 5), max_size=4).map(tuple))
def test_any_mask_is_divided_into_products_that_do_not_overlap(data, shape):
    share = data.draw(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]))
    seed = data.draw(st.integers(0, 1000))
    mask = np.random.default_rng(seed).random(shape) < share
    covered = np.zeros(shape, dtype=int)
    for part in products(mask):
        assert len(part) == len(shape)
        assert all(len(positions) for positions in part)
        covered[np.ix_(*part)] += 1
    np.testing.assert_array_equal(covered, mask.astype(int))


def test_a_mask_that_is_a_product_stays_one():
    mask = np.zeros((6, 5, 4), dtype=bool)
    mask[np.ix_([1, 3, 5], [0, 4], [2])] = True
    (found,) = products(mask)
    assert [part.tolist() for part in found] == [[1, 3, 5], [0, 4], [2]]
    # The rest of it: rows of the first axis without any, the others of the second, and so on.
    assert len(list(products(~mask))) == 3


# --- random models

UNITS = ("m", "km", "1")


@st.composite
def models(draw):
    """Return a random model with counted functions, and what is asked of it."""
    model = Model("random", "Anything")
    names = [f"p{number}" for number in range(draw(st.integers(1, 4)))]
    for name in names:
        model.parameter(name, 2.0, f"Parameter {name}")
    given_names = list(names)
    for number in range(draw(st.integers(1, 8))):
        arguments = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        name, kind = f"q{number}", draw(st.sampled_from(["quantity", "kernel", "kernel", "pair", "count"]))
        unit = draw(st.sampled_from(UNITS)) if kind in ("kernel", "pair") else "1"
        names += declare(model, name, kind, unit, arguments)
    used = {argument for node in model.quantities.values() for argument in node.arguments}
    quantities = [name for name in names if name not in given_names]
    needed = [name for name in given_names if name not in used]
    if needed:
        declare(model, "last", "quantity", "1", needed)
        quantities.append("last")
    tallies = {}
    for name, node in model.quantities.items():
        base = node.error_of or name
        tallies.setdefault(base, Tally(node.function))
        model._nodes[name] = replace(node, function=tallies[base])
    outputs = draw(st.lists(st.sampled_from(quantities), min_size=1, max_size=4, unique=True))
    sizes = {name: draw(st.sampled_from([0, 1, 2, 3])) for name in draw(st.permutations(given_names))}
    return model.check(unused=False), tallies, outputs, {name: size for name, size in sizes.items() if size}


def declare(model, name, kind, unit, arguments):
    """Declare the sum of some quantities, in metres as numbers, and return the names that are new."""
    terms = []
    for argument in arguments:
        found = model[argument].unit
        terms.append(
            argument
            if str(found) in ("", "dimensionless") or kind in ("kernel", "pair")
            else f"{argument} / {argument}"
        )
    formula = " + ".join(terms)
    result = f"({formula}), 1e-3 * ({formula})" if kind == "pair" else f"1.5 * ({formula})"
    space = {}
    exec(f'def {name}({", ".join(arguments)}):\n    """Sum. Source: none."""\n    return {result}\n', space)
    if kind in ("kernel", "pair"):
        units = {argument: readable_unit(model[argument].unit) for argument in arguments}
        model.kernel(unit, long_name=name, error=kind == "pair", **units)(space[name])
    else:
        model.quantity("1", long_name=name, count=kind == "count")(space[name])
    return [name, f"{name}_error"] if kind == "pair" else [name]


def readable_unit(unit):
    return next(text for text in UNITS if gs.units.parse_unit(text) == unit)


def plan_of(model, outputs, sizes, path, sampling="", limits=DEFAULT):
    axes = "\n".join(f"{name} = {[float(n + 1) for n in range(size)]}" for name, size in sizes.items())
    text = f'model = "random"\n[axes]\n{axes}\n{sampling}\n[output]\nquantities = {[*map(str, outputs)]}\n'
    scenario = Scenario.parse(text.replace("'", '"'), name="random.toml", model=model)
    return make_plan(scenario, path=path, limits=limits)


def dims_of(block_plan, name):
    return block_plan.layout.dims[name]


def check_order(block_plan):
    """Check that all that runs has what it takes, and that nothing costly runs in two groups."""
    layout = block_plan.layout
    steps = {step.name: step for step in layout.graph.steps}
    place = {key: number for number, group in enumerate(block_plan.groups) for key in group.stored}
    ran: dict[str, list[int]] = {}
    factors = {step.name for step in block_plan.factors}
    for number, group in enumerate(block_plan.groups):
        known = set(layout.graph.inputs) | set(group.reads)
        known |= set() if number < block_plan.early else factors | set(block_plan.single)
        for step in group.steps:
            assert set(step.arguments) <= known
            known.add(step.name)
            assert set(dims_of(block_plan, step.name)) <= set(group.dims)
            if step.node.kind != "quantity":
                ran.setdefault(step.name, []).append(number)
                assert dims_of(block_plan, step.name) == group.dims
                assert group.costly
        assert all(block_plan.stored[key].quantity in known for key in group.stored)
        for name, key in group.reads.items():
            assert place[key] < number
            item = block_plan.stored[key]
            factor = gs.units.base_factor(steps[name].node.unit)
            assert item.quantity == name
            assert item.dtype == float
            assert not item.is_output or factor == 1.0
    assert all(len(groups) == 1 for groups in ran.values())
    assert sorted(place) == sorted(block_plan.stored)


@given(asked=models(), cells=st.sampled_from([1, 2, 5, 10**6]), eager=st.sampled_from([1, 10**6]), draws=st.booleans())
@settings(max_examples=50)
def test_outputs_are_stored_once_and_what_is_costly_runs_once_for_each_of_its_cells(
    tmp_path_factory, asked, cells, eager, draws
):
    model, tallies, outputs, sizes = asked
    counts = [name for name in outputs if model.quantities[name].count]
    sampling = "[sampling]\nrealisations = 3\n" if draws and counts else ""
    path = tmp_path_factory.mktemp("random") / "out.nc"
    limits = blocks_of(cells, eager_cells=eager)
    plan = plan_of(model, outputs, sizes, path, sampling, limits)
    check_order(plan.block_plan)
    assert all(group.block == block_of(group.shape, group.costly, limits) for group in plan.block_plan.groups)
    stored = plan.block_plan.stored
    drawn = [f"{name}{DRAWN}" for name in counts] if sampling else []
    asked_for = [key for name in outputs for key in (name, f"{name}{DRAWN}") if key == name or key in drawn]
    assert [key for key, item in stored.items() if item.is_output] == asked_for
    for tally in tallies.values():
        tally.reset()
    perform(plan)
    layout = plan.layout
    for step in layout.graph.steps:
        if step.node.kind != "quantity":
            name = step.node.error_of or step.name
            assert tallies[name].cells == math.prod(layout.resolved.sizes[dim] for dim in layout.dims[step.name])
    expected = model.evaluate(outputs, **{name: np.arange(1.0, size + 1) for name, size in sizes.items()})
    with gs.open(path) as found:
        for name in outputs:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-13)


@given(asked=models(), data=st.data())
@settings(max_examples=50)
def test_a_program_may_be_split_anywhere_and_nothing_costly_runs_twice(tmp_path_factory, asked, data):
    model, _, outputs, sizes = asked
    path = tmp_path_factory.mktemp("random") / "out.nc"
    plan = plan_of(model, outputs, sizes, path)
    alike = {key: data.draw(st.integers(0, 2)) for key in plan.block_plan.stored}
    parts = split(plan.block_plan, alike)
    check_order(parts)
    assert {number for number, group in enumerate(parts.groups) if number < parts.early and group.dims} == set()
    for group in parts.groups:
        costly = {step.node.function for step in group.steps if step.node.kind != "quantity"}
        kinds = {alike[key] for key in group.stored}
        assert len(kinds) == 1 or costly
    same = split(plan.block_plan, dict.fromkeys(plan.block_plan.stored, 0))
    assert [group.stored for group in same.groups] == [group.stored for group in plan.block_plan.groups]
    assert [group.steps for group in same.groups] == [group.steps for group in plan.block_plan.groups]
    assert [group.reads for group in same.groups] == [group.reads for group in plan.block_plan.groups]


def test_a_kernel_does_not_join_formulas_whose_blocks_are_large(tmp_path):
    land = Land(tmp_path)
    axes = {"a": [f"{n + 1} m" for n in range(40)], "b": [float(n) for n in range(40)]}
    block_plan = land.plan(Grid(["slope", "rough"], axes)).block_plan
    (group,) = block_plan.groups
    assert group.costly
    # Rows of 40 in halves: 25 cells would be a part of 64.
    assert group.block == (1, 20)
    model = Model("late", "A kernel of a formula")
    model.parameter("x", 1.0, "A number")
    model.quantity("1", long_name="first")(first)
    model.kernel("1", long_name="second", first="1")(second)
    text = f'model = "late"\n[axes]\nx = {[float(n) for n in range(640)]}\n[output]\nquantities = ["first", "second"]\n'
    plan = make_plan(Scenario.parse(text, name="late.toml", model=model.check()), path=tmp_path / "late.nc")
    assert [(group.stored, group.costly, group.number) for group in plan.block_plan.groups] == [
        (("first",), False, 1),
        (("second",), True, 64),
    ]


def first(x):
    """Return x + 1. Source: none."""
    return x + 1


def second(first):
    """Return twice the first. Source: none."""
    return 2 * first


def test_the_division_is_the_same_whatever_the_memory(tmp_path):
    land = Land(tmp_path)
    grid = Grid(["height", "stones"], {"a": [f"{n + 1} m" for n in range(90)], "d": [float(n) for n in range(900)]})
    scenario = Scenario.parse(grid.text, name="land.toml", model=land.model)
    divided = {
        memory: make_plan(scenario, path=land.path, memory=memory).block_plan for memory in ("300MB", "2GB", None)
    }
    first_one, *others = divided.values()
    assert all(other.groups == first_one.groups and other.stored == first_one.stored for other in others)
