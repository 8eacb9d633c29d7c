"""What the values of a record must be together is checked when the record is read, whether it is selected or not."""

import re

import pytest

import gridscan as gs
from gridscan.errors import ScenarioError
from gridscan.inputs.catalogue import catalogue_of
from gridscan.inputs.resolve import resolve

IMF = "breaks must be in increasing order; found breaks = [0.5, 0.4, 120] Msun"
BAD = '[catalogue.imf.bad]\nexponents = [1.3, 2.3]\nbreaks = ["0.5 Msun", "0.4 Msun", "120 Msun"]\n'
RECOIL = (
    '[catalogue.detector.mine]\nfiducial_mass = "3 kt"\nrecoil_min = "3 MeV"\nrecoil_max = "2 MeV"\n'
    'electrons_per_mass = "0.5 mol/g"\nprotons_per_mass = "0.1 mol/g"\n'
)


@pytest.mark.parametrize(
    ("head", "records", "said"),
    [
        ('model = "red_supergiants"\naxes.imf = ["kroupa", "bad"]\n', BAD, f"6:10: {IMF} in the record 'bad' of 'imf'"),
        ('model = "red_supergiants"\n', BAD, f"5:10: {IMF} in the record 'bad' of 'imf'"),
        ('model = "presupernova"\n', BAD, f"5:10: {IMF} in the record 'bad' of 'imf'"),
        (
            'model = "presupernova"\n',
            RECOIL,
            "6:14: recoil_max must be above recoil_min; found recoil_max = 2 MeV with recoil_min = 3 MeV in the record",
        ),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_where_it_stands(head, records, said):
    quantity = "number_of_electrons" if "presupernova" in head else "carbon_burning_rsg"
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(f'{head}output.quantities = ["{quantity}"]\n{records}')
    assert f"scenario.toml:{said}" in str(caught.value)


def test_so_is_one_in_a_file_and_one_in_python(tmp_path):
    (tmp_path / "imf.toml").write_text(BAD)
    path = tmp_path / "scan.toml"
    path.write_text('model = "red_supergiants"\noutput.quantities = ["flux"]\nuses.file = "imf.toml"\n')
    with pytest.raises(ScenarioError, match=re.escape(f"imf.toml:3:10: {IMF}")):
        gs.Scenario.load(path)
    record = {"exponents": [1.3, 2.3], "breaks": ["0.5 Msun", "0.4 Msun", "120 Msun"]}
    for how in ({"imf": ["kroupa", record]}, {"catalogue": {"imf": {"bad": record}}}):
        with pytest.raises(ScenarioError, match=re.escape(IMF)):
            gs.model("red_supergiants").evaluate("flux", **how)


@pytest.mark.parametrize("name", ["red_supergiants", "boosted_dark_matter", "presupernova"])
def test_every_record_that_ships_is_what_it_must_be(name):
    model = gs.model(name)
    records = {}
    for label in model.labels:
        bundled = model.bundled(label)
        if not any(model.parameters[key].table for key in bundled):
            found = catalogue_of(model, label)
            records[label] = {f"{key} again": {**found[key].values, "source": "test"} for key in found}
    resolve(model, {}, own_records=records)
