"""Catalogues of labelled records."""

from __future__ import annotations

import re

import pytest

import gridscan as gs
from gridscan.errors import CatalogueError
from gridscan.inputs.catalogue import Catalogue, Record, catalogue_of, read_catalogue, shipped_catalogue
from gridscan.inputs.faults import InputFaults
from gridscan.inputs.resolve import resolve
from gridscan.model import Model
from gridscan.model_loader import load_model, shipped_models

GOOD = """
[small]
mass = "1 kt"
source = "Somebody 2020"
[large]
mass = "20 kt"
source = "Somebody 2021"
description = "A large one"
"""


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a catalogue file."""

    def write(text: str | bytes):
        path = tmp_path / "tank.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_catalogue_reads_records_with_their_sources(written):
    catalogue = read_catalogue("tank", written(GOOD))
    assert list(catalogue) == ["small", "large"]
    assert catalogue["large"] == Record("large", {"mass": "20 kt"}, "Somebody 2021", "A large one")
    assert "small" in catalogue
    assert "huge" not in catalogue


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("larg", "unknown tank 'larg'; did you mean 'large'?; known are small, large"),
        ("LARGE", "unknown tank 'LARGE'; did you mean 'large'?; known are small, large"),
        ("wibble", "unknown tank 'wibble'; known are small, large"),
    ],
)
def test_an_unknown_label_is_refused_with_the_nearest(written, label, message):
    with pytest.raises(CatalogueError) as caught:
        read_catalogue("tank", written(GOOD))[label]
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[small]\nmass = "1 kt"', "the record 'small' has no source"),
        ('[small]\nmass = "1 kt"\nsource = ""', "the record 'small' has no source"),
        ("small = 1", "the record 'small' has no source"),
        ("[small", "the catalogue 'tank' is not TOML: "),
        (b"[small]\nsource = '\xff'", "the catalogue 'tank' is not TOML: "),
    ],
)
def test_a_faulty_catalogue_is_refused_with_its_path(written, text, message):
    path = written(text)
    with pytest.raises(CatalogueError) as caught:
        read_catalogue("tank", path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_catalogue_file_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match=r"tank\.toml: the catalogue 'tank' cannot be read: No such file"):
        read_catalogue("tank", tmp_path / "tank.toml")


def test_records_of_ones_own_win_and_leave_the_shipped_ones_alone(written):
    shipped = read_catalogue("tank", written(GOOD))
    own = shipped.extended({"small": {"mass": "2 kt"}, "mine": {"mass": "3 kt", "source": "me"}})
    assert own["small"] == Record("small", {"mass": "2 kt"}, "given in the scenario")
    assert own["mine"].source == "me"
    assert list(own) == ["small", "large", "mine"]
    assert shipped["small"].values == {"mass": "1 kt"}


def test_a_label_without_a_shipped_file_has_an_empty_catalogue():
    assert shipped_catalogue("nothing_of_this_name") == Catalogue("nothing_of_this_name")


def tank(records, default="small"):
    """Return a model of a tank, one of these records."""
    model = Model("tank", "Water in a tank")
    label = model.label("tank", default, "Tank", records=records)
    model.parameter("mass", label, "Mass of the water", unit="kt", minimum=0)

    @model.quantity("kt", long_name="twice the mass")
    def double(mass):
        """2 M. Source: none."""
        return 2 * mass

    return model.check()


def test_a_model_has_records_of_its_own_in_python():
    model = tank({"small": {"mass": "1 kt"}, "large": {"mass": "20 kt", "source": "me"}})
    assert catalogue_of(model, "tank")["small"] == Record("small", {"mass": "1 kt"}, "given in the model")
    assert catalogue_of(model, "tank")["large"].source == "me"
    assert model.evaluate("double", tank=["small", "large"]).values.tolist() == [2, 40]


def test_a_model_has_records_of_its_own_in_a_file_which_is_read_again_when_it_has_changed(written):
    path = written(GOOD)
    model = tank(path)
    assert model.evaluate("double", tank=["small", "large"]).values.tolist() == [2, 40]
    path.write_text(GOOD.replace("20 kt", "30 kt"), encoding="utf-8")
    assert model.evaluate("double", tank=["small", "large"]).values.tolist() == [2, 60]


def test_a_scenario_adds_to_the_records_of_a_model(written):
    text = 'model = "tank"\n[axes]\ntank = ["small", "mine"]\n[catalogue.tank.mine]\nmass = "5 kt"\n'
    scenario = gs.Scenario.parse(text + '[output]\nquantities = ["double"]\n', model=tank(written(GOOD)))
    assert gs.evaluate(scenario).double.values.tolist() == [2, 10]


def test_a_formula_can_replace_what_records_set(written):
    model = tank(written(GOOD))
    model.parameter("volume", "1 m^3", "Volume", minimum=0)
    model.constant("density", "1 t/m^3", "Density of water")
    other = model.replace(mass=lambda volume, density: volume * density)
    assert float(other.evaluate("double", volume="1000 m^3")) == 2


@pytest.mark.parametrize(
    ("records", "default", "message"),
    [
        (
            {"small": {"mas": "1 kt"}},
            "small",
            "record 'small' of 'tank' sets the unknown parameter 'mas'; did you mean 'mass'?; allowed are mass",
        ),
        ({"small": {"mass": "1 kt"}}, "smal", "'tank' has no record 'smal', its default; did you mean 'small'?"),
        ({}, "small", "'tank' has no record 'small', its default"),
    ],
)
def test_records_that_do_not_fit_their_model_are_refused(written, records, default, message):
    with pytest.raises(CatalogueError) as caught:
        tank(records, default).evaluate("double")
    assert str(caught.value).startswith("model 'tank': ")
    assert message in str(caught.value)
    path = written(
        "".join(
            f"[{key}]\nsource = 'me'\n" + "".join(f"{k} = '{v}'\n" for k, v in record.items())
            for key, record in records.items()
        )
    )
    with pytest.raises(CatalogueError, match=f"^{re.escape(f'{path}: ')}.*{re.escape(message)}"):
        tank(path, default).evaluate("double")


def test_a_file_of_records_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CatalogueError, match="the catalogue 'tank' cannot be read: No such file"):
        tank(tmp_path / "tank.toml").evaluate("double")


def _shipped_labels():
    return [
        (model, name, label)
        for model in shipped_models()
        for name in load_model(model).labels
        for label in catalogue_of(load_model(model), name)
    ]


@pytest.mark.parametrize(("model", "name", "label"), _shipped_labels())
def test_every_shipped_record_is_complete_and_allowed(model, name, label):
    loaded = load_model(model)
    record = catalogue_of(loaded, name)[label]
    needed = {key for key in loaded.bundled(name) if loaded.parameters[key].default is None}
    assert needed <= set(record.values) <= set(loaded.bundled(name))
    assert record.source
    try:
        resolve(loaded, {}, own_records={name: {label: record.values}}, units_required=True)
    except InputFaults as faults:
        pytest.fail(str(faults))


@pytest.mark.parametrize("model", shipped_models())
def test_the_default_label_of_a_shipped_model_is_in_its_catalogue(model):
    loaded = load_model(model)
    for name, label in loaded.labels.items():
        assert label.default in catalogue_of(loaded, name)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            "planet.toml",
            "the records of 'planet' must be a mapping of labels, or the Path of a TOML file, found 'planet",
        ),
        ({"earth": "9.8 m/s^2"}, "the record 'earth' of 'planet' must map parameters to values, found '9.8 m/s"),
    ],
)
def test_records_of_another_kind_are_refused(records, message):
    model = Model("swing", "A swing")
    planet = model.label("planet", "earth", "Where it swings", records=records)
    model.parameter("gravity", planet, "Gravity", unit="m/s^2")
    with pytest.raises(CatalogueError, match=f"^model 'swing': {re.escape(message)}"):
        catalogue_of(model, "planet")
