"""Of very many faults the first hundred are told, and nobody waits for nearest names of the others."""

from __future__ import annotations

import pytest

import gridscan as gs
from gridscan.errors import ScenarioError
from gridscan.inputs import catalogue, faults
from gridscan.inputs.catalogue import Catalogue

HEAD = 'model = "red_supergiants"\n[output]\nquantities = ["flux"]\n'
NUMBER = 400
PARAMETERS = "".join(f"sfrr{number} = 1\n" for number in range(NUMBER))
RECORDS = "".join(f"[catalogue.imf.a{number}]\nexponentz = [1.0]\n" for number in range(NUMBER))
LABELS = ", ".join(f'"kroupaa{number}"' for number in range(NUMBER))
QUANTITIES = ", ".join(f'"fluxx{number}"' for number in range(NUMBER))
TEXTS = {
    "parameters": HEAD + "[parameters]\n" + PARAMETERS,
    "keys": "".join(f"titel{number} = 1\n" for number in range(NUMBER)) + HEAD,
    "records": HEAD + RECORDS,
    "labels": HEAD + f"[axes]\nimf = [{LABELS}]\n",
    "quantities": f'model = "red_supergiants"\n[output]\nquantities = [{QUANTITIES}]\n',
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_first_hundred_faults_are_told_with_their_nearest_names_and_how_many_there_are(name, monkeypatch):
    searches = []
    for module in (faults, catalogue):
        search = module.nearest
        monkeypatch.setattr(
            module, "nearest", lambda wrong, known, search=search: searches.append(wrong) or search(wrong, known)
        )
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(TEXTS[name])
    *told, last = str(caught.value).splitlines()
    assert len(told) == 100
    assert last == f"and {NUMBER - 100} more, {NUMBER} in all"
    assert len(searches) == 100
    assert all(("did you mean" in line) == (name != "keys" or "'titel" in line) for line in told)


def test_values_given_in_python_are_told_likewise():
    with pytest.raises(ScenarioError) as caught:
        gs.model("red_supergiants").evaluate("flux", **{f"sfrr{number}": 1.0 for number in range(NUMBER)})
    assert len(str(caught.value).splitlines()) == 101
    assert str(caught.value).endswith(f"and {NUMBER - 100} more, {NUMBER} in all")


def test_a_hundred_faults_are_all_told():
    with pytest.raises(ScenarioError) as caught:
        gs.Scenario.parse(HEAD + "[parameters]\n" + "".join(f"sfrr{number} = 1\n" for number in range(100)))
    assert len(str(caught.value).splitlines()) == 100


def test_a_catalogue_is_copied_once_for_all_records_of_a_scenario(monkeypatch):
    copies = []
    change = Catalogue.with_values
    monkeypatch.setattr(
        Catalogue, "with_values", lambda self, values: copies.append(len(values)) or change(self, values)
    )
    records = "".join(
        f'[catalogue.imf.a{number}]\nexponents = [1.3, 3.0]\nbreaks = ["0.08 Msun", "0.5 Msun", "120 Msun"]\n'
        for number in range(50)
    )
    found = gs.Scenario.parse(HEAD + '[parameters]\nimf = "a7"\n' + records)
    assert found.resolved.inputs["exponents"].data.ravel()[:2].tolist() == [1.3, 3.0]
    assert copies.count(50) == 1
    assert len(copies) < 10
