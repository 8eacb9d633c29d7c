"""Lengths of vectors that belong together are compared as they are given, and no padding makes them fit."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import gridscan as gs
from gridscan.errors import GridscanError, ModelError, ScenarioError
from gridscan.evaluation.poisson_draws import input_keys
from gridscan.inputs.faults import InputFaults
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import Given
from gridscan.model import Model
from gridscan.model_loader import load_model
from gridscan.scenario.reader import Scenario

SCENARIO = """model = "red_supergiants"
[output]
quantities = ["red_supergiants"]
"""
MINE = """[catalogue.imf.mine]
exponents = [1.3]
breaks = ["0.08 Msun", "0.5 Msun", "120 Msun"]
"""
OF_MINE = "'breaks' (record 'mine' of 'imf') has 3 values, expected 2: 1 more than 'exponents', which has 1"


@pytest.fixture
def steps() -> Model:
    """Return a model of steps with as many heights, one more end, and one gap fewer."""
    model = Model("steps", "Steps of a stair")
    model.parameter("widths", ["1 m", "2 m"], "Widths", vector="step", padded=True)
    model.parameter("heights", [1.0, 2.0], "Heights", vector="step", padded=True, length_offsets={"widths": 0})
    model.parameter("ends", [0.0, 1.0, 3.0], "Ends", vector="end", padded=True, length_offsets={"widths": 1})
    model.parameter(
        "gaps", [1.0], "Between the steps", vector="gap", padded=True, length_offsets={"widths": -1, "ends": -2}
    )
    model.parameter("slope", 1.0, "Slope")
    return model


def faults_of(model, zipped=(), records=None, **values):
    """Return the faults as (path, message), none where the values are accepted."""
    found = {name: Given(value, (name,), "row" if name in zipped else None) for name, value in values.items()}
    try:
        resolve(model, found, own_records=records)
    except InputFaults as error:
        return [(fault.path, fault.message) for fault in error.faults]
    return []


def refused(text: str, **overrides) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(text, name="scenario", overrides=overrides)
    return str(caught.value).splitlines()


def masses(count):
    return [f"{mass:g} Msun" for mass in np.geomspace(0.1, 100, count)]


@pytest.mark.parametrize("chosen", ['["kroupa", "mine"]', '["mine"]', '["mine", "kroupa", "salpeter"]', '["kroupa"]'])
def test_a_record_whose_lengths_do_not_fit_is_refused_at_its_line_whatever_is_beside_it(chosen):
    text = f"{SCENARIO}[axes]\nimf = {chosen}\n{MINE}"
    assert refused(text) == [f"scenario:8:10: {OF_MINE}"]


def test_a_record_is_wrong_by_itself_even_where_other_values_are_given_instead():
    text = f"{SCENARIO}[parameters]\nimf = 'mine'\nexponents = [1.3, 2.3]\n{MINE}"
    assert refused(text) == [f"scenario:9:10: {OF_MINE}"]


def test_what_is_given_is_compared_with_the_record_that_says_the_rest():
    text = f"{SCENARIO}[parameters]\nexponents = [1.3]\n"
    message = "'breaks' (record 'kroupa' of 'imf') has 3 values, expected 2: 1 more than 'exponents', which has 1"
    assert refused(text) == [f"scenario:5:13: {message}"]
    assert refused(f"{SCENARIO}[parameters]\nimf = 'kroupa'\n", exponents=[1.3]) == [f"--set exponents: {message}"]
    text = f"{SCENARIO}[parameters]\nbreaks = ['1 Msun', '9 Msun']\n[axes]\nimf = ['kroupa', 'salpeter']\n"
    message = "'breaks' has 2 values, expected 3: 1 more than 'exponents' (record 'kroupa' of 'imf'), which has 2"
    assert refused(text) == [f"scenario:5:10: {message}"]


def test_vectors_of_a_zipped_axis_are_compared_row_by_row():
    rows = "exponents = [[1.3], [1.3, 2.3]]\nbreaks = [['1 Msun', '9 Msun'], ['1 Msun', '9 Msun', '99 Msun']]\n"
    accepted = Scenario.parse(f"{SCENARIO}[axes.zip.law]\n{rows}")
    assert accepted.resolved.inputs["breaks"].lengths.tolist() == [2, 3]
    swapped = rows.replace("[[1.3], [1.3, 2.3]]", "[[1.3, 2.3], [1.3]]")
    assert refused(f"{SCENARIO}[axes.zip.law]\n{swapped}") == [
        "scenario:6:11: 'breaks' has 2 values, expected 3: 1 more than 'exponents', which has 2",
        "scenario:6:33: 'breaks' has 3 values, expected 2: 1 more than 'exponents', which has 1",
    ]


def test_records_are_compared_row_by_row_with_what_is_zipped_with_them():
    records = "[catalogue.imf.one]\nexponents = [2.0]\nbreaks = ['1 Msun', '9 Msun']\n"
    axes = "[axes.zip.law]\nimf = ['kroupa', 'one']\nexponents = [[1.0, 2.0], [3.0]]\n"
    Scenario.parse(f"{SCENARIO}{axes}{records}")
    wrong = axes.replace("[[1.0, 2.0], [3.0]]", "[[1.0, 2.0], [3.0, 4.0]]")
    assert refused(f"{SCENARIO}{wrong}{records}") == [
        "scenario:6:26: 'breaks' (record 'one' of 'imf') has 2 values, expected 3: 1 more than 'exponents', which has 2"
    ]


def test_vectors_of_a_full_grid_are_compared_in_every_combination(steps):
    both = {"widths": [[1], [1, 2]], "ends": [[0, 1], [0, 1, 2]]}
    assert not [fault for fault in faults_of(steps, zipped=both, **both) if fault[1].startswith("'ends'")]
    found = [fault for fault in faults_of(steps, **both) if fault[1].startswith("'ends'")]
    assert found == [
        (("ends", 0), "'ends' has 2 values, expected 3: 1 more than 'widths', which has 2"),
        (("ends", 1), "'ends' has 3 values, expected 2: 1 more than 'widths', which has 1"),
    ]


def test_every_relation_is_said_in_words(steps):
    assert faults_of(steps, heights=[1]) == [
        (("heights",), "'heights' has 1 value, expected 2: as many as 'widths' (default), which has 2")
    ]
    assert faults_of(steps, gaps=[1, 2]) == [
        (("gaps",), "'gaps' has 2 values, expected 1: 1 fewer than 'widths' (default), which has 2"),
        (("gaps",), "'gaps' has 2 values, expected 1: 2 fewer than 'ends' (default), which has 3"),
    ]


def test_a_record_that_does_not_fit_a_default_is_refused_where_it_is_selected():
    model = Model("air", "Air in layers")
    records = {"earth": {"layers": [0.5, 0.8]}, "mars": {"layers": [0.1]}}
    planet = model.label("planet", "earth", "Planet", records=records)
    model.parameter("layers", planet, "Optical depth of each layer", vector="layer", padded=True)
    model.parameter(
        "heights", [0.0, 1.0, 2.0], "Ends of the layers", vector="end", padded=True, length_offsets={"layers": 1}
    )
    assert faults_of(model) == []
    message = (
        "'heights' (default) has 3 values, expected 2: 1 more than 'layers' (record 'mars' of 'planet'), which has 1"
    )
    assert faults_of(model, planet="mars") == [(("planet",), message)]
    assert faults_of(model, planet=["earth", "mars"]) == [(("planet", 1), message)]


def test_no_more_than_three_vectors_of_an_axis_are_named(steps):
    found = faults_of(steps, zipped=("widths", "heights"), widths=[[1, 2]] * 9, heights=[[1]] * 9)
    assert [path for path, _ in found] == [("heights", 0), ("heights", 1), ("heights", 2)]


def test_a_vector_that_cannot_be_read_is_not_compared(steps):
    assert [message for _, message in faults_of(steps, heights=[])] == ["'heights' takes a list of numbers, found []"]


_LENGTHS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5)), min_size=1, max_size=4)


@settings(max_examples=60)
@given(lengths=_LENGTHS, beside=st.sampled_from([[], ["kroupa"], ["salpeter", "kroupa"]]))
def test_records_are_accepted_exactly_if_each_fits_by_itself(lengths, beside):
    records = {f"mine{n}": {"exponents": [2.0] * e, "breaks": masses(b)} for n, (e, b) in enumerate(lengths)}
    found = faults_of(load_model("red_supergiants"), records={"imf": records}, imf=[*beside, *records])
    wrong = [f"mine{n}" for n, (e, b) in enumerate(lengths) if b != e + 1]
    assert [path for path, _ in found] == [("catalogue", "imf", label, "breaks") for label in wrong]


@settings(max_examples=60)
@given(lengths=_LENGTHS)
def test_zipped_vectors_are_accepted_exactly_if_each_row_fits_and_others_if_each_combination_does(lengths):
    model = load_model("red_supergiants")
    values = {"exponents": [[2.0] * e for e, _ in lengths], "breaks": [masses(b) for _, b in lengths]}
    assert bool(faults_of(model, zipped=values, **values)) == any(b != e + 1 for e, b in lengths)
    assert bool(faults_of(model, **values)) == any(b != e + 1 for e, _ in lengths for _, b in lengths)


@given(e=st.integers(1, 4), b=st.integers(1, 5))
def test_vectors_that_are_given_once_are_accepted_exactly_if_they_fit(e, b):
    model = load_model("red_supergiants")
    assert bool(faults_of(model, exponents=[2.0] * e, breaks=masses(b))) == (b != e + 1)
    assert bool(faults_of(model, exponents=[2.0] * e)) == (e != 2)
    assert bool(faults_of(model, exponents=[[2.0] * e], breaks=masses(b))) == (b != e + 1)


def test_a_vector_that_is_computed_instead_has_no_length_to_compare(steps):
    assert faults_of(steps.replace(widths=lambda slope: slope), heights=[1], ends=[1, 2, 3, 4], gaps=[1, 2]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"vector": "top", "length_offsets": {"width": 1}},
            "the length of 'tops' is compared with that of 'width', which is not a vector declared before it; "
            "did you mean 'widths'?",
        ),
        (
            {"vector": "top", "length_offsets": {"slope": 1}},
            "the length of 'tops' is compared with that of 'slope', which is not a vector declared before it",
        ),
        (
            {"vector": "top", "length_offsets": {"tops": 0}},
            "the length of 'tops' is compared with that of 'tops', which is not a vector declared before it",
        ),
        (
            {"vector": "top", "length_offsets": {"widths": 0, "ends": 1}},
            "'tops' (default) has 2 values, expected 4: 1 more than 'ends', which has 3",
        ),
    ],
)
def test_a_length_that_cannot_be_compared_is_refused_when_it_is_declared(steps, options, message):
    with pytest.raises(ModelError) as caught:
        steps.parameter("tops", [1.0, 2.0], "Tops", **options)
    assert str(caught.value).startswith(message)
    assert "tops" not in steps.names


def test_a_number_has_no_length_to_compare(steps):
    with pytest.raises(ModelError, match=r"^parameter 'top' is not a list; name its inner dimension with"):
        steps.parameter("top", 1.0, "Top", length_offsets={"widths": 0})


@given(values=st.lists(st.lists(st.sampled_from([1.0, 2.0]), min_size=1, max_size=4), min_size=1, max_size=6))
def test_vectors_have_the_same_key_exactly_if_they_are_the_same(values):
    model = Model("sums", "Sums")
    model.parameter("weights", [1.0], "Weights", vector="weight", padded=True)
    together = resolve(model, {"weights": Given(values)}).inputs["weights"]
    assert [vector.tolist() for vector in together.vectors] == values
    keys = input_keys("weights", together).tolist()
    alone = [input_keys("weights", resolve(model, {"weights": Given(one)}).inputs["weights"]) for one in values]
    assert keys == [int(key) for key in alone]
    assert len(set(keys)) == len(set(map(tuple, values)))


def test_a_result_of_a_shorter_vector_is_not_taken_for_one_that_repeats_its_last_value(tmp_path):
    model = Model("sums", "Sums")
    model.parameter("weights", [1.0], "Weights", vector="weight", padded=True)
    model.kernel("1", weights="1")(total)
    scenario = tmp_path / "sums.toml"
    scenario.write_text("model = 'sums'\n[output]\nquantities = ['total']\n")
    for weights in ([1.0, 2.0], [1.0, 2.0, 2.0]):
        with xr.open_dataset(gs.run(scenario, model=model, overrides={"weights": weights})) as found:
            assert float(found.total) == sum(weights)


def total(weights):
    """Return the sum of the weights."""
    return weights.sum(axis=-1)


def test_lists_of_several_lengths_are_padded_only_where_the_model_says_so():
    model = Model("beds", "Sums over a list")
    model.parameter("weights", [1.0], "Weights", vector="weight")
    model.parameter("ends", [1.0], "Ends", vector="end", padded=True)

    @model.quantity("", long_name="sum of the weights")
    def total(weights):
        return weights.sum(-1)

    @model.quantity("", long_name="largest end")
    def largest(ends):
        return ends.max(-1)

    assert model.evaluate("total", weights=[[1.0, 2.0], [3.0, 4.0]]).values.tolist() == [3.0, 7.0]
    assert model.evaluate("largest", ends=[[1.0, 2.0], [3.0]]).values.tolist() == [2.0, 3.0]
    with pytest.raises(GridscanError) as caught:
        model.evaluate("total", weights=[[1.0, 2.0], [3.0], [4.0, 5.0]])
    assert str(caught.value) == (
        "'weights' has 1 value, expected 2 as the first along the axis:"
        " lists of different lengths need padded=True in the model"
    )


def test_formulas_of_lists_are_proven_on_lists_of_lengths_that_belong_together():
    model = Model("walls", "Sums over segments")
    kind = model.label("kind", "one", "Kind")
    model.parameter("weights", kind, "Weights", vector="segment")
    model.parameter("edges", kind, "Edges", unit="m", vector="edge", length_offsets={"weights": 1})
    model.parameter("fixed", [1.0, 2.0, 3.0, 4.0, 5.0], "Fixed", vector="bound")
    model.parameter("free", kind, "As many as are fixed", vector="gap", length_offsets={"fixed": -1})

    @model.quantity("m", long_name="length of the wall")
    def wall(weights, edges):
        return np.sum(weights * np.diff(edges), axis=-1)

    @model.quantity("", long_name="sum of differences")
    def gaps(fixed, free):
        return np.sum(free * np.diff(fixed), axis=-1)

    model.check()
    given = {"weights": [1.0, 2.0], "edges": ["0 m", "1 m", "3 m"], "free": [1.0] * 4}
    assert model.evaluate("wall", **given).item() == 5.0


@pytest.mark.parametrize("relation", [{"weights": 1.5}, {"weights": "1"}, "weights", 1])
def test_lengths_are_compared_by_whole_numbers(relation):
    model = Model("walls", "Sums over segments")
    model.parameter("weights", [1.0], "Weights", vector="segment")
    with pytest.raises(ModelError, match=r"^length_offsets of 'edges' takes whole numbers by name, found "):
        model.parameter("edges", [1.0, 2.0], "Edges", vector="edge", length_offsets=relation)
