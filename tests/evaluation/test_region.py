"""One evaluator for whole grids, chunks and blocks: the same bits, the same words, whichever way a cell is computed."""

from __future__ import annotations

import numpy as np
import pytest
from planets import make_toy

import gridscan as gs
from gridscan.errors import EvaluationError
from gridscan.evaluation.failing_cells import Messages, first_failing_cell
from gridscan.evaluation.layout import lay_out
from gridscan.evaluation.region import RegionValues
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import Given
from gridscan.limits import Limits

TEXT = """
model = "planet"
[axes]
planet = ["earth", "mars", "venus"]
luminosity = { values = [0.5, 1.0, 1.5, 2.0], unit = "Lsun" }
sky = ["clear", "overcast"]
moons = [1, 2, 3]
[sampling]
realisations = 3
seed = 4
[output]
quantities = ["temperature", "depth", "depth_error", "heat", "tides", "visitors"]
path = "out.nc"
"""
AXES = {"planet": 3, "luminosity": 4, "sky": 2, "moons": 3}
# Everything in one chunk and in one block each, so that kernels and integrals see arrays of one shape.
ONE_CHUNK = Limits(eager_cells=0, fewest_blocks=1)


def toy():
    model = make_toy()

    @model.quantity("1", long_name="visitors", count=True)
    def visitors(tides, depth):
        """10 t + d. Source: none."""
        return 10 * tides + depth

    return model.check(unused=False)


def scenario(folder, model):
    text = TEXT if "depth_error" in model.quantities else TEXT.replace(' "depth_error",', "")
    return gs.Scenario.parse(text, folder=folder, name="planets.toml", model=model)


def test_whole_grids_chunks_and_blocks_are_the_same_in_every_bit(tmp_path):
    made = scenario(tmp_path, toy())
    eager, chunked = gs.evaluate(made), gs.evaluate(made, limits=ONE_CHUNK)
    assert all(item.chunks is None for item in eager.data_vars.values())
    assert all(item.chunks is not None for item in chunked.data_vars.values() if item.ndim)
    with gs.open(gs.run(made, limits=ONE_CHUNK)) as written:
        assert list(written.data_vars) == list(eager.data_vars)
        for name, item in eager.data_vars.items():
            assert item.values.tobytes() == chunked[name].values.tobytes() == written[name].values.tobytes(), name
            assert item.dtype == chunked[name].dtype == written[name].dtype
            attributes = {key: value for key, value in written[name].attrs.items() if not key.startswith("_")}
            assert item.attrs == chunked[name].attrs == attributes


def test_a_type_of_the_output_is_that_of_an_evaluation_too(tmp_path):
    text = TEXT.replace('path = "out.nc"', 'path = "out.nc"\ntypes = { temperature = "float32" }')
    made = gs.Scenario.parse(text, folder=tmp_path, model=toy())
    with gs.open(gs.run(made)) as written:
        for dataset in (gs.evaluate(made), gs.evaluate(made, limits=ONE_CHUNK), written):
            assert dataset.temperature.dtype == np.float32
            assert dataset.heat.dtype == float


FAULTS = {
    "not finite": {"tides": lambda moons: 1 / (moons - 2)},
    "nan before inf": {"tides": lambda moons: np.where(moons == 1, np.nan, np.inf)},
    "raises": {"absorbed": lambda irradiance, albedo, sky: _fussy(irradiance, albedo, sky)},
    "of a kernel": {"depth": gs.kernel("1", layers="1")(lambda layers: _shallow(layers))},
    "nothing to draw": {"tides": lambda moons: 2.0 - moons},
}


def _fussy(irradiance, albedo, sky):
    if np.any((albedo == 0.25) & (sky == "overcast")):
        raise ValueError("no sun")
    return irradiance * albedo


def _shallow(layers):
    if np.any(layers > 50):
        raise EvaluationError(f"{layers.max():g} is too deep")
    return layers.max(axis=-1)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("not finite", "tides"),
        ("nan before inf", "tides"),
        ("raises", "temperature"),
        ("of a kernel", "depth"),
        ("nothing to draw", "visitors_drawn"),
    ],
)
def test_the_first_cell_that_fails_is_told_in_the_same_words(tmp_path, fault, seen):
    model = toy().replace(**FAULTS[fault])
    made = scenario(tmp_path, model)
    said = set()
    for evaluate in (
        lambda: gs.evaluate(made),
        lambda: gs.evaluate(made, limits=ONE_CHUNK)[seen].compute(),
        lambda: gs.run(made, limits=ONE_CHUNK, fail_fast=True),
    ):
        with pytest.raises(EvaluationError) as caught:
            evaluate()
        said.add(str(caught.value))
    assert len(said) == 1, said
    assert " (first at " in said.pop()


def test_words_name_the_cell_by_its_labels_and_values(tmp_path):
    with pytest.raises(EvaluationError) as caught:
        gs.evaluate(scenario(tmp_path, toy().replace(**FAULTS["raises"])))
    text = str(caught.value)
    assert text.startswith("'absorbed' (")
    assert ' (raise ValueError("no sun")): ValueError: no sun (first at ' in text
    assert text.endswith("(first at planet = mars, luminosity = 0.5 Lsun, sky = overcast)")


def test_the_first_failing_cell_is_found_with_few_tries():
    shape, tries = (40, 30, 20), []
    wrong = np.zeros(shape, dtype=bool)
    wrong[17, 4, 9] = wrong[17, 5, 0] = wrong[30] = True

    def evaluate(part):
        tries.append(part)
        if wrong[np.ix_(*part)].any():
            raise EvaluationError(f"{np.argmax(wrong[np.ix_(*part)])}")

    cell, reason = first_failing_cell(evaluate, shape, "it fails")
    assert [part.tolist() for part in cell] == [[17], [4], [9]]
    assert reason == "0"
    assert len(tries) <= 1 + np.ceil(np.log2(shape)).sum()
    assert first_failing_cell(lambda _: None, shape, "it fails") == ((), "it fails")


def test_a_cell_that_fails_is_marked_and_its_neighbours_are_computed():
    model = toy().replace(**FAULTS["of a kernel"])
    values = {"planet": ["earth", "mars", "venus"], "luminosity": [1.0, 2.0]}
    layout = lay_out(resolve(model, {name: Given(value, (name,)) for name, value in values.items()}), ["temperature"])
    inputs = {name: layout.resolved.inputs[name].data for name in layout.graph.inputs}
    region = RegionValues(layout.dims, layout.resolved.sizes, inputs, messages=Messages())
    region.run(layout.graph.steps)
    found, codes = region.finished(layout.spec("temperature"))
    assert codes.tolist() == [[0, 0], [0, 0], [1, 1]]
    assert region.messages.texts == ["'depth': 60 is too deep"]
    assert np.isnan(found[2]).all()
    alone = model.evaluate("temperature", planet=["earth", "mars"], luminosity=[1.0, 2.0])
    assert found[:2].tobytes() == alone.values.tobytes()
    # What is read back is known to have failed.
    again = RegionValues({"temperature": layout.dims["temperature"]}, layout.resolved.sizes, messages=Messages())
    again.put_stored(layout.spec("temperature"), found)
    assert again.codes["temperature"].tolist() == codes.tolist()
    assert again.messages.texts == ["'temperature' could not be computed"]
